"""Commands in child processes, so that no page waits for them and none loads TensorFlow.

Few of them run in a server at a time, none for longer than its limit, and none once its visitor
has left.
"""

from __future__ import annotations

import json
import threading
import weakref
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import streamlit as st

from dashboard.server import workspaces
from dashboard.server.children import running
from dashboard.server.children.running import Child
from dashboard.server.visitors import identity
from dashboard.server.visitors.places import Places
from dashboard.server.workspaces import Workspace

PLACES = Places(3, 2, "commands are at work")
"""For commands of `run`: each may take the memory of a TensorFlow."""

ALONE = ("teach",)
"""Commands of which a server runs one at a time: each takes all cores for some seconds."""
Watch = Callable[[Path], None]
"""Shows more of a command at work, from what it writes in its folder."""
MOST_WAITING = 50
"""Each waits with a folder of its own, of all visitors together."""
_KEY = "_children"
_MAX_KEPT = 16

_of_visitors: weakref.WeakKeyDictionary[Child, tuple[str, str]] = weakref.WeakKeyDictionary()
"""The visitor and the kind of each."""
_waiting: weakref.WeakSet[_Request] = weakref.WeakSet()
_beginning = threading.Lock()


@dataclass(slots=True, eq=False, weakref_slot=True)
class _Request:
    """A command that a visitor wants; `child` once it may run. Until then `unstarted` deletes the
    folder with the request."""

    arguments: Sequence[str]
    out: tuple[str, str] | None
    settings: Mapping[str, Any] | None
    folder: Workspace
    visitor: str
    child: Child | None = None
    unstarted: weakref.finalize[..., object] = field(init=False)

    def __post_init__(self) -> None:
        self.unstarted = running.end_with(self, None, self.folder)
        _waiting.add(self)

    @property
    def kind(self) -> str:
        return self.arguments[0]

    @property
    def is_done(self) -> bool:
        return self.child is not None and self.child.is_done()

    def begin(self) -> Child | None:
        """Starts it unless too many run; whoever asks first then is the next."""
        with _beginning:
            at_work = [item for child, item in _of_visitors.items() if not child.is_done()]
            is_free = PLACES.has_one(self.visitor, [visitor for visitor, _ in at_work])
            is_alone = self.kind not in ALONE or self.kind not in [kind for _, kind in at_work]
            if self.child is None and is_free and is_alone:
                self.child = self._start()
                _waiting.discard(self)
                _of_visitors[self.child] = self.visitor, self.kind
        return self.child

    def _start(self) -> Child:
        path = Path(self.folder.name)
        more = [self.out[0], str(path / self.out[1])] if self.out else []
        if self.settings is not None:
            (path / "settings.json").write_text(json.dumps(self.settings), "utf-8")
            more += ["--settings", str(path / "settings.json")]
        self.unstarted.detach()
        return running.start([*self.arguments, *more], self.folder)


def run(
    key: str,
    arguments: Sequence[str],
    message: str,
    out: tuple[str, str] | None = None,
    settings: Mapping[str, Any] | None = None,
    prepare: Callable[[Path], Sequence[str]] | None = None,
    watch: Watch | None = None,
) -> Child | None:
    """The finished command of this session under `key`. It is started where there is none; until
    it has finished the page shows `message` with the seconds so far, and None is returned. While
    it is at work, `watch` shows more.

    `out` is a flag and the name of what the command writes in its folder; `settings` become the
    file that `--settings` names; `prepare` writes more into the folder and returns the arguments
    that name it; all of it is deleted with the command. A session runs one command of a kind (its
    first argument): a new one replaces the one before. While `MOST_WAITING` wait, none is taken.
    """
    requests = _session_requests()
    if key not in requests:
        for other in [name for name, item in requests.items() if item.kind == arguments[0]]:
            if not requests[other].is_done:
                discard(other)
        if len(_waiting) >= MOST_WAITING:
            _show_full(message)
            return None
        folder = workspaces.new(arguments[0])
        try:
            more = prepare(Path(folder.name)) if prepare else ()
        except BaseException:
            folder.cleanup()
            raise
        visitor = identity.current()
        requests[key] = _Request([*arguments, *more], out, settings, folder, visitor)
        while len(requests) > _MAX_KEPT:
            discard(next(iter(requests)))
    child = requests[key].begin()
    if child is not None and child.is_done():
        return child
    _show_progress(key, message, watch)
    return None


def discard(key: str) -> None:
    """Ends the command under `key` and deletes its output; the next `run` starts it anew."""
    request = _session_requests().pop(key, None)
    if request is None:
        return
    _waiting.discard(request)
    if request.child is None:
        request.folder.cleanup()
    else:
        request.child.end()


def discard_naming(text: str) -> None:
    """Ends the commands of this session whose keys hold a text, and deletes their output."""
    for key in [key for key in _session_requests() if text in key]:
        discard(key)


def _session_requests() -> dict[str, _Request]:
    requests: dict[str, _Request] = st.session_state.setdefault(_KEY, {})
    return requests


@st.fragment(run_every=5)
def _show_full(message: str) -> None:
    """Until there is room for one more that waits."""
    if len(_waiting) < MOST_WAITING:
        st.rerun()
    st.warning(
        f"{message} Too many commands are waiting on this server; yours joins them as soon as it "
        "can.",
        icon=":material/hourglass_empty:",
    )


@st.fragment(run_every=0.7)
def _show_progress(key: str, message: str, watch: Watch | None) -> None:
    request = _session_requests().get(key)
    if request is None or request.is_done:
        st.rerun()
    child = request.begin()
    if child is None:
        st.info(
            f"{message} Waiting for other commands on this server.",
            icon=":material/hourglass_empty:",
        )
    else:
        st.info(f"{message} {child.seconds:.0f} s", icon=":material/hourglass_empty:")
        if watch is not None:
            watch(Path(child.folder.name))
