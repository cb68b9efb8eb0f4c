"""One evaluation: which models on which faces, their figures, and the predictions face by face."""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fer import metrics
from fer.data.dataset import UNREADABLE, Dataset
from fer.engine import Model
from fer.errors import BadDataset
from fer.evaluation import duplicates, predictions, protocol
from fer.evaluation.predictions import OnProgress, Reading
from fer.evaluation.protocol import Selection
from fer.geometry import read_only
from fer.prior import TRAINING
from fer.storage import files

_SUMMARY, _ARRAYS = "report.json", "faces.npz"


@dataclass(frozen=True, slots=True, eq=False)
class Faces:
    """N evaluated faces.

    `rows` int64 (N,) are their indices in the data set as `loading.opened` gives it; `sources` (N,)
    say where each stands; `true` (N,) are the true labels; `votes` int64 (N, 10) those of the
    crowd, or None; `found` (N,) says in which pictures a face was detected; `boxes` int32 (N, 4)
    where (left, top, right, bottom, zeros where not); `quality` float32 (N, 5) as
    `predictions.QUALITIES`, NaN where unknown.
    """

    rows: NDArray[np.int64]
    sources: NDArray[np.str_]
    true: NDArray[np.int64]
    votes: NDArray[np.int64] | None
    found: NDArray[np.bool_]
    boxes: NDArray[np.int32]
    quality: NDArray[np.float32]

    def __post_init__(self) -> None:
        for name in self.__slots__:
            array = getattr(self, name)
            if array is not None:
                if len(array) != len(self.rows):
                    raise ValueError(f"{len(self.rows)} faces cannot have {len(array)} {name}")
                object.__setattr__(self, name, read_only(array))

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def shares(self) -> NDArray[np.float64] | None:
        """Shares (N, 7) of the votes for the seven emotions; NaN where there are none."""
        return None if self.votes is None else metrics.vote_shares(self.votes)


@dataclass(frozen=True, slots=True, eq=False)
class ModelReport:
    """One model's `probabilities` float32 (N, 7) after temperature and with the prior of that name,
    NaN where no face was found, and its `figures` as the command's JSON has them."""

    name: str
    question: str
    probabilities: NDArray[np.float32]
    figures: Mapping[str, Any]
    prior: str = TRAINING

    def __post_init__(self) -> None:
        object.__setattr__(self, "probabilities", read_only(self.probabilities))

    @property
    def predicted(self) -> NDArray[np.int64]:
        """The likeliest emotion (N,); 7 where no face was found."""
        return metrics.predicted_labels(self.probabilities)


@dataclass(frozen=True, slots=True, eq=False)
class Report:
    """`data` says what was evaluated, `comparison` holds each pair of models."""

    data: Mapping[str, Any]
    faces: Faces
    models: tuple[ModelReport, ...]
    comparison: tuple[Mapping[str, Any], ...]

    def as_dict(self) -> dict[str, Any]:
        """The record of `python -m fer evaluate --json`; what is not defined is None."""
        return {
            "data": dict(self.data),
            "models": {model.name: dict(model.figures) for model in self.models},
            "comparison": [dict(pair) for pair in self.comparison],
        }

    def save(self, folder: Path) -> None:
        """Writes the report into an existing folder."""
        arrays: dict[str, Any] = {
            name: array
            for name in Faces.__slots__
            if (array := getattr(self.faces, name)) is not None
        }
        for number, model in enumerate(self.models):
            arrays[f"probabilities_{number}"] = model.probabilities
        np.savez(folder / _ARRAYS, **arrays)
        questions = {model.name: model.question for model in self.models}
        text = json.dumps({**self.as_dict(), "questions": questions}, allow_nan=False)
        (folder / _SUMMARY).write_text(text, "utf-8")


def load(folder: Path) -> Report:
    """The report that `Report.save` wrote. Raises `BadDataset` where there is none."""
    try:
        values = files.json_object(folder / _SUMMARY)
        with np.load(folder / _ARRAYS, allow_pickle=False) as arrays:
            faces = Faces(**{name: arrays.get(name) for name in Faces.__slots__})
            models = tuple(
                ModelReport(
                    name,
                    values["questions"][name],
                    arrays[f"probabilities_{number}"],
                    figures,
                    figures.get("prior", TRAINING),
                )
                for number, (name, figures) in enumerate(values["models"].items())
            )
    except (OSError, ValueError, KeyError) as error:
        reason = files.reason_of(error)
        raise BadDataset(f"the stored evaluation cannot be read: {reason}.") from None
    return Report(values["data"], faces, models, tuple(values["comparison"]))


def evaluate(
    models: Sequence[Model],
    data: Dataset,
    path: str,
    split: str | None = None,
    labels: str | None = None,
    whole_picture: bool = False,
    on_progress: OnProgress = lambda done, total: None,
) -> Report:
    """Measures models on the labelled faces of a data set that `loading.opened` gave.

    `path` is named in the report. See `protocol.select` for `split` and `labels`, and
    `predictions.read` for what counts as a face. Raises `BadDataset` where nothing can be evaluated
    and `BadModel` where a model gives no probabilities.
    """
    selection = protocol.select(data, split, labels, models[0].card.question)
    read = predictions.read(models, data, selection.rows, whole_picture, on_progress)
    if not len(read.readable):
        raise BadDataset(f"no picture of {data.name} can be read; the first: {read.problems[0]}.")
    faces = _faces(data, selection, read)
    reports = tuple(
        ModelReport(
            model.card.name,
            model.card.question,
            probabilities,
            {
                "prior": model.prior.name,
                "passes": model.passes,
                "predicts": model.card.predicts,
                "trained_for_true_label": protocol.is_trained_for(
                    model.card, data, selection.labels
                ),
                **metrics.summary(probabilities, faces.true, faces.shares),
                "seconds_per_face": seconds if math.isfinite(seconds) else None,
            },
            model.prior.name,
        )
        for model, probabilities, seconds in zip(
            models, read.probabilities, read.seconds, strict=True
        )
    )
    copies = duplicates.find(data, faces.rows, selection.split)
    facts = {
        **_facts(data, path, selection, read),
        "copies": {
            "within": copies.within,
            "across": dict(copies.across),
            "contradictions": copies.contradictions,
            "groups": duplicates.described(copies, data),
        },
        "notes": [
            *protocol.notes(data, selection),
            *protocol.prior_notes(models),
            *duplicates.notes([model.card for model in models], data, selection.split, copies),
        ],
    }
    return Report(facts, faces, reports, _comparison(reports, faces))


def _faces(data: Dataset, selection: Selection, read: Reading) -> Faces:
    rows = selection.rows[read.readable]
    return Faces(
        rows=rows,
        sources=np.array(
            [data.sources[row] if data.sources else f"face {row + 1}" for row in rows]
        ),
        true=selection.true[read.readable],
        votes=None if data.votes is None else data.votes[rows],
        found=read.found,
        boxes=read.boxes,
        quality=read.quality,
    )


def _facts(data: Dataset, path: str, selection: Selection, read: Reading) -> dict[str, Any]:
    dropped = dict(selection.dropped)
    if read.num_unreadable:
        dropped[UNREADABLE] = dropped.get(UNREADABLE, 0) + read.num_unreadable
    return {
        "path": path,
        "name": data.name,
        "hash": data.hash,
        "licence": data.licence,
        "split": selection.split,
        "labels": selection.labels,
        "true_label": protocol.true_label_name(data, selection.labels),
        "is_fer2013": protocol.is_fer2013(data),
        "n": len(read.readable),
        "dropped": dropped,
        "problems": [str(problem) for problem in (*data.problems, *read.problems)],
    }


def _comparison(models: Sequence[ModelReport], faces: Faces) -> tuple[dict[str, Any], ...]:
    return tuple(
        {
            "models": [first.name, second.name],
            **metrics.compare(first.predicted == faces.true, second.predicted == faces.true),
        }
        for first, second in itertools.combinations(models, 2)
    )
