"""Workers that are lost, without a cluster: what Ray would do is done at once in this process."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("ray", exc_type=ImportError)

from ray.exceptions import ActorDiedError, ObjectLostError, OutOfMemoryError, RayError

from fer.distributed import cluster, workers
from fer.errors import FerError, WorkerLost


@pytest.fixture
def killed(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The actors that were ended."""

    def actor(made: Any) -> SimpleNamespace:
        start, results = made.start, made.results
        return SimpleNamespace(
            start=SimpleNamespace(remote=partial(partial, start)),
            results=SimpleNamespace(remote=partial(partial, results)),
        )

    ended: list[Any] = []
    stand_in = SimpleNamespace(
        remote=lambda **_: lambda kind: SimpleNamespace(remote=lambda make: actor(kind(make))),
        wait=lambda tasks, timeout: (tasks[:1], tasks[1:]),
        get=lambda task: task(),
        kill=ended.append,
    )
    monkeypatch.setattr(workers, "ray", stand_in)
    return ended


def doubling(error: RayError, times: int) -> Callable[[], Callable[[int], int]]:
    """Makes a function that doubles, and whose worker is lost so often over the item 7."""
    left = [error] * times

    def double(item: int) -> int:
        if item == 7 and left:
            raise left.pop()
        return 2 * item

    return lambda: double


@pytest.mark.parametrize(
    "error",
    [ActorDiedError(), OutOfMemoryError("the machine ran out"), ObjectLostError("0", None, "")],
)
def test_what_a_lost_worker_was_at_is_done_by_another(error: RayError, killed: list[Any]) -> None:
    found = list(workers.ordered(doubling(error, 2), range(20), 2))
    assert found == [(item, 2 * item) for item in range(20)]
    assert len(killed) == 4, "two that were lost, and two at the end"


def test_an_item_that_every_worker_is_lost_over_is_named(killed: list[Any]) -> None:
    make = doubling(OutOfMemoryError("the machine ran out"), workers.MOST_TRIES)
    with pytest.raises(WorkerLost) as raised:
        list(workers.ordered(make, range(20), 2))
    assert raised.value.args[0] == 7


def test_a_cluster_that_ends_in_the_middle_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "_check_answers", lambda address: None)
    monkeypatch.setattr(cluster, "_join", lambda address, place: None)
    monkeypatch.setattr(cluster.ray, "cluster_resources", lambda: {"CPU": 2.0})
    with (
        pytest.raises(FerError, match="the cluster at head:6379 no longer works: the head is gone"),
        cluster.connected("head:6379", 2),
    ):
        raise RayError("the head is gone\nsee its log")


def test_another_python_than_the_cluster_has_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise RuntimeError(
            "Version mismatch: The cluster was started with:\n    Ray: 2.60.0\n    Python: 3.11.7\n"
            "This process on node 127.0.0.1 was started with:\n    Ray: 2.60.0\n"
            "    Python: 3.12.1\n"
        )

    monkeypatch.setattr(cluster, "_check_answers", lambda address: None)
    monkeypatch.setattr(cluster.ray, "init", refuse)
    told = "has Ray 2.60.0 and Python 3.11.7, and this machine Ray 2.60.0 and Python 3.12.1"
    with pytest.raises(FerError, match=told), cluster.connected("head:6379"):
        pass
