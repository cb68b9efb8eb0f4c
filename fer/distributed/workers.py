"""One function over many items by actors of a Ray cluster, with the results in the items' order."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar

import ray
from ray.exceptions import ObjectLostError, OutOfMemoryError, RayActorError, RayError

from fer.distributed import cluster
from fer.errors import FerError, WorkerLost

T = TypeVar("T")
R = TypeVar("R")
Make = Callable[[], Callable[[Any], Any]]
Receive = Callable[[Any, Any], Any]

START_SECONDS = 120.0
"""So long the first worker may take to start, its wait for a free CPU included."""
MOST_TRIES = 3
"""An item that so many workers died of is given up, and so are workers that never start."""
LOST = (RayActorError, OutOfMemoryError, ObjectLostError)
"""What a worker's death is told by: Ray has an error of its own for one that it ended for memory,
and for a result that went with its machine."""


@dataclass(frozen=True, slots=True)
class Flow:
    """How items go to the workers: `batch` at once, `queued` batches to each, so that it need not
    wait for the next, and `ahead` items for each beyond the oldest that is still at work."""

    batch: int = 4
    queued: int = 2
    ahead: int = 16


FLOW = Flow()


@dataclass(frozen=True, slots=True, eq=False)
class _Batch:
    items: Sequence[tuple[int, Any]]
    tries: int = 0


def ordered(
    make: Callable[[], Callable[[T], Any]],
    items: Iterable[T],
    workers: int,
    receive: Callable[[T, Any], R] = lambda item, result: result,
    flow: Flow = FLOW,
) -> Generator[tuple[T, R]]:
    """Each item with what a function makes of it, in order; `make` makes the function in each of
    the `workers` actors, which have a CPU each. `receive` makes here of an item's result what is
    kept, as soon as it comes. The cluster is joined already.

    Memory is bounded, here and there. A worker that dies is replaced, and what it was at is done
    again. The workers end with this iterator. Raises `FerError` as the function does, or where no
    worker starts, and `WorkerLost` for an item that every worker dies of.
    """
    source, yielded = _Source(items, flow.batch), 0
    done: dict[int, tuple[T, R]] = {}
    pool = _Pool(make, workers, receive, flow.queued)
    most = workers * flow.ahead
    try:
        while True:
            while pool.has_room and (batch := pool.lost_batch() or source.next(most + yielded)):
                pool.begin(batch)
            if source.is_over and not pool.is_busy and not done:
                return
            for batch, results in pool.finished():
                for (number, item), result in zip(batch.items, results, strict=True):
                    done[number] = (item, result)
            while yielded in done:
                yield done.pop(yielded)
                yielded += 1
    finally:
        pool.end()


class _Source:
    """Numbered batches of items, as many as may be begun."""

    def __init__(self, items: Iterable[Any], batch: int) -> None:
        self._items, self._batch, self._begun = enumerate(items), batch, 0
        self.is_over = False

    def next(self, end: int) -> _Batch | None:
        """The next one, unless so many items are begun already."""
        if self._begun >= end:
            return None
        some = [pair for _, pair in zip(range(self._batch), self._items, strict=False)]
        self._begun += len(some)
        self.is_over = not some
        return _Batch(some) if some else None


class _Actor:
    """What a worker of the cluster runs."""

    def __init__(self, make: Make) -> None:
        self._make = make
        self._function: Callable[[Any], Any] | None = None

    def start(self) -> FerError | None:
        try:
            self._function = self._make()
        except FerError as error:
            return FerError(str(error))
        return None

    def results(self, items: Sequence[Any]) -> list[Any] | FerError:
        assert self._function is not None
        try:
            return [self._function(item) for item in items]
        except FerError as error:
            return FerError(str(error))


@dataclass(slots=True, eq=False)
class _Worker:
    actor: Any
    queued: int
    """Batches that it has; full until it has started."""
    is_lost: bool = False


class _Pool:
    """Workers, and what each is at: a batch, or its own start."""

    def __init__(self, make: Make, workers: int, receive: Receive, queued: int) -> None:
        self._make, self._receive, self._queued = make, receive, queued
        self._workers: list[_Worker] = []
        self._tasks: dict[Any, tuple[_Worker, _Batch | None]] = {}
        self._again: list[_Batch] = []
        self._failed_starts = 0
        for _ in range(workers):
            self._start()

    @property
    def has_room(self) -> bool:
        return any(worker.queued < self._queued for worker in self._workers)

    @property
    def is_busy(self) -> bool:
        return bool(self._again) or any(batch for _, batch in self._tasks.values())

    def lost_batch(self) -> _Batch | None:
        """One whose worker died."""
        return self._again.pop() if self._again else None

    def begin(self, batch: _Batch) -> None:
        worker = min(self._workers, key=lambda worker: worker.queued)
        worker.queued += 1
        task = worker.actor.results.remote([item for _, item in batch.items])
        self._tasks[task] = (worker, batch)

    def finished(self) -> Iterator[tuple[_Batch, list[Any]]]:
        """Waits for a task, and gives the batches that are done."""
        has_started = any(worker.queued < self._queued or self.is_busy for worker in self._workers)
        ready, _ = ray.wait(list(self._tasks), timeout=None if has_started else START_SECONDS)
        if not ready:
            raise FerError(
                f"no worker of the cluster started within {START_SECONDS:.0f} seconds: its CPUs "
                "are taken by other work."
            )
        for task in ready:
            worker, batch = self._tasks.pop(task)
            try:
                result = self._received(ray.get(task), batch)
            except LOST as error:
                self._replace(worker, batch, error)
                continue
            if isinstance(result, FerError):
                raise result
            if batch is None:
                worker.queued = 0
            else:
                worker.queued -= 1
                yield batch, result

    def _received(self, results: Any, batch: _Batch | None) -> Any:
        """What is kept of a batch's results; an error, and what `start` gives, as it is."""
        if batch is None or isinstance(results, FerError):
            return results
        pairs = zip(batch.items, results, strict=True)
        return [self._receive(item, result) for (_, item), result in pairs]

    def end(self) -> None:
        for worker in self._workers:
            _kill(worker)

    def _start(self) -> None:
        worker = _Worker(
            ray.remote(num_cpus=1, max_restarts=0)(_Actor).remote(self._make), self._queued
        )
        self._workers.append(worker)
        self._tasks[worker.actor.start.remote()] = (worker, None)

    def _replace(self, worker: _Worker, batch: _Batch | None, error: RayError) -> None:
        if batch is None:
            self._failed_starts += 1
            if self._failed_starts >= MOST_TRIES:
                raise FerError(
                    "the workers of the cluster cannot run this program. Install the same version "
                    f"of it there. {cluster.reason(error)}"
                )
        else:
            if batch.tries + 1 >= MOST_TRIES:
                raise WorkerLost(batch.items[0][1])
            # One by one: that which the worker died of is not known.
            self._again += [_Batch([pair], batch.tries + 1) for pair in reversed(batch.items)]
        if not worker.is_lost:
            worker.is_lost = True
            self._workers.remove(worker)
            _kill(worker)
            self._start()


def _kill(worker: _Worker) -> None:
    with suppress(RayError, ConnectionError):
        ray.kill(worker.actor)
