"""A training job from its settings to a published model: the process that owns a run folder.

`python -m fer.training.job RUN` runs it; TensorFlow is imported only once the job is under way, so
that a request to stop is heard from the start.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fer.data import dataset, selection
from fer.data.budget import Budget
from fer.errors import FerError, Stopped
from fer.runs import checks, launcher, processes, queue as run_queue, weights
from fer.runs.settings import TrainSettings
from fer.runs.store import Run
from fer.training import checkpoints, distillation, failures, publication
from fer.training.reporter import Reporter, say

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from fer.training.learner import Learner
    from fer.training.replicas import Alone

_READING = "reading the faces"


def checked_data(
    settings: TrainSettings,
    fresh: bool = True,
    has_predictions: bool = False,
    budget: Budget | None = None,
) -> dataset.Dataset:
    """The faces that a run would use, once all that can be known before it starts is in order.

    A run that is resumed (not `fresh`) no longer needs the weights it began with, nor, where it
    `has_predictions` of its teachers, the teachers. Raises `FerError` with what is wrong, and
    what the `budget` raises.
    """
    if fresh:
        weights.source(settings)
    if not has_predictions:
        checks.check_teachers(settings)
    checks.check_space()
    with processes.limited_memory():
        data = selection.prepared(
            settings.data,
            settings.votes,
            settings.labels,
            settings.limit,
            settings.seed,
            say,
            settings.classes,
            budget,
        )
    if not has_predictions:
        checks.check_teachers(with_labels(settings, data))
    return data


def with_labels(settings: TrainSettings, data: dataset.Dataset) -> TrainSettings:
    """The settings with what is to be predicted, decided by the data where they leave it open."""
    return replace(settings, labels=settings.labels or dataset.default_labels(data))


def run(run: Run, stop: threading.Event, data: dataset.Dataset | None = None) -> str:
    """Does or continues a run until it is finished or `stop` is set; returns its last state.

    It reads its faces, and then waits until no other run trains. `data` spares reading what
    `checked_data` has given already. Errors that its user can correct end as "failed" with the
    reason in the status.
    """
    with Reporter(run, stop) as reporter:
        try:
            published = publication.published_by(run) if run.checkpoint.exists() else None
            if published is not None:
                reporter.state("finished", model=published)
                return "finished"
            with (
                _faces(run, data, reporter, stop) as faces,
                run_queue.turn(run.id, stop, reporter.waiting) as has_turn,
            ):
                state = _work(run, faces, reporter, stop) if has_turn else "stopped"
        except (KeyboardInterrupt, Stopped):
            state = "stopped"
        except Exception as error:
            reason = failures.reason(error)
            reporter.state("failed", error=reason or f"{type(error).__name__}: {error}")
            if reason is None:
                raise
            return "failed"
        if state == "stopped":
            reporter.state(state)
        return state


def handle_signals(stop: threading.Event) -> None:
    """SIGTERM and SIGINT set `stop`; a second SIGINT interrupts at once."""

    def ask(number: int, _: object) -> None:
        if stop.is_set() and number == signal.SIGINT:
            raise KeyboardInterrupt
        stop.set()

    signal.signal(signal.SIGTERM, ask)
    signal.signal(signal.SIGINT, ask)


def learner_for(
    settings: TrainSettings,
    data: dataset.Dataset,
    fresh: bool = True,
    teacher_probabilities: NDArray[np.float32] | None = None,
    replicas: Alone | None = None,
) -> Learner:
    """A learner with the training and validation faces of `data`; loads TensorFlow.

    `teacher_probabilities` is what teachers say of the training faces, (N, 7).
    """
    from fer.training.batches import Examples
    from fer.training.learner import Learner

    def examples(split: str) -> Examples:
        part = data.split(split)
        return Examples(
            part.inputs(settings.input),
            selection.targets(part, settings.labels),
            selection.truth(part, settings.labels),
            selection.other_targets(part, settings.labels) if settings.other_question else None,
        )

    train = examples("train")
    if teacher_probabilities is not None:
        targets = distillation.blended(train.targets, teacher_probabilities, settings.teacher_share)
        train = replace(train, targets=targets)
    return Learner(settings, train, examples("validation"), fresh, replicas)


@contextlib.contextmanager
def _faces(
    run: Run, data: dataset.Dataset | None, reporter: Reporter, stop: threading.Event
) -> Iterator[dataset.Dataset]:
    """The faces of a run; while it has a large data set it holds one of the places for such."""
    if data is not None:
        yield data
        return
    with run_queue.place_for_large_data(stop) as take_place:

        def wait_for_place() -> None:
            reporter.doing("waiting: other runs hold large datasets")
            take_place()
            reporter.doing(_READING)

        yield read(run, reporter, Budget(stop.is_set, wait_for_place))


def read(run: Run, reporter: Reporter, budget: Budget) -> dataset.Dataset:
    """The faces of a run, whose settings say afterwards what is to be predicted."""
    settings, fresh = run.settings, not run.checkpoint.exists()
    reporter.state("starting")
    reporter.doing(_READING)
    data = checked_data(settings, fresh, run.teacher_probabilities.exists(), budget)
    if settings.labels is None:
        run.write_settings(with_labels(settings, data))
    return data


def begun(
    run: Run,
    data: dataset.Dataset,
    reporter: Reporter,
    stop: threading.Event,
    replicas: Alone | None = None,
) -> Learner | None:
    """The learner of a run, as far as its checkpoint goes; None if it was asked to stop."""
    settings, fresh = run.settings, not run.checkpoint.exists()
    reporter.state("starting")
    if stop.is_set():
        return None
    teacher_probabilities = None
    if settings.teachers:
        train, stopped = data.split("train"), stop.is_set
        teacher_probabilities = distillation.cached_predictions(
            run.teacher_probabilities, settings.teachers, train, stopped, reporter.teachers
        )
        if teacher_probabilities is None:
            return None
    reporter.doing("loading TensorFlow and building the network")
    learner = learner_for(settings, data, fresh, teacher_probabilities, replicas)
    if stop.is_set():
        return None
    say(f"{len(learner.train)} faces to train on, {len(learner.validation)} to validate with")
    if not fresh:
        with checkpoints.set_aside_if_damaged(run):
            learner.restore(run.checkpoint)
    # A new checkpoint beside the old one, the best epoch's weights, and two exports.
    checks.check_space(3 * learner.num_bytes())
    if learner.trains_head_only:
        say("the backbone is frozen: its features are computed once, without augmentation")
    learner.on_features = reporter.features
    run.cut_metrics(learner.progress.epoch)
    return learner


def train_epoch(
    run: Run, learner: Learner, reporter: Reporter, stop: threading.Event
) -> dict[str, Any] | None:
    """The next epoch's line of metrics, once it is saved; None if it was asked to stop before, and
    has checkpointed."""
    reporter.begin_epoch(learner)
    if not learner.run_epoch(lambda _: reporter.batch(learner), stop.is_set):
        learner.save(run.checkpoint)
        return None
    reporter.validating()
    row = learner.finish_epoch()
    if learner.is_best():
        learner.save_average(run.best)
    run.add_metrics(row)
    learner.save(run.checkpoint)
    reporter.epoch(row)
    return row


def _work(run: Run, data: dataset.Dataset, reporter: Reporter, stop: threading.Event) -> str:
    learner = begun(run, data, reporter, stop)
    if learner is None or not _train(run, learner, reporter, stop):
        return "stopped"
    with checkpoints.set_aside_if_damaged(run):
        learner.load_average(run.best)
    card = publication.publish(run, learner, data, reporter.doing)
    reporter.state("finished", model=card.name)
    return "finished"


def _train(run: Run, learner: Learner, reporter: Reporter, stop: threading.Event) -> bool:
    """Trains to the last epoch; False if it was asked to stop before, and has checkpointed."""
    while not learner.is_done():
        if train_epoch(run, learner, reporter, stop) is None:
            return False
    return True


def main() -> int:
    """Entry point of the job's process: the run folder is its only argument."""
    stop = threading.Event()
    handle_signals(stop)
    claimed = Run(Path(sys.argv[1]))
    say(f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC: process {os.getpid()} takes up the run")
    try:
        launcher.claim(claimed)
    except FerError as error:
        say(str(error))
        return 2
    return 1 if run(claimed, stop) == "failed" else 0


if __name__ == "__main__":
    sys.exit(main())
