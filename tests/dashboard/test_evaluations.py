"""Evaluations as processes of their own: bounded, cancelled, removed, found again."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from dashboard import evaluations
from dashboard.children import Child
from dashboard.evaluations import Evaluation, Request
from dashboard.tasks import Task
from dashboard.train_data import Choice
from fer.cli_evaluate import PROGRESS
from fer.errors import FerError

REQUEST = Request(("tiny",), Choice("/data/faces.zip"))


_made: list[Task] = []


@pytest.fixture(autouse=True)
def nothing_kept() -> Iterator[None]:
    evaluations._kept.clear()
    yield
    while _made:
        _made.pop().remove()
    evaluations._kept.clear()


def command(code: str = "", result: str = "report.json") -> Task:
    """A task whose command is some Python, started in its folder."""
    folder = tempfile.TemporaryDirectory()
    for name in ("stdout.txt", "stderr.txt"):
        Path(folder.name, name).touch()
    with Path(folder.name, "stderr.txt").open("wb") as stderr:
        process = subprocess.Popen(
            [sys.executable, "-c", code], cwd=folder.name, stderr=stderr, stdout=stderr
        )
    _made.append(Task(Child(process, folder, time.monotonic()), result))
    return _made[-1]


def ended(code: str = "") -> Task:
    task = command(code)
    task.child.process.wait(60)
    return task


def at_work() -> Task:
    return command("import signal; signal.pause()")


def keep(task: Task, **changes: object) -> Evaluation:
    made = Evaluation(REQUEST, (), task, **changes)  # type: ignore[arg-type]
    evaluations._kept[made.key] = made
    return made


def test_a_result_counts_even_if_some_inputs_were_bad() -> None:
    write = "import os, sys; os.mkdir('kept'); open('kept/report.json', 'w').close(); sys.exit(1)"
    assert ended(write).failure is None
    assert ended("import sys; sys.exit(1)").failure == "The command ended unexpectedly."
    assert ended("").failure == "The command ended without a result."
    told = "import sys; print('fer: no such split.', file=sys.stderr); sys.exit(2)"
    assert ended(told).failure == "no such split."


def test_progress_and_time_left_are_read_from_the_file() -> None:
    task = at_work()
    try:
        assert task.progress() is None and task.seconds_left() is None
        task.kept.mkdir()
        for text in ("", "{", "[]", '{"done": null, "total": 2}'):
            (task.kept / PROGRESS).write_text(text)
            assert task.progress() is None
        (task.kept / PROGRESS).write_text(json.dumps({"done": 10, "total": 100}))
        assert task.progress() == (10, 100)
        assert task.seconds_left() is None
        task.began = (task.child.seconds - 8, 10)
        (task.kept / PROGRESS).write_text(json.dumps({"done": 50, "total": 100}))
        left = task.seconds_left()
        assert left is not None and left >= 10
    finally:
        task.remove()


def test_cancelling_ends_the_process_and_removing_deletes_its_folder() -> None:
    task = at_work()
    task.cancel()
    assert task.is_done and task.failure == "It was cancelled."
    folder = Path(task.child.folder.name)
    assert folder.exists()
    task.remove()
    assert not folder.exists()


def test_no_more_than_three_are_at_work(tiny_models: Path) -> None:
    for _ in range(evaluations.MOST_AT_WORK):
        keep(at_work())
    with pytest.raises(FerError, match="3 evaluations are at work"):
        evaluations.start(REQUEST)
    assert len(evaluations._kept) == evaluations.MOST_AT_WORK


def test_the_longest_unseen_goes_first_but_none_at_work() -> None:
    now = time.monotonic()
    working = keep(at_work(), seen=now - 1000)
    old, new = keep(ended(), seen=now - 500), keep(ended(), seen=now)
    while len(evaluations._kept) < evaluations.MOST_KEPT:
        keep(ended(), seen=now)
    evaluations._make_room()
    assert old.key not in evaluations._kept
    assert working.key in evaluations._kept and new.key in evaluations._kept
    assert not Path(old.task.child.folder.name).exists()
    assert len(evaluations._kept) == evaluations.MOST_KEPT - 1


def test_what_nobody_looks_at_for_hours_is_forgotten() -> None:
    left_alone = keep(ended(), seen=time.monotonic() - evaluations.LONGEST_UNSEEN_SECONDS - 1)
    keep(ended())
    evaluations._make_room()
    assert left_alone.key not in evaluations._kept and len(evaluations._kept) == 1


def test_keys_cannot_be_guessed() -> None:
    keys = {Evaluation(REQUEST, (), None).key for _ in range(50)}  # type: ignore[arg-type]
    assert len(keys) == 50 and min(map(len, keys)) >= 20
