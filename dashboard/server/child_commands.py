"""Commands in child processes, so that no page waits for them and none loads TensorFlow.

Few of them run in a server at a time, none for longer than its limit, and none once its visitor
has left.
"""

from __future__ import annotations

import atexit
import functools
import json
import os
import queue
import subprocess
import threading
import time
import weakref
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import streamlit as st

from dashboard.server import timers, workspaces
from dashboard.server.visitors import identity
from dashboard.server.visitors.places import Places
from dashboard.server.workspaces import Workspace
from fer.runs import processes
from fer.storage import files

PLACES = Places(3, 2, "commands are at work")
"""For commands of `run`: each may take the memory of a TensorFlow."""

MODULE = "fer"
PUBLISHING = ("import",)
"""Commands whose files others may read: models."""
ALONE = ("teach",)
"""Commands of which a server runs one at a time: each takes all cores for some seconds."""
Watch = Callable[[Path], None]
"""Shows more of a command at work, from what it writes in its folder."""
_BOUND = "dashboard.server.bound_process"
_KEY = "_children"
_LIMIT_SECONDS = 900.0
_CHECK_SECONDS = 5.0
_KILL_SECONDS = 5.0
_MAX_KEPT = 16
_STDOUT, _STDERR = "stdout.txt", "stderr.txt"


class Ended:
    """Stands for the process of a command that a server before this one started."""

    returncode = 0

    def poll(self) -> int:
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        return self.returncode

    def terminate(self) -> None:
        """It has ended."""

    kill = terminate


@dataclass(slots=True, eq=False, weakref_slot=True)
class Child:
    """One `python -m fer` command with its output, in a folder that is deleted with it."""

    process: subprocess.Popen[bytes] | Ended
    folder: Workspace
    began: float
    limit_seconds: float = _LIMIT_SECONDS
    timed_out: bool = False

    @property
    def seconds(self) -> float:
        """How long ago it was started."""
        return time.monotonic() - self.began

    def is_done(self) -> bool:
        """Whether it has ended; past its limit it is killed, but not waited for."""
        if self.process.poll() is None and self.seconds > self.limit_seconds:
            self.timed_out = True
            self.process.kill()
        return self.process.poll() is not None

    def end(self) -> None:
        """Kills it if it runs, and deletes what it wrote."""
        _end(self.process, self.folder)

    @property
    def output(self) -> str:
        """Its standard output."""
        return self._text(_STDOUT)

    @property
    def failure(self) -> str | None:
        """The message it failed with; None if it did not fail."""
        if self.process.returncode == 0:
            return None
        if self.timed_out:
            return f"The command was stopped: it took more than {self.limit_seconds / 60:.0f} min."
        messages = [line for line in self._text(_STDERR).splitlines() if line.startswith("fer: ")]
        if not messages:
            return "The command ended unexpectedly."
        # What lies in its folder goes by its name: where that is concerns no visitor.
        return messages[-1].removeprefix("fer: ").replace(f"{self.folder.name}{os.sep}", "")

    def _text(self, file: str) -> str:
        return (Path(self.folder.name) / file).read_text("utf-8", "replace")


_running: weakref.WeakSet[Child] = weakref.WeakSet()
_abandoned: queue.SimpleQueue[tuple[subprocess.Popen[bytes] | None, Workspace]] = (
    queue.SimpleQueue()
)
"""Processes and folders of children without a reference. The last reference may go on Streamlit's
event loop, where nothing may wait, so a thread of its own ends them."""
_of_visitors: weakref.WeakKeyDictionary[Child, tuple[str, str]] = weakref.WeakKeyDictionary()
"""The visitor and the kind of each."""
_starting = ThreadPoolExecutor(1, "start of commands")
"""Linux ends a `bound_process` with the thread that started it: this one stays."""
_lock = threading.RLock()


def start(
    arguments: Sequence[str],
    folder: Workspace,
    limit_seconds: float = _LIMIT_SECONDS,
    models: Path | None = None,
) -> Child:
    """Starts `python -m fer ARGUMENTS`, with another folder of models than this server's if there
    is one. It is killed after its limit, when the last reference to the child goes, and with this
    server."""
    path = Path(folder.name)
    bound = [str(os.getpid()), MODULE, *arguments]
    more = dict.fromkeys(("TMPDIR", "TEMP", "TMP"), folder.name)
    if models is not None:
        more["FER_MODELS"] = str(models)
    umask = -1 if arguments[0] in PUBLISHING else workspaces.UMASK
    with files.private(path / _STDOUT) as stdout, files.private(path / _STDERR) as stderr:
        launch = functools.partial(
            processes.launch,
            more=more,
            umask=umask,
            start_new_session=True,
        )
        launched = _starting.submit(launch, _BOUND, bound, stdout, stderr)
        process = launched.result()
    child = Child(process, folder, time.monotonic(), limit_seconds)
    weakref.finalize(child, _abandoned.put, (process, folder)).atexit = False
    _start_ending()
    with _lock:
        _running.add(child)
    timers.start_once(_CHECK_SECONDS, end_timed_out, "time limit of commands")
    return child


def end_timed_out() -> None:
    """Kills every child that is past its limit, whether somebody looks at it or not."""
    with _lock:
        running = list(_running)
    for child in running:
        if child.is_done():
            with _lock:
                _running.discard(child)


def _end(process: subprocess.Popen[bytes] | Ended | None, folder: Workspace) -> None:
    if process is not None and process.poll() is None:
        process.kill()
        with suppress(subprocess.TimeoutExpired):
            process.wait(_KILL_SECONDS)
    folder.cleanup()


@functools.cache
def _start_ending() -> None:
    def end_abandoned() -> None:
        while True:
            process, folder = _abandoned.get()
            _end(process, folder)

    threading.Thread(target=end_abandoned, name="end of commands", daemon=True).start()


@atexit.register
def _end_all() -> None:
    for child in list(_running):
        child.end()
    while not _abandoned.empty():
        _end(*_abandoned.get())


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
    unstarted: weakref.finalize[Any, Any] = field(init=False)

    def __post_init__(self) -> None:
        self.unstarted = weakref.finalize(self, _abandoned.put, (None, self.folder))
        self.unstarted.atexit = False
        _start_ending()

    @property
    def kind(self) -> str:
        return self.arguments[0]

    @property
    def is_done(self) -> bool:
        return self.child is not None and self.child.is_done()

    def begin(self) -> Child | None:
        """Starts it unless too many run; whoever asks first then is the next."""
        with _lock:
            running = [item for child, item in _of_visitors.items() if not child.is_done()]
            is_free = PLACES.has_one(self.visitor, [visitor for visitor, _ in running])
            is_alone = self.kind not in ALONE or self.kind not in [kind for _, kind in running]
            if self.child is None and is_free and is_alone:
                self.child = self._start()
                _of_visitors[self.child] = self.visitor, self.kind
        return self.child

    def _start(self) -> Child:
        path = Path(self.folder.name)
        more = [self.out[0], str(path / self.out[1])] if self.out else []
        if self.settings is not None:
            (path / "settings.json").write_text(json.dumps(self.settings), "utf-8")
            more += ["--settings", str(path / "settings.json")]
        self.unstarted.detach()
        return start([*self.arguments, *more], self.folder, _LIMIT_SECONDS)


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
    first argument): a new one replaces the one before.
    """
    requests = _session_requests()
    if key not in requests:
        for other in [name for name, item in requests.items() if item.kind == arguments[0]]:
            if not requests[other].is_done:
                discard(other)
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
