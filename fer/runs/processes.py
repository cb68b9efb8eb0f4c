"""Processes: which one is meant, whether it lives, and starting one that outlives its parent."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parents[2]
"""The folder that `fer` is imported from."""

NICENESS = 10
_SAME_SECONDS = 2.0
_TERMINATION = 5.0


@dataclass(frozen=True, slots=True)
class Identity:
    """A process: its number, which is used again later, and when it was created."""

    pid: int
    created: float

    def is_same(self, other: Identity) -> bool:
        # Two processes may compute the moment of creation with a clock set in between.
        return self.pid == other.pid and abs(self.created - other.created) < _SAME_SECONDS

    def is_alive(self) -> bool:
        """Whether it still runs; a zombie does not, nor does a later process with its number."""
        return self._process() is not None

    def ask_to_stop(self) -> None:
        """SIGTERM, where there are signals: elsewhere that would end it without a checkpoint."""
        process = self._process()
        if process is not None and os.name == "posix":
            with contextlib.suppress(psutil.Error):
                process.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """Ends it at once and waits until it is gone; never the process that asks."""
        process = self._process()
        if process is not None and self.pid != os.getpid():
            with contextlib.suppress(psutil.Error):
                process.kill()
                process.wait(_TERMINATION)

    def _process(self) -> psutil.Process | None:
        try:
            process = psutil.Process(self.pid)
            if not self.is_same(Identity(self.pid, process.create_time())):
                return None
            return None if process.status() == psutil.STATUS_ZOMBIE else process
        except (psutil.Error, TypeError, ValueError, OverflowError):
            return None


def identity(pid: int | None = None) -> Identity:
    """Of a living process; of this one without a number."""
    process = psutil.Process(pid)
    return Identity(process.pid, process.create_time())


def spawn(module: str, arguments: Sequence[str], log: Path, more: Mapping[str, str]) -> Identity:
    """Runs `python -m MODULE` behind pages and webcam, with what it prints added to `log`.

    It is of a session of its own, so that neither Ctrl-C nor the end of its parent reaches it.
    """
    python_path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    environment = {**os.environ, **more, "PYTHONPATH": python_path, "PYTHONUNBUFFERED": "1"}
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", module, *arguments],  # -P: nothing from the working folder
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=log.parent.parent,
            env={**environment, "PYTHONIOENCODING": "utf-8"},
            start_new_session=True,
        )
    _let_others_go_first(process.pid)
    found = identity(process.pid)
    # Whoever waits for its end keeps it from staying a zombie.
    threading.Thread(target=process.wait, name=f"end of {process.pid}", daemon=True).start()
    return found


def _let_others_go_first(pid: int) -> None:
    with contextlib.suppress(psutil.Error, OSError):
        process = psutil.Process(pid)
        if sys.platform == "win32":
            process.nice(psutil.BELOW_NORMAL_PRIORITY_CLASS)
        else:
            process.nice(max(NICENESS, process.nice()))
    # Linux weighs sessions against each other before it looks at the niceness of their processes.
    group = Path(f"/proc/{pid}/autogroup")
    with contextlib.suppress(OSError):
        if group.exists():
            group.write_text(str(NICENESS))
