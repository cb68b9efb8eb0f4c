"""Runs as processes: started, waiting their turn, stopped, resumed, deleted, killed."""

from __future__ import annotations

import io
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from fer import permission, registry
from fer.errors import BadDataset, BadModel, BadRun, BadSettings, NotAllowed
from fer.permission import training_allowed
from fer.runs import (
    checks,
    launcher,
    processes,
    queue as run_queue,
    status as run_status,
    store,
    uploads,
)
from fer.runs.settings import TrainSettings
from fer.runs.store import Run
from fer.training import job
from tests.fake_job import IMPATIENT, SLOW_READING, SLOW_START
from tests.helpers import publish_tiny

pytestmark = pytest.mark.slow
posix = pytest.mark.skipif(sys.platform == "win32", reason="signals")
SETTINGS = TrainSettings("drawn", network="mlp", epochs=2, labels="fer2013")


@pytest.fixture(autouse=True)
def fake_job(monkeypatch: pytest.MonkeyPatch, models_folder: Path) -> Iterator[None]:
    """Jobs that learn nothing, and are gone at the end."""
    monkeypatch.setattr(launcher, "JOB", "tests.fake_job")
    yield
    for run in store.listing():
        status = run.status()
        if status.is_active and status.owner and status.owner.pid != os.getpid():
            status.owner.kill()


def wait_for(condition: Callable[[], object], seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, [run.status() for run in store.listing()]
        time.sleep(0.02)


def wait_for_state(run: Run, state: str) -> None:
    wait_for(lambda: run.status().state == state)


def finish(run: Run) -> None:
    (run.path / "finish").touch()


def test_a_run_is_never_lost_on_its_way_to_finished(tmp_path: Path) -> None:
    run = launcher.start(SETTINGS)
    seen: list[str] = []

    def look() -> bool:
        status = run.status()
        if [status.state] != seen[-1:]:
            seen.append(status.state)
        if status.state == "running":
            finish(run)
        return status.state == "finished"

    wait_for(look)
    order = ("queued", "starting", "running", "finished")
    assert seen == [state for state in order if state in seen]
    assert {"queued", "running", "finished"} <= set(seen)
    status = run.status()
    assert status.pid != os.getpid()
    assert status.heartbeat is not None
    assert "takes up the run" in run.log()
    with pytest.raises(BadRun, match="is finished"):
        launcher.resume(run)
    with pytest.raises(BadRun, match="is not active"):
        launcher.stop(run)
    launcher.delete(run)
    assert store.listing() == []


def test_so_many_runs_wait_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_queue, "waiting", lambda: ["a run"] * launcher.MOST_WAITING)
    stopped = store.create(SETTINGS)
    stopped.write_status(run_status.RunStatus(state="stopped"))
    for begin in (lambda: launcher.start(SETTINGS), lambda: launcher.resume(stopped)):
        with pytest.raises(BadRun, match="20 runs are queued"):
            begin()
    assert store.listing() == [stopped]
    assert stopped.status().state == "stopped"


@posix
def test_runs_take_turns_in_the_order_in_which_they_were_started(runs_folder: Path) -> None:
    first, second, third, fourth = (launcher.start(SETTINGS) for _ in range(4))
    wait_for_state(first, "running")
    wait_for(lambda: second.status().activity == "1 run is ahead")
    assert run_queue.waiting() == [second.id, third.id, fourth.id]
    owner = first.status().owner
    assert owner is not None
    os.kill(owner.pid, signal.SIGKILL)
    wait_for_state(second, "running")
    assert first.status().state == "lost"
    launcher.stop(third)
    assert third.status().state in ("stopping", "stopped")
    wait_for_state(third, "stopped")
    wait_for_state(fourth, "queued")
    assert second.status().state == "running"
    finish(second)
    finish(fourth)
    wait_for_state(fourth, "finished")
    assert (runs_folder / "order.txt").read_text().split() == [
        *("begin", first.id),
        *("begin", second.id, "end", second.id),
        *("begin", fourth.id, "end", fourth.id),
    ]


@posix
def test_a_stopped_run_is_resumed_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FER_RUNS", "relative-runs")
    run = launcher.start(SETTINGS)
    launcher.stop(run)  # before its process can hear a signal
    assert run.status().state == "stopping"
    wait_for_state(run, "stopped")

    outcomes: list[str] = []

    def resume() -> None:
        try:
            launcher.resume(run)
            outcomes.append("resumed")
        except BadRun as error:
            outcomes.append(str(error))

    threads = [threading.Thread(target=resume) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcome == "resumed" for outcome in outcomes) == [False, False, True]
    wait_for_state(run, "running")
    with pytest.raises(BadRun, match="active already"):
        launcher.claim(run)
    with pytest.raises(BadRun, match=r"is active \(running\). Stop it first"):
        launcher.delete(run)
    owner = run.status().owner
    assert owner is not None
    process = psutil.Process(owner.pid)
    assert process.nice() >= processes.NICENESS
    assert os.getsid(owner.pid) != os.getsid(0)
    launcher.stop(run)
    wait_for_state(run, "stopped")
    assert (tmp_path / "relative-runs" / run.id / "log.txt").is_file()


@posix
def test_a_run_that_reads_for_long_blocks_nobody() -> None:
    slow = launcher.start(replace(SETTINGS, seed=SLOW_READING))
    wait_for(lambda: slow.status().activity == "reading the faces")
    quick = launcher.start(replace(SETTINGS, seed=IMPATIENT))
    wait_for_state(quick, "running")
    assert slow.status().activity == "reading the faces"
    launcher.stop(slow)
    wait_for_state(slow, "stopped")
    launcher.delete(slow)
    finish(quick)
    wait_for_state(quick, "finished")


@posix
def test_a_run_is_stopped_while_it_starts() -> None:
    run = launcher.start(replace(SETTINGS, seed=SLOW_START))
    wait_for_state(run, "starting")
    launcher.stop(run)
    assert run.status().state == "stopping"
    wait_for_state(run, "stopped")
    assert "begin" not in run.log()


@posix
def test_a_job_that_hears_nothing_is_ended_by_force() -> None:
    run = launcher.start(SETTINGS)
    wait_for_state(run, "running")
    owner = run.status().owner
    assert owner is not None
    os.kill(owner.pid, signal.SIGSTOP)
    launcher.stop(run)
    time.sleep(0.2)
    assert run.status().state == "stopping"
    launcher.stop(run, force=True)
    assert run.status().state == "stopped"
    assert not owner.is_alive()


def test_the_last_run_takes_its_upload_along() -> None:
    data = uploads.save(io.BytesIO(b"emotion,pixels"), "faces.csv")
    first, second = (store.create(TrainSettings(str(data), network="mlp")) for _ in range(2))
    for run in (first, second):
        run.write_status(run_status.RunStatus(state="stopped"))
    launcher.delete(first)
    assert data.exists()
    launcher.delete(second)
    assert not data.exists()


def test_what_cannot_work_is_said_before_a_folder_is_made(
    runs_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish_tiny("taken")
    with pytest.raises(BadSettings, match="model 'taken' already"):
        launcher.start(TrainSettings("drawn", name="taken"))
    with pytest.raises(BadDataset, match=r"nowhere\.csv does not exist"):
        launcher.start(TrainSettings("nowhere.csv"))
    with pytest.raises(BadSettings, match="no published model"):
        launcher.start(TrainSettings("drawn", weights="nothing"))
    with monkeypatch.context() as patch:
        patch.setattr(checks, "LEAST_FREE_BYTES", 2**60)
        with pytest.raises(BadRun, match="disk is too full to train"):
            launcher.start(SETTINGS)
    assert store.listing() == []
    store.create(TrainSettings("drawn", name="wanted"))
    with pytest.raises(BadSettings, match="will be published as 'wanted'"):
        launcher.start(TrainSettings("drawn", name="wanted"))


@pytest.mark.parametrize("start", [launcher.start, launcher.create])
def test_of_two_that_start_at_once_with_one_name_one_gets_it(
    start: Callable[[TrainSettings], Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    both_are_checked = threading.Barrier(2)
    check = checks.check

    def check_both(settings: TrainSettings) -> None:
        check(settings)
        both_are_checked.wait(60)

    monkeypatch.setattr(checks, "check", check_both)
    named = replace(SETTINGS, name="wanted")
    outcomes: list[str] = []

    def attempt() -> None:
        if start is launcher.create:
            checks.check(named)  # as `python -m fer train` does, before it reads the faces
        try:
            start(named)
            outcomes.append("started")
        except BadSettings as error:
            outcomes.append(str(error))

    threads = [threading.Thread(target=attempt) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    refusal, success = sorted(outcomes, key=lambda outcome: outcome == "started")
    assert success == "started"
    assert "will be published as 'wanted'; choose another name" in refusal
    assert len(store.listing()) == 1


def test_a_job_that_cannot_be_started_has_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "PYTHON", ("/nowhere/python",))
    with pytest.raises(BadRun, match="could not be started"):
        launcher.start(SETTINGS)
    (run,) = store.listing()
    assert run.status().state == "failed"


def test_switched_off_nothing_is_started_or_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    run = store.create(SETTINGS)
    publish_tiny("tiny")
    assert training_allowed()
    monkeypatch.setenv("FER_TRAINING", "Off")
    assert not training_allowed() and not permission.training_allowed()
    refused: list[Callable[[], object]] = [
        lambda: launcher.start(SETTINGS),
        lambda: launcher.resume(run),
        lambda: launcher.stop(run),
        lambda: launcher.delete(run),
        lambda: registry.activate("tiny"),
        registry.go_back,
        lambda: registry.delete("tiny"),
    ]
    for action in refused:
        with pytest.raises(NotAllowed, match="switched off on this server"):
            action()
    checks.check(SETTINGS)  # `python -m fer train` goes this way
    assert run.status().state == "queued"
    assert registry.names() == ["tiny"]


def test_models_are_deleted_but_not_those_that_answer(
    tiny_models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish_tiny("third")
    monkeypatch.setattr("fer.registry.SHIPPED", ("tiny",))
    for name, words in (("tiny", "built-in"), ("nothing", "unknown model")):
        with pytest.raises(BadModel, match=words):
            registry.delete(name)
    registry.activate("other")
    with pytest.raises(BadModel, match="is in use"):
        registry.delete("other")
    registry.activate("third")
    registry.delete("other")
    assert registry.names() == ["third", "tiny"]
    assert registry.previous() is None
    assert not list(tiny_models.glob(".deleted*"))
    with pytest.raises(BadModel, match="unknown model"):
        registry.load("other")


def test_a_run_in_the_foreground_waits_its_turn_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job, "read", lambda *_: None)
    monkeypatch.setattr(job, "_work", lambda *_: pytest.fail("worked out of turn"))
    run, stop, states = store.create(SETTINGS), threading.Event(), []

    def interrupt() -> None:
        wait_for(lambda: run.status().activity == "1 run is ahead")
        states.append(run.status().state)
        stop.set()

    with run_queue.turn("another", threading.Event()):
        thread = threading.Thread(target=interrupt)
        thread.start()
        assert job.run(run, stop) == "stopped"
        thread.join()
    assert states == ["queued"]
    assert run.status().state == "stopped"


def test_a_job_out_of_memory_fails_with_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    def greedy(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(job, "learner_for", greedy)
    run = store.create(TrainSettings("drawn", network="mlp", labels="fer2013"))
    assert job.run(run, threading.Event()) == "failed"
    assert "not enough memory" in (run.status().error or "")
    assert run_queue.waiting() == []


def test_a_disk_that_fills_later_still_lets_the_job_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    run = store.create(SETTINGS)
    part = run.path / "checkpoint.part"

    def fills(*_: object) -> str:
        part.write_bytes(b"half a checkpoint")
        raise OSError(28, "No space left on device", str(part))

    written = Run.write_status

    def write(run: Run, status: run_status.RunStatus) -> None:
        if part.exists():
            raise OSError(28, "No space left on device")
        written(run, status)

    monkeypatch.setattr(job, "_work", fills)
    monkeypatch.setattr(Run, "write_status", write)
    assert job.run(run, threading.Event()) == "failed"
    assert run.status().state == "failed"
    assert "the disk is full: checkpoint.part" in (run.status().error or "")
