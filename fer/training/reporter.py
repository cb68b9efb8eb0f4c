"""What a job reports: a status that stays fresh, and a line an epoch."""

from __future__ import annotations

import contextlib
import dataclasses
import sys
import threading
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from fer.runs import processes
from fer.runs.processes import Identity
from fer.runs.settings import TrainSettings
from fer.runs.status import OVER, RunStatus
from fer.runs.store import Run
from fer.storage import files
from fer.training.progress import LossTrace

if TYPE_CHECKING:
    from fer.training.learner import Learner
    from fer.training.progress import Progress

HEARTBEAT_SECONDS = 1.0
_TRIES, _TRY_SECONDS = 5, 0.2
_FIGURES = ("loss", "accuracy", "val_loss", "val_accuracy")


def say(text: str) -> None:
    """A line to stderr, which is the log of a job in the background."""
    with contextlib.suppress(OSError):  # what matters will report a full disk
        print(text, file=sys.stderr, flush=True)


def say_epoch(row: Mapping[str, Any], epochs: int) -> None:
    """A line about a finished epoch of so many."""
    text = "  ".join(f"{name} {row[name]:.4f}" for name in _FIGURES)
    say(f"epoch {row['epoch']}/{epochs}  {text}  {row['seconds']:.0f} s")


class Reporter:
    """Keeps `status.json` fresh from a thread of its own, even while one step takes minutes.

    The same thread looks for a request to stop, and turns it or a signal into "stopping". `owner`
    is the process whose end is the end of the run; without one, this process.
    """

    def __init__(self, run: Run, stop: threading.Event, owner: Identity | None = None) -> None:
        self._run = run
        self._stop = stop
        recorded = run.status()
        self._status = RunStatus(epoch=len(run.metrics()), epochs=recorded.epochs).owned_by(
            owner or processes.identity()
        )
        self._changing = threading.Lock()
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="heartbeat", daemon=True)
        self._ticked = 0.0
        self._measured: tuple[float, int] | None = None
        self._validation_seconds = 0.0
        self._of_head = False
        self._losses = LossTrace()

    def __enter__(self) -> Reporter:
        self._change()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closed.set()
        self._thread.join()

    def waiting(self, ahead: int) -> None:
        runs = "1 run is" if ahead == 1 else f"{ahead} runs are"
        activity = f"{runs} ahead"
        if activity != self._status.activity:
            say(activity)
        self._change(state="queued", activity=activity)

    def doing(self, activity: str) -> None:
        """A step of an active job, in words."""
        self._change(activity=activity, seconds_left=None, images_per_second=None)

    def state(self, state: str, error: str | None = None, model: str | None = None) -> None:
        """A new state; one that is over is written whatever it takes."""
        self._change(state=state, error=error, model=model)
        if error:
            say(error)

    def begin_epoch(self, learner: Learner) -> None:
        self._measured = None
        self._ticked = time.monotonic()
        self._losses.begin_epoch(learner.progress)
        if learner.trains_head_only != self._of_head:  # another pace begins
            self._of_head, self._validation_seconds = learner.trains_head_only, 0.0
            self._change(images_per_second=None, seconds_left=None)
        epochs = learner.settings.epochs
        self._change(
            state="running", epoch=learner.progress.epoch, epochs=epochs, activity="training"
        )

    def features(self, share: float) -> None:
        """How many of a frozen backbone's features are computed."""
        self._change(activity=f"computing the backbone's features: {share:.0%}")

    def teachers(self, share: float) -> None:
        """How many of the training faces have predictions of the teachers."""
        self._change(activity=f"asking the teachers: {share:.0%}")

    def batch(self, learner: Learner) -> None:
        """Another batch was learned from. The first is not timed: TensorFlow compiles in it."""
        now, progress = time.monotonic(), learner.progress
        progress.seconds += now - self._ticked
        self._ticked = now
        if self._measured is None:
            self._measured = now, progress.seen
        since, seen = self._measured
        done = progress.batch / learner.batches
        rate = (progress.seen - seen) / (now - since) if progress.seen > seen else None
        left = rate and seconds_left(
            learner.settings,
            progress,
            epoch_seconds=learner.batches * learner.batch_size / rate,
            validation_seconds=self._validation_seconds,
            done=done,
        )
        self._losses.add(progress, done)
        with self._changing:  # the heartbeat writes it
            self._status = dataclasses.replace(
                self._status,
                batch_losses=self._losses.points,
                activity="training",
                progress=round(done, 4),
                images_per_second=rate and round(rate, 1),
                seconds_left=left and round(left, 1),
            )

    def validating(self) -> None:
        self._change(activity="validating")

    def epoch(self, row: dict[str, Any]) -> None:
        """An epoch was finished, validated and saved."""
        self._validation_seconds = time.monotonic() - self._ticked
        self._change(epoch=int(row["epoch"]), progress=0.0)
        say_epoch(row, self._status.epochs)

    def _beat(self) -> None:
        while not self._closed.wait(HEARTBEAT_SECONDS):
            if self._run.stop_request.exists():
                self._stop.set()
            self._change()

    def _change(self, **changes: Any) -> None:
        with self._changing:
            status = dataclasses.replace(self._status, heartbeat=time.time(), **changes)
            if self._stop.is_set() and status.is_active:
                status = dataclasses.replace(status, state="stopping")
            if status.state in OVER:
                status = dataclasses.replace(
                    status, activity=None, seconds_left=None, images_per_second=None
                )
            is_last = status.state in OVER and status.state != self._status.state
            self._status = status
            self._write(tries=_TRIES if is_last else 1)

    def _write(self, tries: int) -> None:
        """A status that could not be written is written with the next beat; the last must be."""
        for _ in range(tries):
            try:
                return self._run.write_status(self._status)
            except OSError:
                if tries == 1:
                    return
            for part in self._run.path.glob(f"*{files.PART}"):
                with contextlib.suppress(OSError):  # half a checkpoint is what filled the disk
                    part.unlink()
            time.sleep(_TRY_SECONDS)
        with contextlib.suppress(OSError):
            self._run.write_status(self._status, on_full_disk=True)


def seconds_left(
    settings: TrainSettings,
    progress: Progress,
    epoch_seconds: float,
    validation_seconds: float,
    done: float,
) -> float | None:
    """How long the rest will take at the pace of the present epoch, of which `done` is the share.

    None while the head alone learns and more layers will later: their pace is not known yet.
    """
    is_head_phase = settings.freeze != "all" and progress.epoch < settings.head_epochs
    if is_head_phase and settings.head_epochs < settings.epochs:
        return None
    epochs = settings.epochs - progress.epoch
    return (epochs - done) * epoch_seconds + epochs * validation_seconds
