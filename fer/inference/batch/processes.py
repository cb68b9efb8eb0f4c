"""One function over many items in several processes, with the results in the items' order."""

from __future__ import annotations

import multiprocessing
import signal
import threading
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from typing import Any, TypeVar

from fer.errors import FerError, WorkerLost

T = TypeVar("T")
R = TypeVar("R")

_AHEAD = 8
"""So many items for each worker may be begun or done beyond the oldest that is still at work."""
_END_SECONDS = 5.0


def ordered(
    make: Callable[[], Callable[[T], R]], items: Iterable[T], workers: int
) -> Generator[tuple[T, R]]:
    """Each item with what a function makes of it, in order; `make` makes the function in each of
    the `workers` processes. Items, results and `make` travel by pickle.

    Memory is bounded: no more than a few items and results a worker wait for their turn. The
    processes end with this iterator, and with this process however it ends. Raises `FerError` as
    the function does, and `WorkerLost` when a process was killed.
    """
    source, begun, yielded = enumerate(items), 0, 0
    done: dict[int, tuple[T, R]] = {}
    with _started(make, workers) as pool:
        while True:
            for worker in pool:
                if worker.item is None and begun < yielded + workers * _AHEAD:
                    begun += worker.begin(next(source, None))
            busy = {worker.pipe: worker for worker in pool if worker.item is not None}
            if not busy and not done:
                return
            for pipe in wait(list(busy)) if busy else ():
                number, item, result = busy[pipe].finish()  # type: ignore[index]
                done[number] = (item, result)
            while yielded in done:
                yield done.pop(yielded)
                yielded += 1


@dataclass(slots=True, eq=False)
class _Worker:
    process: SpawnProcess
    pipe: Connection[Any, Any]
    item: tuple[int, Any] | None = None

    def begin(self, item: tuple[int, Any] | None) -> bool:
        """Gives the process its next item, if there is one."""
        if item is None:
            return False
        self.item = item
        try:
            self.pipe.send(item[1])
        except OSError:
            raise self._lost() from None
        return True

    def finish(self) -> tuple[int, Any, Any]:
        """Its number, the item and what was made of it."""
        assert self.item is not None
        try:
            result = self.pipe.recv()
        except (EOFError, OSError):
            raise self._lost() from None
        if isinstance(result, FerError):
            raise result
        number, item = self.item
        self.item = None
        return number, item, result

    def end(self) -> None:
        self.pipe.close()
        self.process.terminate()
        self.process.join(_END_SECONDS)

    def _lost(self) -> WorkerLost:
        assert self.item is not None
        return WorkerLost(self.item[1])


@contextmanager
def _started(make: Callable[[], Callable[[T], R]], workers: int) -> Iterator[list[_Worker]]:
    # A fork would copy the locks of the engines' threads, but not the threads.
    context = multiprocessing.get_context("spawn")
    pool: list[_Worker] = []
    try:
        for _ in range(workers):
            ours, theirs = context.Pipe()
            process = context.Process(target=_serve, args=(theirs, make), daemon=True)
            with _no_interrupts():
                process.start()
            theirs.close()
            pool.append(_Worker(process, ours))
        yield pool
    finally:
        for worker in pool:
            worker.end()


@contextmanager
def _no_interrupts() -> Iterator[None]:
    """Ctrl-C reaches every process of a terminal. One that is started in here never heeds it, so
    that the first alone decides."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _serve(pipe: Connection[Any, Any], make: Callable[[], Callable[[T], R]]) -> None:
    """A worker: items in, results or a `FerError` out, until the other end is gone."""
    try:
        function = make()
        while True:
            try:
                item = pipe.recv()
            except (EOFError, OSError):
                return
            result = function(item)
            with suppress(OSError):
                pipe.send(result)
    except FerError as error:
        with suppress(OSError):
            pipe.send(FerError(str(error)))
