"""A lock on a file, which the system itself takes from a holder that dies."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from fer.errors import BadRun

_POLL_SECONDS = 0.01


class FileLock:
    """Held by one holder of all threads and processes of this computer.

    Nothing needs cleaning after a crash: the file may stay, the lock on it does not.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: int | None = None

    def acquire(self) -> bool:
        """Takes the lock if it is free, and says whether it did; never waits.

        Raises `BadRun` where its file cannot be written.
        """
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            raise BadRun(
                f"the folder of runs cannot be written: {error.strerror or error}."
            ) from None
        try:
            _lock(file)
        except OSError:
            os.close(file)
            return False
        self._file = file
        return True

    def release(self) -> None:
        """Gives the lock back, if it is held."""
        if self._file is not None:
            _unlock(self._file)
            os.close(self._file)
            self._file = None

    @contextlib.contextmanager
    def held(self, seconds: float = 20.0) -> Iterator[None]:
        """Waits for the lock, for something short. Raises `BadRun` after so many seconds."""
        until = time.monotonic() + seconds
        while not self.acquire():
            if time.monotonic() > until:
                raise BadRun(
                    f"another process has been changing runs for {seconds:g} seconds; try again."
                )
            time.sleep(_POLL_SECONDS)
        try:
            yield
        finally:
            self.release()


if sys.platform == "win32":
    import msvcrt

    def _lock(file: int) -> None:
        msvcrt.locking(file, msvcrt.LK_NBLCK, 1)

    def _unlock(file: int) -> None:
        os.lseek(file, 0, os.SEEK_SET)
        msvcrt.locking(file, msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _lock(file: int) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def _unlock(file: int) -> None:
        fcntl.flock(file, fcntl.LOCK_UN)
