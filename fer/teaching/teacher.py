"""Teaching from beginning to end, in a folder like that of a training run.

settings.json · status.json · metrics.jsonl (a line an iteration) · log.txt · comparison.json ·
model/ with the personal model · personal.zip, the same packed. `fer.runs.store.Run` reads it.

>>> taught = teach(archive.from_zip(Path("captures.zip")), Path("taught"))
>>> taught.comparison.sentence
'The personal model is better for you: 96% of 120 faces from takes it had not seen, …'
"""

from __future__ import annotations

import dataclasses
import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from fer import metrics, registry
from fer.emotions import EMOTIONS
from fer.engine import Model
from fer.errors import BadCaptures, FerError
from fer.runs import network_specs, processes
from fer.runs.settings import TrainSettings
from fer.runs.status import RunStatus
from fer.runs.store import Run
from fer.storage import files
from fer.teaching import comparison as comparisons, features, learning, personal
from fer.teaching.captures import Captures
from fer.teaching.comparison import Comparison
from fer.teaching.features import Floats, Seen
from fer.teaching.learning import Personal, Setting

COMPARISON, MODEL, ZIP = "comparison.json", "model", "personal.zip"


@dataclass(frozen=True, slots=True)
class Taught:
    """What teaching left: the folder of the model, its zip, and whether it is better."""

    model: Path
    zip: Path
    comparison: Comparison
    seconds: float


def teach(
    captures: Captures,
    folder: Path,
    base: str = registry.DEFAULT,
    name: str = personal.NAME,
    show: Callable[[int, int], None] = lambda done, total: None,
) -> Taught:
    """Teaches the model `base` all captures, and compares it on takes that are held back.

    `show` gets how many of how many iterations are done. `folder` is new or empty. Raises
    `FerError` before any work where the captures, the model or the folder cannot be used; what
    fails later is in the folder's status too.
    """
    captures.check_teachable()
    registry.check_name(name)
    model, general = registry.load(base), features.general(base)
    run = _started(folder, model, name, len(captures.faces))
    started = time.monotonic()
    try:
        with threadpool_limits(1, user_api="blas"):  # such small products are slower in threads
            teacher = _Teacher(run, model, Setting.of(model.card, general), captures, show)
            taught = teacher.teach(name)
    except BaseException as error:
        stopped = isinstance(error, KeyboardInterrupt)
        reason = str(error) if isinstance(error, FerError) else None if stopped else repr(error)
        _record(run, state="stopped" if stopped else "failed", activity=None, error=reason)
        raise
    seconds = time.monotonic() - started
    return Taught(run.path / MODEL, run.path / ZIP, taught, seconds)


class _Teacher:
    def __init__(
        self,
        run: Run,
        model: Model,
        setting: Setting,
        captures: Captures,
        show: Callable[[int, int], None],
    ) -> None:
        self._run, self._model, self._setting = run, model, setting
        self._captures, self._show = captures, show
        self._labels = comparisons.labels(captures)
        self._folds = comparisons.folds(captures)
        self._started = time.monotonic()
        self._seen: Seen
        self._drawn_answers = setting.final(setting.drawn.log_probabilities).argmax(axis=1)

    def teach(self, name: str) -> Comparison:
        faces = self._captures.faces
        counts = ", ".join(f"{n} {emotion}" for emotion, n in self._captures.counts().items() if n)
        self._log(f"{len(faces)} faces: {counts}; {len(self._folds)} folds of takes held back")
        _record(self._run, state="running", activity=f"reading {len(faces)} faces")
        self._seen = features.seen(self._model, features.inputs(faces, self._model))
        _record(self._run, state="running", activity="teaching")
        taught = [~held for held in self._folds]
        everything = np.ones(len(faces), bool)
        problems = [(self._seen.rows(rows), self._labels[rows]) for rows in (everything, *taught)]
        final, *held_back = learning.fit(self._setting, problems, self._report)
        comparison = self._compared(held_back)
        record = json.dumps(comparison.as_dict())
        files.replace_file(self._run.path / COMPARISON, record.encode())
        self._write(final, comparison, name)
        self._log(comparison.sentence)
        epoch = len(self._run.metrics())
        _record(self._run, state="finished", activity=None, epoch=epoch, epochs=epoch)
        return comparison

    def _compared(self, held_back: list[Personal]) -> Comparison:
        if not self._folds:
            return comparisons.unknown(self._captures)
        rows, after = self._held_back_answers(held_back)
        before = self._setting.final(self._seen.log_probabilities[rows])
        return comparisons.compared(self._captures, rows, np.exp(before), np.exp(after))

    def _held_back_answers(self, fitted: list[Personal]) -> tuple[NDArray[np.int64], Floats]:
        """The held-back faces, and what the part that was taught without them says."""
        rows = [np.flatnonzero(held) for held in self._folds]
        answers = [
            self._setting.final(part.log_probabilities(self._seen.rows(held)))
            for part, held in zip(fitted, rows, strict=True)
        ]
        return np.concatenate(rows), np.concatenate(answers)

    def _report(self, step: int, fitted: list[Personal]) -> None:
        """A line of `metrics.jsonl`. Its validation figures are those of the held-back takes; where
        there are none (`held_back` 0), agreement with the general model on drawn faces."""
        final, *held_back = fitted
        own = self._setting.final(final.log_probabilities(self._seen))
        if held_back:
            rows, answers = self._held_back_answers(held_back)
            true = self._labels[rows]
        else:
            rows = np.empty(0, np.int64)
            answers = self._setting.final(final.log_probabilities(self._setting.drawn))
            true = self._drawn_answers
        confusion = metrics.confusion(answers.argmax(axis=1), true)
        recall = {
            emotion: float(row[index] / row.sum()) if row.sum() else None
            for index, (emotion, row) in enumerate(zip(EMOTIONS, confusion, strict=True))
        }
        self._run.add_metrics(
            {
                "epoch": step,
                "seconds": round(time.monotonic() - self._started, 3),
                "learning_rate": 0.0,
                "loss": _loss(own, self._labels),
                "accuracy": float((own.argmax(axis=1) == self._labels).mean()),
                "val_loss": _loss(answers, true),
                "val_accuracy": float((answers.argmax(axis=1) == true).mean()),
                "recall": recall,
                "confusion": confusion.tolist(),
                "held_back": len(rows),
            }
        )
        _record(self._run, state="running", activity="teaching", epoch=step)
        self._show(step, learning.ITERATIONS)

    def _log(self, line: str) -> None:
        with (self._run.path / "log.txt").open("a", encoding="utf-8") as file:
            file.write(line + "\n")

    def _write(self, final: Personal, comparison: Comparison, name: str) -> None:
        """The model's folder and its zip, each whole or not there at all."""
        path = self._run.path
        with files.hidden_folder(path) as making:
            counts = self._captures.counts()
            personal.write(making, self._model.card, final, counts, comparison, name)
            with files.written_whole(path / ZIP) as file:
                file.write(personal.packed(making))
            os.rename(making, path / MODEL)


def _loss(log_probabilities: Floats, labels: NDArray[np.int64]) -> float:
    return float(-log_probabilities[np.arange(len(labels)), labels].mean())


def _started(folder: Path, model: Model, name: str, faces: int) -> Run:
    """The folder with its settings and a first status. Raises `BadCaptures` for one in use."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(path.name != "log.txt" for path in folder.iterdir()):
            raise BadCaptures(f"the folder {folder.name} is not empty. Name a new one.")
        run = Run(folder)
        run.write_settings(_settings(model, name, faces))
        status = RunStatus(state="starting", epochs=learning.ITERATIONS)
        run.write_status(status.owned_by(processes.identity()))
    except OSError as error:
        reason = files.reason_of(error)
        raise BadCaptures(f"the folder {folder.name} cannot be written: {reason}.") from None
    return run


def _settings(model: Model, name: str, faces: int) -> TrainSettings:
    """Teaching in the words of a training run, so that what shows runs can show it."""
    card = model.card
    network = card.network if card.network in network_specs.names() else "resnet"
    return TrainSettings(
        data="captures",
        network=network,
        epochs=learning.ITERATIONS,
        augmentation="none",
        schedule="constant",
        weight_decay=learning.DECAY / faces,
        weights=card.name,
        freeze="all",
        labels="own",
        name=name,
        input=card.input,
    )


def _record(run: Run, **values: Any) -> None:
    """Replaces the status, with a heartbeat."""
    status = dataclasses.replace(run.status(), heartbeat=time.time(), **values)
    run.write_status(status)
