"""Runs take turns: one at a time, first come, first served, even if others are killed.

A run that waits has a numbered ticket in `FER_RUNS/.queue`, which counts as long as its process
lives. Whoever has the lowest number takes the lock `turn`, which the system frees when its holder
ends. Numbers, not clocks, make the order. A run that is still reading its faces keeps its number,
but after a while others go before it.
"""

from __future__ import annotations

import contextlib
import re
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec
from filelock import FileLock, Timeout
from msgspec import Struct

from fer.errors import BadRun, Stopped
from fer.figures import Count, Finite, checked
from fer.runs import processes, store
from fer.runs.processes import Identity
from fer.storage import files

POLL_SECONDS = 0.25
CHANGE_SECONDS = 20.0
"""The longest wait for other processes that change runs, which takes a moment."""
READING_SECONDS = 30.0
"""So long a run that is not ready keeps its place before those that are."""
LARGE_PLACES = 2
"""So many runs may hold a large data set at a time, while they read, wait and train."""
_NAME = re.compile(r"\d{10}-")


@dataclass(frozen=True, slots=True)
class Ticket:
    """A run that waits: the file that stands for it, the run's process, and whether it has read
    its faces."""

    path: Path
    run_id: str
    owner: Identity
    is_ready: bool

    def counts(self) -> bool:
        """Whether runs behind it have to wait for it."""
        try:
            age = time.time() - self.path.stat().st_mtime
        except OSError:
            return False
        return self.is_ready or 0 <= age < READING_SECONDS


class _TicketValues(Struct, frozen=True):
    """What the file of a ticket holds."""

    run: str
    pid: Count
    pid_created: Finite
    pid_start: str | None = None
    is_ready: bool = True


def folder() -> Path:
    return store.folder() / ".queue"


@contextlib.contextmanager
def changing() -> Iterator[None]:
    """Held for the moment in which a run gets or loses its process, or its ticket in the queue.

    Raises `BadRun` where the lock stays taken or its file cannot be written.
    """
    lock = FileLock(folder() / "changing")
    if not _acquired(lock, CHANGE_SECONDS):
        raise BadRun(
            f"another process has been changing runs for {CHANGE_SECONDS:g} seconds; try again."
        )
    try:
        yield
    finally:
        lock.release()


def enter(run_id: str, owner: Identity, is_ready: bool = True) -> None:
    """Puts a run at the end of the queue, or leaves it where it is. Call it while `changing`.

    A run that is not ready has yet to read its faces; it enters once more when it has.
    """
    own = [ticket for ticket in _tickets() if ticket.run_id == run_id]
    if own and own[0].owner.is_same(owner):
        path = own[0].path
    else:
        folder().mkdir(parents=True, exist_ok=True)
        last = max((int(path.name[:10]) for path in _files()), default=0)
        path = folder() / f"{last + 1:010d}-{run_id}.json"
    values = _TicketValues(run_id, owner.pid, owner.created, owner.start, is_ready)
    files.replace_file(path, msgspec.json.encode(values))


def waiting() -> list[str]:
    """The ids of the runs that wait for their turn, the next one first."""
    return [ticket.run_id for ticket in _tickets()]


@contextlib.contextmanager
def turn(
    run_id: str,
    stop: threading.Event,
    on_wait: Callable[[int], None] = lambda ahead: None,
) -> Iterator[bool]:
    """Waits until no other run is running and none has waited longer; False if stopped before.

    `on_wait` is called repeatedly with the number of runs ahead, the running one included.
    """
    lock = FileLock(folder() / "turn")
    try:
        yield _wait(run_id, lock, stop, on_wait)
    finally:
        _leave(run_id)
        lock.release()


@contextlib.contextmanager
def place_for_large_data(stop: threading.Event) -> Iterator[Callable[[], None]]:
    """A function that waits for one of the `LARGE_PLACES`, which is held until the end of the
    block. It raises `Stopped` if stopped before."""
    held: list[FileLock] = []

    def take() -> None:
        while not stop.is_set():
            for number in range(LARGE_PLACES):
                lock = FileLock(folder() / f"large-{number}")
                if _acquired(lock, 0):
                    held.append(lock)
                    return
            time.sleep(POLL_SECONDS)
        raise Stopped("the run was stopped.")

    try:
        yield take
    finally:
        for lock in held:
            lock.release()


def _wait(
    run_id: str, lock: FileLock, stop: threading.Event, on_wait: Callable[[int], None]
) -> bool:
    me = processes.identity()
    while not stop.is_set():
        tickets = _tickets()
        order = [ticket.run_id for ticket in tickets]
        if run_id not in order or not tickets[order.index(run_id)].is_ready:
            with changing():
                enter(run_id, me)
            continue
        ahead = sum(ticket.counts() for ticket in tickets[: order.index(run_id)])
        if ahead == 0 and _acquired(lock, 0):
            _leave(run_id)
            return True
        on_wait(ahead + 1)
        time.sleep(POLL_SECONDS)  # a signal that sets `stop` may not meet its own lock
    return False


def _acquired(lock: FileLock, seconds: float) -> bool:
    """Whether the lock was free within so many seconds; the system frees it if its holder dies."""
    try:
        lock.acquire(timeout=seconds, poll_interval=0.01)
    except Timeout:
        return False
    except OSError as error:
        raise BadRun(f"the folder of runs cannot be written: {error.strerror or error}.") from None
    return True


def _leave(run_id: str) -> None:
    with contextlib.suppress(OSError):
        for path in _files():
            if path.stem[11:] == run_id:
                path.unlink(missing_ok=True)


def _tickets() -> list[Ticket]:
    """The tickets of living processes, in order; those of dead ones are deleted."""
    tickets = []
    for path in _files():
        ticket = _read(path)
        if ticket is not None and ticket.owner.is_alive():
            tickets.append(ticket)
        else:
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)
    return tickets


def _files() -> list[Path]:
    return sorted(path for path in folder().glob("*.json") if _NAME.match(path.name))


def _read(path: Path) -> Ticket | None:
    try:
        values = checked(_TicketValues, files.json_object(path), "ticket")
    except (OSError, ValueError):
        return None
    owner = Identity(values.pid, values.pid_created, values.pid_start)
    return Ticket(path, values.run, owner, values.is_ready)
