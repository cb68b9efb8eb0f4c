"""Garbage: frozen for speed, but not for good; what a gone visitor had is freed."""

from __future__ import annotations

import asyncio
import gc
import threading
import weakref
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from streamlit import runtime
from streamlit.runtime.fragment import MemoryFragmentStorage
from streamlit.runtime.memory_session_storage import MemorySessionStorage
from streamlit.runtime.session_manager import SessionInfo
from streamlit.runtime.state.common import WidgetMetadata
from streamlit.runtime.state.session_state import SessionState
from streamlit.runtime.websocket_session_manager import WebsocketSessionManager

from dashboard.server import memory, timers


class Picture:
    """Something that only the garbage collector can free."""

    def __init__(self) -> None:
        self.itself = self


class Session:
    """As Streamlit's own: what a visitor has, and what the parts of his page hold."""

    id = "somebody"

    def __init__(self, picture: Picture) -> None:
        self.session_state = SessionState()
        self.session_state["picture"] = picture
        button = WidgetMetadata("button", str, str, "trigger_value", callback_args=(picture,))
        self.session_state._new_widget_state.set_widget_metadata(button)
        self._fragment_storage = MemoryFragmentStorage()
        self._fragment_storage.register("part", lambda: picture)
        self.ended = False

    def shutdown(self) -> None:
        self.ended = True


@pytest.fixture(autouse=True)
def thawed() -> Iterator[None]:
    yield
    gc.unfreeze()


def test_what_was_frozen_is_freed_by_the_next_time() -> None:
    picture = Picture()
    gone = weakref.ref(picture)
    memory.collect_and_freeze()
    del picture
    gc.collect()
    assert gone() is not None, "this is why it is frozen anew"
    memory.collect_and_freeze()
    assert gone() is None
    assert gc.get_freeze_count() > 0


def test_settling_freezes_at_once_and_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    monkeypatch.setattr(timers, "start_once", lambda *its: asked.append(its[:2]))
    memory.settle.clear()
    gc.unfreeze()
    memory.settle()
    memory.settle()
    assert gc.get_freeze_count() > 0
    assert asked == [
        (memory.FREEZE_SECONDS, memory.collect_and_freeze),
        (memory.LEAVE_SECONDS, memory.free_expired_sessions),
    ]
    assert memory.LEAVE_SECONDS <= 120, "with Streamlit's two minutes and a bit this makes five"


def test_a_timer_of_a_name_is_started_once(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[str] = []
    monkeypatch.setattr(timers, "start", lambda seconds, action, name: started.append(name))
    monkeypatch.setattr(timers, "_names", set())
    for name in ("one", "one", "two"):
        timers.start_once(1, print, name)
    assert started == ["one", "two"]


def test_an_action_that_fails_is_done_again(caplog: pytest.LogCaptureFixture) -> None:
    calls: list[int] = []
    twice = threading.Event()

    def fail() -> None:
        calls.append(1)
        if len(calls) == 2:
            twice.set()
        raise OSError("the disk is gone")

    stop = timers.start(0.01, fail, "a test")
    assert twice.wait(30)
    stop.set()
    assert "will be tried again" in caplog.text


def test_a_session_that_streamlit_kept_for_reconnecting_is_freed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    storage = MemorySessionStorage(ttl_seconds=0)
    manager = WebsocketSessionManager(storage, None, None, None)  # type: ignore[arg-type]
    picture = Picture()
    gone = weakref.ref(picture)
    held_by_the_loop = Session(picture)
    storage.save(SessionInfo(client=None, session=held_by_the_loop))  # type: ignore[arg-type]
    del picture
    memory.collect_and_freeze()
    loop = asyncio.new_event_loop()
    server = SimpleNamespace(
        _session_mgr=manager, _get_async_objs=lambda: SimpleNamespace(eventloop=loop)
    )
    monkeypatch.setattr(runtime, "exists", lambda: True)
    monkeypatch.setattr(runtime, "get_instance", lambda: server)
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        memory.free_expired_sessions()
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
    assert gone() is None and held_by_the_loop.ended
    memory.free_expired_sessions()  # a closed loop is no error
