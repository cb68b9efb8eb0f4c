"""How much a model's accuracy falls when faces get worse."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fer import metrics
from fer.data.dataset import Dataset, as_rgb
from fer.engine import Model
from fer.errors import BadDataset, BadImage
from fer.evaluation import corruptions, protocol
from fer.evaluation.corruptions import Corruption
from fer.evaluation.predictions import OnProgress
from fer.geometry import Image
from fer.inference import cropping, detection
from fer.model_card import InputSpec

KEPT = "robustness.json"

PROTOCOL = (
    "corruptions applied to the whole face image before cropping; border replicated, directions "
    "seeded; losses in percentage points against the accuracy on the clean faces"
)
_AT_ONCE = 128
_NOT_FOUND = -1

Case = tuple[Corruption, float]


@dataclass(frozen=True, slots=True, eq=False)
class Robustness:
    """`data` says which faces; `correct` bool (cases + 1, N) of each model, the first row on the
    faces as they are; `cases` are the corruptions with their strengths, in order; `priors` names
    the prior of each model."""

    data: Mapping[str, Any]
    cases: tuple[Case, ...]
    correct: Mapping[str, NDArray[np.bool_]]
    priors: Mapping[str, str]

    def as_dict(self) -> dict[str, Any]:
        """The record of `python -m fer robustness --json`."""
        return {
            "data": dict(self.data),
            "models": {name: self._of_model(name) for name in self.correct},
        }

    def card(self, name: str) -> dict[str, Any]:
        """What a model's card says: the loss under each named corruption, and the worst."""
        correct = self.correct[name]
        table = {
            f"{case[0].name}, {case[0].describe(case[1])}": _fall(correct[0], correct[row])
            for row, case in enumerate(self.cases, start=1)
            if case in corruptions.named()
        }
        return {
            "protocol": PROTOCOL,
            "prior": self.priors[name],
            "data": self.data["name"],
            "split": self.data["split"],
            "labels": self.data["labels"],
            "n": self.data["n"],
            "clean": float(correct[0].mean()),
            "corruptions": table,
            "worst_loss": max((row["loss"] for row in table.values()), default=None),
        }

    def _of_model(self, name: str) -> dict[str, Any]:
        correct = self.correct[name]
        curves: dict[str, list[dict[str, Any]]] = {}
        for row, (corruption, strength) in enumerate(self.cases, start=1):
            point = {"strength": strength, "words": corruption.describe(strength)}
            curves.setdefault(corruption.name, []).append(point | _fall(correct[0], correct[row]))
        hits, n = int(correct[0].sum()), correct.shape[1]
        return {
            "prior": self.priors[name],
            "clean": hits / n,
            "clean_interval": metrics.share_interval(hits, n),
            "curves": curves,
            "card": self.card(name),
        }


def measure(
    models: Sequence[Model],
    data: Dataset,
    path: str,
    split: str | None = None,
    labels: str | None = None,
    whole_picture: bool = False,
    limit: int | None = None,
    cases: Sequence[Case] | None = None,
    on_progress: OnProgress = lambda done, total: None,
) -> Robustness:
    """Measures models on the same faces in `cases`, by default every corruption in every strength.

    Faces are those of `report.evaluate`, or `limit` of them drawn by a seed. Pictures without a
    face, or that cannot be read, are left out and counted as `not_found`. Raises `BadDataset` and
    `BadModel` as `evaluate` does.
    """
    chosen = list(cases) if cases is not None else every_case()
    selection = protocol.select(data, split, labels, models[0].card.question)
    drawn = np.arange(len(selection.rows))
    if limit is not None and limit < len(drawn):
        drawn = np.sort(np.random.default_rng(0).permutation(drawn)[:limit])
    rows, true = selection.rows[drawn], selection.true[drawn]
    whole = whole_picture or data.whole_faces
    predicted = _predictions(models, data, rows, whole, (None, *chosen), on_progress)
    seen = predicted[0, 0] != _NOT_FOUND
    if not seen.any():
        raise BadDataset(f"no face was found in the {selection.split} split of {data.name}.")
    correct = predicted[:, :, seen] == true[seen]
    facts = {
        "path": path,
        "name": data.name,
        "hash": data.hash,
        "split": selection.split,
        "labels": selection.labels,
        "true_label": protocol.true_label_name(data, selection.labels),
        "n": int(seen.sum()),
        "dropped": dict(selection.dropped),
        "not_found": int((~seen).sum()),
        "protocol": PROTOCOL,
    }
    names = [model.card.name for model in models]
    priors = {model.card.name: model.prior.name for model in models}
    return Robustness(facts, tuple(chosen), dict(zip(names, correct, strict=True)), priors)


def every_case() -> list[Case]:
    return [
        (corruption, strength)
        for corruption in corruptions.ALL
        for strength in corruption.strengths
    ]


def _predictions(
    models: Sequence[Model],
    data: Dataset,
    rows: NDArray[np.int64],
    whole: bool,
    cases: Sequence[Case | None],
    on_progress: OnProgress,
) -> NDArray[np.int8]:
    """The label that each model predicts for each row in each case (models, cases, N), a few faces
    at a time."""
    predicted = np.full((len(models), len(cases), len(rows)), _NOT_FOUND, np.int8)
    specs = {model.card.input for model in models}
    done, total = 0, len(rows) * len(cases)
    for start in range(0, len(rows), _AT_ONCE):
        batch = range(start, min(start + _AT_ONCE, len(rows)))
        crops = {index: _crops(data, int(rows[index]), whole, specs) for index in batch}
        faces = {index: by_spec for index, by_spec in crops.items() if by_spec is not None}
        for number, case in enumerate(cases):
            if faces:
                worse = [_inputs(crop, case, int(rows[index])) for index, crop in faces.items()]
                for model_number, model in enumerate(models):
                    pixels = np.stack([inputs[model.card.input] for inputs in worse])
                    labels = model.probabilities(pixels).argmax(axis=1)
                    predicted[model_number, number, list(faces)] = labels
            done += len(batch)
            on_progress(done, total)
    return predicted


def _crops(
    data: Dataset, row: int, whole: bool, specs: Iterable[InputSpec]
) -> dict[InputSpec, Image] | None:
    """The face of a row as a square picture for each spec; None where none can be had."""
    try:
        image = as_rgb(data.pictures[row])
    except BadImage:
        return None
    face = cropping.whole_face(image) if whole else detection.largest_face(image)
    if face is None:
        return None
    return {spec: cropping.face_crop(image, face, spec.margin, spec.align) for spec in specs}


def _inputs(
    crops: Mapping[InputSpec, Image], case: Case | None, row: int
) -> dict[InputSpec, NDArray[np.uint8]]:
    """The networks' inputs of one face, made worse before."""
    return {
        spec: cropping.network_pixels(
            crop if case is None else corruptions.applied(crop, *case, row), spec
        )
        for spec, crop in crops.items()
    }


def _fall(clean: NDArray[np.bool_], worse: NDArray[np.bool_]) -> dict[str, Any]:
    """Accuracy under a corruption and the loss in points, with the paired interval of the loss."""
    pair = metrics.compare(clean, worse)
    return {
        "accuracy": float(worse.mean()),
        "loss": 100 * pair["difference"],
        "loss_interval": [100 * value for value in pair["interval"]],
    }
