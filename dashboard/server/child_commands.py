"""Commands run as child processes, so that no page waits and none loads TensorFlow.

Few of them are at work in a server at a time, none for longer than its limit, and none once its
visitor is gone.
"""

from __future__ import annotations

import atexit
import functools
import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
import time
import weakref
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import streamlit as st

from dashboard.navigation import ROOT
from dashboard.server import timers
from fer import registry
from fer.runs import store

MOST_AT_WORK = 2
"""Commands of `finished` at work in this server: each may take the memory of a TensorFlow."""

COMMAND = (sys.executable, "-P", "-m", "fer")  # -P: nothing from the working folder
_KEY = "_children"
_LONGEST_SECONDS = 900.0
_LOOK_SECONDS = 5.0
_KILLED_SECONDS = 5.0
_NICENESS = 10
_MOST_KEPT = 16
_STDOUT, _STDERR = "stdout.txt", "stderr.txt"


@dataclass(slots=True, eq=False, weakref_slot=True)
class Child:
    """One `python -m fer` command, its output, and a folder of its own that goes with it."""

    process: subprocess.Popen[bytes]
    folder: tempfile.TemporaryDirectory[str]
    began: float
    longest_seconds: float = _LONGEST_SECONDS
    overdue: bool = False

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.began

    def is_done(self) -> bool:
        """Whether it has ended; one that takes too long is killed, but not waited for."""
        if self.process.poll() is None and self.seconds > self.longest_seconds:
            self.overdue = True
            self.process.kill()
        return self.process.poll() is not None

    def end(self) -> None:
        """Ends it if it is at work, and deletes what it wrote."""
        _end(self.process, self.folder)

    @property
    def output(self) -> str:
        """What it wrote to standard output."""
        return self._text(_STDOUT)

    @property
    def failure(self) -> str | None:
        """The sentence it failed with; None if it did not fail."""
        if self.process.returncode == 0:
            return None
        if self.overdue:
            return f"It was ended after {self.longest_seconds / 60:.0f} minutes, which is the most."
        lines = [one for one in self._text(_STDERR).splitlines() if one.startswith("fer: ")]
        return lines[-1].removeprefix("fer: ") if lines else "The command ended unexpectedly."

    def _text(self, file: str) -> str:
        return (Path(self.folder.name) / file).read_text("utf-8", "replace")


_unended: weakref.WeakSet[Child] = weakref.WeakSet()
_unheld: queue.SimpleQueue[tuple[subprocess.Popen[bytes], tempfile.TemporaryDirectory[str]]] = (
    queue.SimpleQueue()
)
"""What belonged to children that nobody holds any more: the last to let go may be Streamlit's event
loop, on which nothing may wait, so a thread of its own ends them."""
_brief: weakref.WeakSet[Child] = weakref.WeakSet()
_lock = threading.RLock()


def start(
    arguments: Sequence[str],
    folder: tempfile.TemporaryDirectory[str],
    longest_seconds: float = _LONGEST_SECONDS,
) -> Child:
    """Runs `python -m fer ARGUMENTS` at a low priority, no longer than so many seconds, and no
    longer than somebody holds the child."""
    own = Path(folder.name)
    with (own / _STDOUT).open("wb") as stdout, (own / _STDERR).open("wb") as stderr:
        process = subprocess.Popen(
            [*COMMAND, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
            env={**os.environ, **_environment(), "TF_CPP_MIN_LOG_LEVEL": "2"},
        )
    child = Child(process, folder, time.monotonic(), longest_seconds)
    weakref.finalize(child, _unheld.put, (process, folder)).atexit = False
    _start_ending()
    if os.name == "posix":
        with suppress(psutil.Error):
            psutil.Process(process.pid).nice(_NICENESS)
    with _lock:
        _unended.add(child)
    timers.once_a_process(_LOOK_SECONDS, end_overdue, "time limit of commands")
    return child


def end_overdue() -> None:
    """Ends every child that takes too long, whether somebody looks at it or not."""
    with _lock:
        unended = list(_unended)
    for child in unended:
        if child.is_done():
            with _lock:
                _unended.discard(child)


@functools.cache
def _start_ending() -> None:
    def end_unheld() -> None:
        while True:
            process, folder = _unheld.get()
            _end(process, folder)

    threading.Thread(target=end_unheld, name="end of commands", daemon=True).start()


@atexit.register
def _end_all() -> None:
    for child in list(_unended):
        child.end()
    while not _unheld.empty():
        _end(*_unheld.get())


def _environment() -> dict[str, str]:
    """The page's folders, absolute, and where to import `fer` from."""
    folders = {"FER_MODELS": registry.folder(), "FER_RUNS": store.folder()}
    if os.environ.get("FER_DATA"):
        folders["FER_DATA"] = Path(os.environ["FER_DATA"])
    python_path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    return {
        **{name: str(path.absolute()) for name, path in folders.items()},
        "PYTHONPATH": python_path,
    }


def _end(process: subprocess.Popen[bytes], folder: tempfile.TemporaryDirectory[str]) -> None:
    if process.poll() is None:
        process.kill()
        with suppress(subprocess.TimeoutExpired):
            process.wait(_KILLED_SECONDS)
    folder.cleanup()


@dataclass(slots=True)
class _Asked:
    """A command that a visitor wants; `child` once there is a place for it among those at work."""

    arguments: Sequence[str]
    out: tuple[str, str] | None
    settings: Mapping[str, Any] | None
    child: Child | None = None

    @property
    def is_done(self) -> bool:
        return self.child is not None and self.child.is_done()

    def begin(self) -> Child | None:
        """Starts it if there is a place. Nobody has one reserved: who does not look, waits."""
        with _lock:
            at_work = sum(not one.is_done() for one in _brief)
            if self.child is None and at_work < MOST_AT_WORK:
                self.child = self._started()
                _brief.add(self.child)
        return self.child

    def _started(self) -> Child:
        folder = tempfile.TemporaryDirectory(prefix="fer-")
        more = [self.out[0], str(Path(folder.name, self.out[1]))] if self.out else []
        if self.settings is not None:
            file = Path(folder.name, "settings.json")
            file.write_text(json.dumps(self.settings), "utf-8")
            more += ["--settings", str(file)]
        return start([*self.arguments, *more], folder, _LONGEST_SECONDS)


def finished(
    key: str,
    arguments: Sequence[str],
    words: str,
    out: tuple[str, str] | None = None,
    settings: Mapping[str, Any] | None = None,
) -> Child | None:
    """The ended child that stands for `key`; starts it where there is none, and shows `words` and
    the seconds so far until it has ended.

    `out` is a flag and the name of what the child is to write in its folder; `settings` become the
    file that `--settings` names. A visitor has one child of a subcommand at work: the one before is
    ended.
    """
    kept = _mine()
    if key not in kept:
        for other in [name for name, one in kept.items() if one.arguments[0] == arguments[0]]:
            if not kept[other].is_done:
                forget(other)
        kept[key] = _Asked(arguments, out, settings)
        while len(kept) > _MOST_KEPT:
            forget(next(iter(kept)))
    child = kept[key].begin()
    if child is not None and child.is_done():
        return child
    _wait(key, words)
    return None


def forget(key: str) -> None:
    """The next `finished` for `key` starts a new child."""
    asked = _mine().pop(key, None)
    if asked is not None and asked.child is not None:
        asked.child.end()


def _mine() -> dict[str, _Asked]:
    kept: dict[str, _Asked] = st.session_state.setdefault(_KEY, {})
    return kept


@st.fragment(run_every=0.7)
def _wait(key: str, words: str) -> None:
    asked = _mine().get(key)
    if asked is None or asked.is_done:
        st.rerun()
    child = asked.begin()
    if child is None:
        st.info(f"{words} Waiting: others have commands at work on this server.", icon="⏳")
    else:
        st.info(f"{words} {child.seconds:.0f} s", icon="⏳")
