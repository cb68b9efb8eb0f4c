"""One command as a child process: its output, its time limit, and its end with whoever holds it."""

from __future__ import annotations

import atexit
import functools
import os
import queue
import subprocess
import threading
import time
import weakref
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from dashboard.server import timers, workspaces
from dashboard.server.workspaces import Workspace
from fer.runs import processes
from fer.storage import files

MODULE = "fer"
PUBLISHING = ("import",)
"""Commands whose files others may read: models."""
LIMIT_SECONDS = 900.0
_BOUND = "dashboard.server.children.bound_process"
_CHECK_SECONDS = 5.0
_KILL_SECONDS = 5.0
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
    limit_seconds: float = LIMIT_SECONDS
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
_lock = threading.Lock()
_abandoned: queue.SimpleQueue[tuple[subprocess.Popen[bytes] | None, Workspace]] = (
    queue.SimpleQueue()
)
"""Processes and folders of children without a reference. The last reference may go on Streamlit's
event loop, where nothing may wait, so a thread of its own ends them."""
_starting = ThreadPoolExecutor(1, "start of commands")
"""Linux ends a `bound_process` with the thread that started it: this one stays."""


def start(
    arguments: Sequence[str],
    folder: Workspace,
    limit_seconds: float = LIMIT_SECONDS,
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
        launch = functools.partial(processes.launch, more=more, umask=umask, start_new_session=True)
        launched = _starting.submit(launch, _BOUND, bound, stdout, stderr)
        process = launched.result()
    child = Child(process, folder, time.monotonic(), limit_seconds)
    end_with(child, process, folder)
    with _lock:
        _running.add(child)
    timers.start_once(_CHECK_SECONDS, end_timed_out, "time limit of commands")
    return child


def end_with(
    owner: object, process: subprocess.Popen[bytes] | None, folder: Workspace
) -> weakref.finalize[..., object]:
    """Ends a process and deletes a folder once nobody refers to their owner."""
    ending = weakref.finalize(owner, _abandoned.put, (process, folder))
    ending.atexit = False
    _start_ending()
    return ending


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
