"""Evaluations as processes of their own: bounded, cancelled, removed, found again."""

from __future__ import annotations

import dataclasses
import gc
import json
import subprocess
import sys
import time
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from streamlit.proto.Common_pb2 import FileURLs
from streamlit.runtime.uploaded_file_manager import UploadedFile, UploadedFileRec
from streamlit.testing.v1 import AppTest

from dashboard.dataset import choice as dataset_choice
from dashboard.dataset.choice import Choice
from dashboard.evaluate import session as evaluations
from dashboard.evaluate.evaluation import Evaluation
from dashboard.evaluate.session import Request
from dashboard.server import timers, workspaces
from dashboard.server.children.running import Child
from dashboard.server.tasks import Task
from dashboard.server.workspaces import Workspace
from fer.errors import FerError
from fer.evaluation.predictions import PROGRESS
from fer.runs import processes
from tests.helpers import within_seconds

REQUEST = Request(("tiny",), Choice("/data/faces.zip"))


_made: list[Task] = []


@pytest.fixture(autouse=True)
def nothing_kept() -> Iterator[None]:
    evaluations._evaluations.clear()
    yield
    while _made:
        _made.pop().remove()
    evaluations._evaluations.clear()


def command(code: str = "", folder: Workspace | None = None) -> Task:
    """A task whose command is some Python, started in its folder."""
    folder = folder or workspaces.new("test")
    for name in ("stdout.txt", "stderr.txt"):
        Path(folder.name, name).touch()
    with Path(folder.name, "stderr.txt").open("wb") as stderr:
        process = subprocess.Popen(
            [sys.executable, "-c", code], cwd=folder.name, stderr=stderr, stdout=stderr
        )
    _made.append(Task(Child(process, folder, time.monotonic()), "report.json"))
    return _made[-1]


def ended(code: str = "", folder: Workspace | None = None) -> Task:
    task = command(code, folder)
    task.child.process.wait(240)
    return task


def at_work(folder: Workspace | None = None) -> Task:
    return command("import signal; signal.pause()", folder)


def keep(task: Task, **changes: object) -> Evaluation:
    made = Evaluation(REQUEST.title, (), task, **{"visitor": "somebody", **changes})  # type: ignore[arg-type]
    evaluations._evaluations[made.key] = made
    return made


def test_a_result_counts_even_if_some_inputs_were_bad() -> None:
    write = (
        "import os, sys; os.mkdir('results'); open('results/report.json', 'w').close(); sys.exit(1)"
    )
    assert ended(write).failure is None
    assert ended("import sys; sys.exit(1)").failure == "The command ended unexpectedly."
    assert ended("").failure == "The command ended without a result."
    told = "import sys; print('fer: no such split.', file=sys.stderr); sys.exit(2)"
    assert ended(told).failure == "no such split."


def test_progress_and_time_left_are_read_from_the_file() -> None:
    task = at_work()
    try:
        assert task.progress() is None and task.seconds_left() is None
        task.results.mkdir()
        for text in ("", "{", "[]", '{"done": null, "total": 2}'):
            (task.results / PROGRESS).write_text(text)
            assert task.progress() is None
        (task.results / PROGRESS).write_text(json.dumps({"done": 10, "total": 100}))
        assert task.progress() == (10, 100)
        assert task.seconds_left() is None
        task.began = (task.child.seconds - 8, 10)
        (task.results / PROGRESS).write_text(json.dumps({"done": 50, "total": 100}))
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
    for number in range(evaluations.AT_WORK.most):
        keep(at_work(), visitor=f"visitor {number}")
    with pytest.raises(FerError, match="3 evaluations are at work"):
        evaluations.start(REQUEST)
    assert len(evaluations._evaluations) == evaluations.AT_WORK.most


def test_the_longest_unseen_goes_first_but_none_at_work() -> None:
    now = time.monotonic()
    working = keep(at_work(), seen=now - 1000)
    old, new = keep(ended(), seen=now - 500), keep(ended(), seen=now)
    while len(evaluations._evaluations) < evaluations.MOST_KEPT:
        keep(ended(), seen=now)
    with evaluations._reserved_place("me"):
        evaluations._remove(evaluations._beyond_most_kept())
    assert old.key not in evaluations._evaluations
    assert working.key in evaluations._evaluations and new.key in evaluations._evaluations
    assert not Path(old.task.child.folder.name).exists()
    assert len(evaluations._evaluations) == evaluations.MOST_KEPT - 1


TOO_LONG = evaluations.LONGEST_UNSEEN_SECONDS + 1


def test_what_nobody_looks_at_for_hours_is_deleted_by_whoever_comes() -> None:
    left_alone = keep(ended(), seen=time.monotonic() - TOO_LONG)
    keep(ended())
    with_address = at_address(left_alone.key)
    assert not with_address.markdown[0].value, "opening its address must not renew it"
    assert left_alone.key not in evaluations._evaluations and len(evaluations._evaluations) == 1
    assert not Path(left_alone.task.child.folder.name).exists()


def at_address(key: str) -> AppTest:
    """A page that names the evaluations of its session, opened at the address of one."""

    def page() -> None:
        import streamlit as st

        from dashboard.evaluate import session as evaluations

        st.markdown(" ".join(one.key for one in evaluations.current_evaluations()))

    opened = AppTest.from_function(page, default_timeout=60)
    opened.query_params["evaluation"] = key
    opened.run()
    assert not opened.exception
    return opened


def test_opening_its_address_in_time_renews_it() -> None:
    one = keep(ended(), seen=time.monotonic() - 3600)
    assert at_address(one.key).markdown[0].value == one.key
    assert time.monotonic() - one.seen < 60


def test_what_nobody_looks_at_is_deleted_without_any_visitor() -> None:
    left_alone = keep(ended(), seen=time.monotonic() - TOO_LONG)
    folder = Path(left_alone.task.child.folder.name)
    stop = timers.start(0.01, evaluations.drop_unseen, "a test")
    try:
        within_seconds(120, lambda: not folder.exists())
    finally:
        stop.set()
    assert not evaluations._evaluations


def without_a_page(monkeypatch: pytest.MonkeyPatch) -> None:
    """Evaluations can be started, and end at once."""
    monkeypatch.setattr(evaluations.tasks, "start", lambda *its: ended("", its[2]))
    monkeypatch.setattr(evaluations, "show", lambda one: None)
    monkeypatch.setattr(evaluations, "_own_keys", list)


def test_the_sweep_begins_with_the_first_evaluation(
    monkeypatch: pytest.MonkeyPatch, tiny_models: Path
) -> None:
    asked: list[object] = []
    monkeypatch.setattr(timers, "start_once", lambda *its: asked.append(its[1]))
    without_a_page(monkeypatch)
    evaluations.start(REQUEST)
    assert asked == [evaluations.drop_unseen]


def test_what_is_at_work_or_watched_stays() -> None:
    at = time.monotonic()
    working, done = keep(at_work(), seen=at), keep(ended(), seen=at - 3600)
    evaluations.look_at(done.task)
    evaluations.drop_unseen(at + TOO_LONG - 1)
    assert done.key in evaluations._evaluations, "somebody watched it a moment ago"
    evaluations.drop_unseen(at + 3 * TOO_LONG)
    assert set(evaluations._evaluations) == {working.key}
    working.task.cancel()
    evaluations.drop_unseen(at + 4 * TOO_LONG - 10)
    assert working.key in evaluations._evaluations, "its two hours begin with its end"
    evaluations.drop_unseen(at + 4 * TOO_LONG + 10)
    assert not evaluations._evaluations


def test_watching_the_progress_counts_as_looking() -> None:
    one = keep(at_work(), seen=time.monotonic() - TOO_LONG)

    def page() -> None:
        from dashboard.evaluate import session as evaluations, view as evaluate_view

        (one,) = evaluations._evaluations.values()
        evaluate_view.watch(one.task, "Evaluating …", "faces", one.key)

    assert not AppTest.from_function(page, default_timeout=60).run().exception
    assert time.monotonic() - one.seen < 60


def test_nobody_waits_for_copied_uploads_deleted_folders_or_ended_processes(
    monkeypatch: pytest.MonkeyPatch, tiny_models: Path
) -> None:
    slow: list[tuple[str, bool]] = []
    without_a_page(monkeypatch)
    remove, written, begin = Task.remove, dataset_choice._written, evaluations.tasks.start

    def noted(name: str, action: Callable[..., Any]) -> Callable[..., Any]:
        def slowly(*its: Any) -> Any:
            slow.append((name, evaluations._lock.locked()))
            return action(*its)

        return slowly

    monkeypatch.setattr(Task, "remove", noted("delete", remove))
    monkeypatch.setattr(dataset_choice, "_written", noted("copy", written))
    monkeypatch.setattr(evaluations.tasks, "start", noted("begin", begin))
    for _ in range(evaluations.MOST_KEPT):
        keep(ended())
    record = UploadedFileRec("1", "faces.zip", "application/zip", b"x")
    choice = Choice("drawn", None, (UploadedFile(record, FileURLs()),))
    evaluation = evaluations.start(Request(("tiny",), choice))
    for _ in range(2):
        evaluations.start_robustness(evaluation)
    evaluations.drop_unseen(time.monotonic() + TOO_LONG)
    assert {name for name, _ in slow} == {"copy", "begin", "delete"}
    assert not [name for name, locked in slow if locked]


def test_a_place_is_taken_while_uploads_are_still_copied(tiny_models: Path) -> None:
    with evaluations._reserved_place("you"), evaluations._reserved_place("they"):
        keep(at_work())
        with pytest.raises(FerError, match="3 evaluations are at work"):
            evaluations.start(REQUEST)


def test_robustness_of_what_is_deleted_while_it_starts_ends(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    evaluation = keep(ended())

    def delete_meanwhile(*its: Any) -> Task:
        evaluations.remove(evaluation)
        return at_work(its[2])

    monkeypatch.setattr(evaluations.tasks, "start", delete_meanwhile)
    with pytest.raises(FerError, match="deleted meanwhile"):
        evaluations.start_robustness(evaluation)
    assert _made[-1].is_done and not Path(_made[-1].child.folder.name).exists()


def test_robustness_of_what_was_deleted_is_a_sentence() -> None:
    one = keep(ended())
    evaluations.remove(one)
    with pytest.raises(FerError, match="deleted meanwhile"):
        evaluations.start_robustness(one)


def test_an_evaluation_does_not_keep_what_was_uploaded(
    monkeypatch: pytest.MonkeyPatch, tiny_models: Path
) -> None:
    record = UploadedFileRec("1", "faces.zip", "application/zip", b"x" * 1000)
    upload = UploadedFile(record, FileURLs())
    gone = weakref.ref(upload)
    without_a_page(monkeypatch)
    made = evaluations.start(Request(("tiny",), Choice("drawn", None, (upload,))))
    assert made.title == "tiny on faces.zip"
    data = made.arguments[made.arguments.index("--data") + 1]
    assert Path(data).name == "faces.zip"
    del upload
    gc.collect()
    assert gone() is None


def test_one_visitor_cannot_have_all_places(tiny_models: Path) -> None:
    for _ in range(evaluations.AT_WORK.most_of_one):
        keep(at_work(), visitor="greedy")
    with (
        pytest.raises(FerError, match="2 of your own evaluations are at work"),
        evaluations._reserved_place("greedy"),
    ):
        pass
    with evaluations._reserved_place("another"):
        assert evaluations._reserved == ["another"]


def server_was_killed(key: str, result: str | None) -> Path:
    """What it left of an evaluation, which is finished if there is a result."""
    folder = workspaces.new("evaluation")
    left = Evaluation(
        REQUEST.title, ("--data", f"{folder.name}/0/faces.zip"), ended("", folder), ""
    )
    left.key = key
    left.keep()
    owner = dataclasses.asdict(processes.identity())
    Path(folder.name, "owner.json").write_text(json.dumps({**owner, "pid": 2**22 + 1}))
    if result is not None:
        left.task.results.mkdir()
        Path(left.task.results, "report.json").write_text(result)
    return Path(folder.name)


def test_a_finished_evaluation_is_found_again_after_its_server_was_killed() -> None:
    folder = server_was_killed("the-key", "{}")
    workspaces.sweep()
    assert folder.exists()
    assert not at_address("another-key").markdown[0].value
    assert at_address("the-key").markdown[0].value == "the-key"
    again = evaluations._evaluations["the-key"]
    assert again.title == REQUEST.title and again.task.is_done and again.task.failure is None
    assert (again.task.results / "report.json").read_text() == "{}"
    assert again.arguments == ("--data", f"{again.task.child.folder.name}/0/faces.zip")
    assert not folder.exists()
    workspaces.sweep()
    evaluations.remove(again)
    assert list(workspaces.folder().iterdir()) == []


@pytest.mark.parametrize("result", [None, "{}"])
def test_an_unfinished_or_old_evaluation_of_a_killed_server_is_swept(
    monkeypatch: pytest.MonkeyPatch, result: str | None
) -> None:
    folder = server_was_killed("the-key", result)
    monkeypatch.setattr(workspaces, "LONGEST_LEFT_SECONDS", -1.0)
    assert workspaces.take_over("the-key") is None
    workspaces.sweep()
    assert not folder.exists()


def test_keys_cannot_be_guessed() -> None:
    keys = {Evaluation(REQUEST.title, (), None, "").key for _ in range(50)}  # type: ignore[arg-type]
    assert len(keys) == 50 and min(map(len, keys)) >= 20
