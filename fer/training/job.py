"""A training job from its settings to a published model: the process that owns a run folder.

`python -m fer.training.job RUN` runs it; TensorFlow is imported only once the job is under way, so
that a request to stop is heard from the start.
"""

from __future__ import annotations

import dataclasses
import signal
import sys
import tempfile
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from fer import registry
from fer.emotions import EMOTIONS
from fer.errors import BadSettings, FerError
from fer.training import datasets, runs, transfer
from fer.training.runs import Run, RunStatus
from fer.training.settings import TrainSettings
from fer.values import ModelCard

if TYPE_CHECKING:
    from fer.training.learner import Learner, Progress

_STATUS_SECONDS = 1.0
INTENDED_USE = (
    "Showing which of seven apparent expressions people would see in a face, for study, teaching "
    "and demonstration, with the consent of those shown."
)
NOT_FOR = (
    "Judging what somebody feels, and any decision about people: hiring, school, policing, health. "
    "The EU AI Act forbids inferring emotions at work and in education (Art. 5(1)(f)) and demands "
    "that people be told when they are analysed (Art. 50)."
)


def checked_data(settings: TrainSettings, fresh: bool = True) -> datasets.Dataset:
    """The faces that a run would use, once all that can be known before it starts is in order.

    A run that goes on (not `fresh`) no longer needs the weights it began with. Raises `FerError`
    with what is wrong.
    """
    if settings.name and registry.check_name(settings.name) in registry.names():
        raise BadSettings(f"there is a model {settings.name!r} already; choose another name.")
    if fresh:
        transfer.source(settings)
    return datasets.prepared(settings)


def run(run: Run, stop: threading.Event, data: datasets.Dataset | None = None) -> str:
    """Does or continues a run until it is finished or `stop` is set; returns its last state.

    `data` spares reading what `checked_data` has given already. Errors that its user can mend end
    as "failed" with the reason in the status.
    """
    reporter = _Reporter(run)
    try:
        reporter.state("starting")
        settings, fresh = run.settings, not run.checkpoint.exists()
        state = _train(run, settings, data or checked_data(settings, fresh), reporter, stop)
    except FerError as error:
        reporter.state("failed", error=str(error))
        return "failed"
    except MemoryError:
        reporter.state(
            "failed", error="there was not enough memory; use a smaller batch or --limit."
        )
        return "failed"
    except OSError as error:
        reporter.state("failed", error=f"a file could not be written or read: {error}.")
        return "failed"
    except Exception as error:
        reporter.state("failed", error=f"{type(error).__name__}: {error}")
        raise
    return state


def handle_signals(stop: threading.Event) -> None:
    """SIGTERM and SIGINT set `stop`; a second SIGINT interrupts at once."""

    def ask(number: int, _: object) -> None:
        if stop.is_set() and number == signal.SIGINT:
            raise KeyboardInterrupt
        stop.set()

    signal.signal(signal.SIGTERM, ask)
    signal.signal(signal.SIGINT, ask)


def learner_for(settings: TrainSettings, data: datasets.Dataset, fresh: bool = True) -> Learner:
    """A learner with the training and validation faces of `data`; loads TensorFlow."""
    from fer.training.learner import Examples, Learner

    def examples(split: str) -> Examples:
        part = data.split(split)
        return Examples(part.inputs(settings.input), datasets.targets(part, settings.labels))

    return Learner(settings, examples("train"), examples("validation"), fresh)


def _train(
    run: Run,
    settings: TrainSettings,
    data: datasets.Dataset,
    reporter: _Reporter,
    stop: threading.Event,
) -> str:
    fresh = not run.checkpoint.exists()
    learner = learner_for(settings, data, fresh)
    print(
        f"{len(learner.train)} faces to train on, {len(learner.validation)} to validate with",
        file=sys.stderr,
    )
    if not fresh:
        learner.restore(run.checkpoint)
    if learner.trains_head_only:
        print(
            "the backbone is frozen: its features are computed once, without augmentation",
            file=sys.stderr,
        )
    run.cut_metrics(learner.progress.epoch)
    while learner.progress.epoch < settings.epochs and not learner.is_out_of_patience():
        reporter.begin_epoch(learner)
        if not learner.run_epoch(reporter.batch, stop.is_set):
            reporter.state("stopping")
            learner.save(run.checkpoint)
            reporter.state("stopped")
            return "stopped"
        row = learner.finish_epoch()
        if learner.is_best():
            learner.save_average(run.best)
        run.add_metrics(row)
        learner.save(run.checkpoint)
        reporter.epoch(row)
    learner.load_average(run.best)
    card = _publish(run, settings, learner, data.split("validation"), data)
    reporter.state("finished", model=card.name)
    return "finished"


def _publish(
    run: Run,
    settings: TrainSettings,
    learner: Learner,
    validation: datasets.Dataset,
    data: datasets.Dataset,
) -> ModelCard:
    """Fits the temperature, measures, exports and publishes the best epoch."""
    from fer import metrics
    from fer.training import calibration, export, networks

    raw = learner.probabilities(learner.validation.pixels)
    temperature = metrics.fitted_temperature(raw, learner.validation.targets)
    probabilities = metrics.with_temperature(raw, temperature)
    shares = learner.validation.targets if settings.labels == "crowd" else None
    truth = datasets.truth(validation, settings.labels)
    figures = calibration.figures(probabilities, truth, shares)
    with tempfile.TemporaryDirectory() as folder:
        engine, original = Path(folder, "model.onnx"), Path(folder, "model.keras")
        export.to_onnx(learner.average, settings.input, engine)
        difference = export.check(learner.average, engine, learner.validation.pixels[:256])
        learner.average.save(original)
        card = ModelCard(
            name=settings.name or run.id,
            network=settings.network,
            question=settings.labels,
            labels=EMOTIONS,
            input=settings.input,
            temperature=round(temperature, 4),
            uncertain_below=round(calibration.uncertain_below(probabilities.max(axis=1)), 4),
            data={
                "name": data.name,
                "hash": data.hash,
                "licence": data.licence,
                "train": int((data.splits == "train").sum()),
                "validation": len(validation),
            },
            settings={key: value for key, value in settings.as_dict().items() if key != "votes"}
            | {"data": Path(settings.data).name, "weights": _file_name(settings.weights)},
            metrics={
                "protocol": (
                    "validation split, on which the epoch was chosen and the temperature fitted; "
                    "exact copies of its faces were left out of training; one pass, no averaging"
                ),
                "best_epoch": learner.progress.best_epoch,
                "seconds": round(sum(row["seconds"] for row in run.metrics())),
                "export_difference": difference,
                **figures,
            },
            parameters=learner.average.count_params(),
            multiply_adds=networks.multiply_adds(learner.average),
            created=datetime.now(UTC).isoformat(timespec="seconds"),
            intended_use=INTENDED_USE,
            not_for=NOT_FOR,
            files={},
        )
        return registry.publish(card, {"model.onnx": engine, "model.keras": original})


def _file_name(path: str | None) -> str | None:
    """What a card tells of a path of this machine."""
    return None if path is None else Path(path).name


class _Reporter:
    """Keeps `status.json` fresh while a job works, and prints a line an epoch."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._status = runs.own(RunStatus(epochs=run.settings.epochs, epoch=len(run.metrics())))
        self._written = 0.0

    def state(self, state: str, error: str | None = None, model: str | None = None) -> None:
        self._write(dataclasses.replace(self._status, state=state, error=error, model=model))
        if error:
            print(error, file=sys.stderr)

    def begin_epoch(self, learner: Learner) -> None:
        self._learner = learner
        self._began = self._ticked = time.monotonic()
        self._first = learner.progress.seen
        self.state("running")

    def batch(self, progress: Progress) -> None:
        now = time.monotonic()
        progress.seconds += now - self._ticked
        self._ticked = now
        if now - self._written < _STATUS_SECONDS:
            return
        learner = self._learner
        rate = (progress.seen - self._first) / max(1e-9, now - self._began)
        done = progress.batch / learner.batches
        epochs_left = learner.settings.epochs - progress.epoch - done
        self._write(
            dataclasses.replace(
                self._status,
                epoch=progress.epoch,
                progress=round(done, 4),
                images_per_second=round(rate, 1),
                seconds_left=round(epochs_left * learner.batches * learner.batch_size / rate, 1),
            )
        )

    def epoch(self, row: dict[str, object]) -> None:
        self._status = dataclasses.replace(self._status, epoch=int(str(row["epoch"])), progress=0.0)
        self._write(self._status)
        figures = ("loss", "accuracy", "val_loss", "val_accuracy")
        text = "  ".join(f"{name} {row[name]:.4f}" for name in figures)
        print(
            f"epoch {row['epoch']}/{self._status.epochs}  {text}  {row['seconds']:.0f} s",
            file=sys.stderr,
            flush=True,
        )

    def _write(self, status: RunStatus) -> None:
        self._status = status
        self._written = time.monotonic()
        self._run.write_status(status)


def main() -> int:
    """Entry point of the job's process: the run folder is its only argument."""
    stop = threading.Event()
    handle_signals(stop)
    return 1 if run(Run(Path(sys.argv[1])), stop) == "failed" else 0


if __name__ == "__main__":
    sys.exit(main())
