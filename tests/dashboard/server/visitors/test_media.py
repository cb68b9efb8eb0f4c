"""A removed picture has no address any more, and neither has its download."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import streamlit as st
from streamlit.runtime.media_file_manager import MediaFileManager
from streamlit.runtime.media_file_storage import MediaFileStorageError
from streamlit.runtime.memory_media_file_storage import MemoryMediaFileStorage

from dashboard.server.visitors import media


@pytest.mark.parametrize("removed", [True, False])
def test_the_address_of_a_download_ends_with_its_picture(
    monkeypatch: pytest.MonkeyPatch, removed: bool
) -> None:
    storage = MemoryMediaFileStorage("/media")
    manager = MediaFileManager(storage)
    server = SimpleNamespace(exists=lambda: True)
    instance = SimpleNamespace(media_file_mgr=manager, is_active_session=lambda session: True)
    server.get_instance = lambda: instance  # as a test of the whole app may have changed Streamlit
    monkeypatch.setattr(media, "runtime", server)
    monkeypatch.setattr(st, "session_state", {})
    manager.add(b"a face", "image/jpeg", "1")
    button = manager.add_deferred(lambda: b"a face as PNG", "image/png", "2", "face.png")
    address = manager.execute_deferred(button).rpartition("/")[2]
    assert storage.get_file(address).content == b"a face as PNG"

    manager.clear_session_refs()  # as each run of a page begins
    with media.removed_ones_forgotten():
        if removed:
            media.forget_removed()
    manager.remove_orphaned_files()  # as it ends
    if removed:
        with pytest.raises(MediaFileStorageError):
            storage.get_file(address)
        assert not manager._file_metadata
    else:
        assert storage.get_file(address), "a browser may be about to fetch it"


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    monkeypatch.setattr(
        MediaFileManager,
        "_remove_orphaned_deferred_callables",
        MediaFileManager._remove_orphaned_deferred_callables,
    )
    media.keep_clicked_downloads()
    clock = SimpleNamespace(now=1000.0, visitor_is_here=True)
    server = SimpleNamespace(is_active_session=lambda session: clock.visitor_is_here)
    monkeypatch.setattr(media.runtime, "get_instance", lambda: server)
    monkeypatch.setattr(media, "time", SimpleNamespace(monotonic=lambda: clock.now))
    return clock


def run_again(manager: MediaFileManager) -> str:
    """The button of a page's next run."""
    manager.clear_session_refs()
    button = manager.add_deferred(lambda: b"a table", "text/csv", "1", "faces.csv")
    manager.remove_orphaned_files()
    return button


def test_a_download_clicked_while_its_page_runs_again_is_given(clock: SimpleNamespace) -> None:
    storage = MemoryMediaFileStorage("/media")
    manager = MediaFileManager(storage)
    first, second = run_again(manager), run_again(manager)
    address = manager.execute_deferred(first).rpartition("/")[2]
    assert storage.get_file(address).content == b"a table"
    clock.now += media.CLICK_SECONDS
    manager.remove_orphaned_files()
    with pytest.raises(MediaFileStorageError):
        manager.execute_deferred(first)
    assert manager.execute_deferred(second)


def test_what_a_gone_visitor_could_have_downloaded_is_dropped_at_once(
    clock: SimpleNamespace,
) -> None:
    manager = MediaFileManager(MemoryMediaFileStorage("/media"))
    run_again(manager)
    clock.visitor_is_here = False
    manager.clear_session_refs()
    manager.remove_orphaned_files()
    assert not manager._deferred_callables
