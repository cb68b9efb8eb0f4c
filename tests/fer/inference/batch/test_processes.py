"""Items shared among processes: order, bounded memory, and processes that go."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator

import psutil
import pytest

from fer.errors import BadModel, FerError, WorkerLost
from fer.inference.batch import processes
from tests.helpers import within_seconds

pytestmark = pytest.mark.usefixtures("own_main")


def make_slow_first() -> Callable[[int], tuple[int, int]]:
    def double(number: int) -> tuple[int, int]:
        time.sleep(0.5 if number == 0 else 0)
        return 2 * number, os.getpid()

    return double


def make_deadly() -> Callable[[int], int]:
    def die(number: int) -> int:
        if number == 3:
            os.kill(os.getpid(), signal.SIGKILL)
        return number

    return die


def make_refused() -> Callable[[int], int]:
    raise BadModel("the model is gone.")


def test_results_come_in_order_from_several_processes_that_end() -> None:
    found = list(processes.ordered(make_slow_first, range(30), 2))
    assert [(item, doubled) for item, (doubled, _) in found] == [(n, 2 * n) for n in range(30)]
    pids = {pid for _, (_, pid) in found}
    assert len(pids) == 2 and os.getpid() not in pids
    within_seconds(120, lambda: not any(map(psutil.pid_exists, pids)))


def test_few_items_are_taken_before_the_first_is_done() -> None:
    taken = 0

    def counted() -> Iterator[int]:
        nonlocal taken
        for number in range(10_000):
            taken = number
            yield number

    results = processes.ordered(make_slow_first, counted(), 2)
    next(results)
    assert taken < 40
    results.close()


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL")
def test_a_killed_process_is_an_error_that_names_what_it_was_at() -> None:
    found = []
    with pytest.raises(WorkerLost) as lost:
        for item, _ in processes.ordered(make_deadly, range(100), 2):
            found.append(item)
    assert lost.value.args == (3,)
    assert found == [0, 1, 2][: len(found)]


def test_an_error_of_ours_is_raised_here() -> None:
    with pytest.raises(FerError, match=r"the model is gone\."):
        list(processes.ordered(make_refused, range(3), 2))
