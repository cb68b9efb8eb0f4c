"""Processes: identifying them, whether they are alive, and starting detached ones."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import psutil

from fer.storage import folders, memory

PYTHON = (sys.executable, "-P")  # -P: imports nothing from the working folder
NICENESS = 10
READING_BYTES = 4 * 1024**3
"""Memory that reading a data set may take beside what its process has already."""
_SAME_SECONDS = 2.0
_TERMINATION = 5.0
_START_TICKS = 19
"""Where /proc/PID/stat says when the process started, counted from behind the name."""


@dataclass(frozen=True, slots=True)
class Identity:
    """A process: its number, which is used again later, and when it was created.

    `created` is in seconds since 1970 and moves when somebody sets the clock. `start`, which Linux
    alone has, does not: the id of the boot, and the ticks between that and the process's start.
    """

    pid: int
    created: float
    start: str | None = None

    def is_same(self, other: Identity) -> bool:
        if self.start is not None and other.start is not None:
            return (self.pid, self.start) == (other.pid, other.start)
        # Two processes may compute the moment of creation with a clock set in between.
        return self.pid == other.pid and abs(self.created - other.created) < _SAME_SECONDS

    def is_alive(self) -> bool:
        """Whether it still runs; a zombie does not, nor does a later process with its number."""
        return self._process() is not None

    def ask_to_stop(self, number: signal.Signals = signal.SIGTERM) -> None:
        """A signal, where there are any: elsewhere that would end it without a checkpoint."""
        process = self._process()
        if process is not None and os.name == "posix":
            with contextlib.suppress(psutil.Error):
                process.send_signal(number)

    def kill(self) -> None:
        """Ends it at once and waits until it is gone; never the calling process."""
        process = self._process()
        if process is not None and self.pid != os.getpid():
            with contextlib.suppress(psutil.Error):
                process.kill()
                process.wait(_TERMINATION)

    def _process(self) -> psutil.Process | None:
        try:
            process = psutil.Process(self.pid)
            if not self.is_same(_identity_of(process)):
                return None
            return None if process.status() == psutil.STATUS_ZOMBIE else process
        except (psutil.Error, TypeError, ValueError, OverflowError):
            return None


def identity(pid: int | None = None) -> Identity:
    """Of a living process; of this one without a number."""
    return _identity_of(psutil.Process(pid))


def launch(
    module: str,
    arguments: Sequence[str],
    stdout: IO[bytes],
    stderr: IO[bytes] | int,
    more: Mapping[str, str] | None = None,
    **options: Any,
) -> subprocess.Popen[bytes]:
    """Starts `python -m MODULE ARGUMENTS` at a low priority, with nothing on its standard input.

    It imports this very `fer`, whatever its working folder, and sees the same models, runs and
    data. `more` are further variables, `options` those of `subprocess.Popen`.
    """
    python_path = os.pathsep.join(filter(None, (str(folders.ROOT), os.environ.get("PYTHONPATH"))))
    environment = {
        **os.environ,
        **folders.environment(),
        "PYTHONPATH": python_path,
        "TF_CPP_MIN_LOG_LEVEL": os.environ.get("TF_CPP_MIN_LOG_LEVEL", "2"),
        **(more or {}),
    }
    process = subprocess.Popen(
        [*PYTHON, "-m", module, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=stderr,
        env=environment,
        **options,
    )
    _lower_priority(process.pid)
    return process


def spawn(module: str, arguments: Sequence[str], log: Path) -> Identity:
    """Launches a module whose output is added to `log`, in a session of its own: neither Ctrl-C nor
    the end of its parent reaches it."""
    with log.open("ab") as output:
        process = launch(
            module,
            arguments,
            stdout=output,
            stderr=subprocess.STDOUT,
            more={"PYTHONUNBUFFERED": "1", "PYTHONIOENCODING": "utf-8"},
            cwd=log.parent.parent,
            start_new_session=True,
        )
    owner = identity(process.pid)
    # Whoever waits for its end keeps it from staying a zombie.
    threading.Thread(target=process.wait, name=f"end of {process.pid}", daemon=True).start()
    return owner


def limited_memory() -> AbstractContextManager[None]:
    """Inside, this process cannot take more than `READING_BYTES` beside what it has."""
    return memory.limited(READING_BYTES)


def _identity_of(process: psutil.Process) -> Identity:
    return Identity(process.pid, process.create_time(), _start_of(process.pid))


def _start_of(pid: int) -> str | None:
    """See `Identity`; None where the system does not say."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
        # The name of the program comes before, in brackets, with whatever is in it.
        fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
        return f"{boot}:{int(fields[_START_TICKS])}"
    except (OSError, ValueError, IndexError):
        return None


def _lower_priority(pid: int) -> None:
    """Pages and webcam go first."""
    with contextlib.suppress(psutil.Error, OSError):
        process = psutil.Process(pid)
        if sys.platform == "win32":
            process.nice(psutil.BELOW_NORMAL_PRIORITY_CLASS)
        else:
            process.nice(max(NICENESS, process.nice()))
    # Linux weighs sessions against each other before it looks at the niceness of their processes.
    group = Path(f"/proc/{pid}/autogroup")
    with contextlib.suppress(OSError):
        if group.exists() and os.getsid(pid) == pid:  # in ours it would slow down all of us
            group.write_text(str(NICENESS))
