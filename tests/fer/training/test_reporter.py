"""What a job tells of its pace."""

from __future__ import annotations

import errno
import threading
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from fer.runs import store
from fer.runs.settings import TrainSettings
from fer.training import reporter as reporter_module
from fer.training.reporter import Reporter, seconds_left
from tests.helpers import within_seconds

PLAIN = TrainSettings("drawn", network="cnn4", epochs=10)


def progress(epoch: int, **more: Any) -> Any:
    return SimpleNamespace(epoch=epoch, **more)


@pytest.mark.parametrize(
    ("epoch", "done", "expected"),
    [(0, 0.0, 10 * 60 + 10 * 5), (4, 0.5, 5.5 * 60 + 6 * 5), (9, 1.0, 5)],
)
def test_time_left_is_what_is_left_at_the_present_pace(
    epoch: int, done: float, expected: float
) -> None:
    assert seconds_left(PLAIN, progress(epoch), 60, 5, done) == pytest.approx(expected)


def test_the_pace_of_the_head_says_nothing_of_the_rest() -> None:
    later = TrainSettings("drawn", network="cnn4", epochs=10, head_epochs=3, weights="x")
    assert seconds_left(later, progress(2), 1, 1, 0.5) is None
    assert seconds_left(later, progress(3), 60, 0, 0.5) == pytest.approx(6.5 * 60)
    frozen = TrainSettings("drawn", network="cnn4", epochs=10, freeze="all", weights="x")
    assert seconds_left(frozen, progress(2), 1, 0, 0.0) == pytest.approx(8)


def test_the_rate_is_of_this_process_after_the_first_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run resumed after 640 faces: neither those nor the slow first batch count."""
    clock = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    run = store.create(PLAIN)
    state = progress(3, seconds=7.0, seen=640, batch=10, loss_sum=1280.0)
    learner: Any = SimpleNamespace(
        settings=PLAIN, progress=state, batches=100, batch_size=64, trains_head_only=False
    )
    reporter = Reporter(run, threading.Event())
    reporter.begin_epoch(learner)
    for seconds in (30.0, 0.5, 0.5):
        clock[0] += seconds
        state.seen += 64
        state.batch += 1
        state.loss_sum += 64 * seconds
        reporter.batch(learner)
    reporter.validating()
    status = run.status()
    assert status.images_per_second == 128
    assert status.batch_losses == ((3.11, 30.0), (3.12, 0.5), (3.13, 0.5))
    assert status.progress == 0.13
    assert status.seconds_left == pytest.approx(6.87 * 6400 / 128)
    reporter.doing("saving the model")  # which has another pace
    assert run.status().images_per_second is None
    assert state.seconds == 38
    learner.trains_head_only = True
    reporter.begin_epoch(learner)
    assert run.status().images_per_second is None


def test_the_heart_beats_during_a_long_step(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reporter_module, "HEARTBEAT_SECONDS", 0.02)
    run, stop = store.create(PLAIN), threading.Event()
    with Reporter(run, stop) as reporter:
        reporter.state("starting")
        first = run.status().heartbeat
        assert first
        within_seconds(120, lambda: (run.status().heartbeat or 0) > first)
        run.stop_request.touch()
        assert stop.wait(10)
        reporter.state("running")
    assert run.status().state == "stopping"
    run.stop_request.unlink()
    assert run.status().state == "stopping"


def test_on_a_full_disk_the_last_status_is_written_over_the_one_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Not a byte is left for a new file, so the run would look lost."""
    monkeypatch.setattr(reporter_module, "_TRY_SECONDS", 0.0)
    run = store.create(PLAIN)
    reporter = Reporter(run, threading.Event())
    reporter.doing("something that takes a long sentence to say " * 9)
    before = run.status()
    assert before.is_active

    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    reporter.doing("this one waits for the next beat")
    assert run.status() == before
    reporter.state("failed", error="the disk is full: checkpoint could not be written.")
    status = run.status()
    assert (status.state, status.activity) == ("failed", None)
    assert status.error is not None and "disk is full" in status.error
