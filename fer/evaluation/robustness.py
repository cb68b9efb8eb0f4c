"""How much a model's accuracy falls when faces get worse."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fer import metrics
from fer.data.dataset import Dataset, as_rgb
from fer.errors import BadDataset, BadImage
from fer.evaluation import corruptions, protocol
from fer.evaluation.corruptions import Corruption
from fer.evaluation.predictions import OnProgress, largest_face
from fer.geometry import Image
from fer.inference import cropping
from fer.model_card import InputSpec
from fer.registry import Model

KEPT = "robustness.json"

PROTOCOL = (
    "whole face pictures made worse before the network's input is cut; border replicated, "
    "directions seeded; losses in points of accuracy against the clean figure of the same faces"
)
_AT_ONCE = 128
_NOT_FOUND = -1

Case = tuple[Corruption, float]


@dataclass(frozen=True, slots=True, eq=False)
class Robustness:
    """`data` says which faces; `right` bool (cases + 1, N) of each model, the first row on the
    faces as they are; `cases` are the corruptions with their strengths, in order."""

    data: Mapping[str, Any]
    cases: tuple[Case, ...]
    right: Mapping[str, NDArray[np.bool_]]

    def as_dict(self) -> dict[str, Any]:
        """The record of `python -m fer robustness --json`."""
        return {
            "data": dict(self.data),
            "models": {name: self._of_model(name) for name in self.right},
        }

    def card(self, name: str) -> dict[str, Any]:
        """What a model's card says: the loss under each named corruption, and the worst."""
        right = self.right[name]
        table = {
            f"{case[0].name}, {case[0].describe(case[1])}": _fall(right[0], right[place])
            for place, case in enumerate(self.cases, start=1)
            if case in corruptions.named()
        }
        return {
            "protocol": PROTOCOL,
            "data": self.data["name"],
            "split": self.data["split"],
            "labels": self.data["labels"],
            "n": self.data["n"],
            "clean": float(right[0].mean()),
            "corruptions": table,
            "worst_loss": max((row["loss"] for row in table.values()), default=None),
        }

    def _of_model(self, name: str) -> dict[str, Any]:
        right = self.right[name]
        curves: dict[str, list[dict[str, Any]]] = {}
        for place, (corruption, strength) in enumerate(self.cases, start=1):
            row = {"strength": strength, "words": corruption.describe(strength)}
            curves.setdefault(corruption.name, []).append(row | _fall(right[0], right[place]))
        hits, n = int(right[0].sum()), right.shape[1]
        return {
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
    """Asks models of the same faces in `cases`, by default every corruption in every strength.

    Faces are those of `report.evaluate`, or `limit` of them drawn by a seed. Pictures without a
    face, or that cannot be read, are left out and counted as `not_found`. Raises `BadDataset` and
    `BadModel` as `evaluate` does.
    """
    chosen = list(cases) if cases is not None else every_case()
    selection = protocol.select(data, split, labels, models[0].card.question)
    places = np.arange(len(selection.rows))
    if limit is not None and limit < len(places):
        places = np.sort(np.random.default_rng(0).permutation(places)[:limit])
    rows, true = selection.rows[places], selection.true[places]
    whole = whole_picture or data.whole_faces
    said = _answers(models, data, rows, whole, (None, *chosen), on_progress)
    seen = said[0, 0] != _NOT_FOUND
    if not seen.any():
        raise BadDataset(f"no face was found in the {selection.split} split of {data.name}.")
    right = said[:, :, seen] == true[seen]
    facts = {
        "path": path,
        "name": data.name,
        "hash": data.hash,
        "split": selection.split,
        "labels": selection.labels,
        "n": int(seen.sum()),
        "dropped": dict(selection.dropped),
        "not_found": int((~seen).sum()),
        "protocol": PROTOCOL,
    }
    names = [model.card.name for model in models]
    return Robustness(facts, tuple(chosen), dict(zip(names, right, strict=True)))


def every_case() -> list[Case]:
    return [(one, strength) for one in corruptions.ALL for strength in one.strengths]


def _answers(
    models: Sequence[Model],
    data: Dataset,
    rows: NDArray[np.int64],
    whole: bool,
    cases: Sequence[Case | None],
    on_progress: OnProgress,
) -> NDArray[np.int8]:
    """What each model says of each row in each case (models, cases, N), a few faces at a time."""
    said = np.full((len(models), len(cases), len(rows)), _NOT_FOUND, np.int8)
    specs = {model.card.input for model in models}
    asked, total = 0, len(rows) * len(cases)
    for start in range(0, len(rows), _AT_ONCE):
        batch = range(start, min(start + _AT_ONCE, len(rows)))
        crops = {place: _crops(data, int(rows[place]), whole, specs) for place in batch}
        faces = {place: its for place, its in crops.items() if its is not None}
        for number, case in enumerate(cases):
            if faces:
                worse = [_inputs(its, case, int(rows[place])) for place, its in faces.items()]
                for model_number, model in enumerate(models):
                    pixels = np.stack([inputs[model.card.input] for inputs in worse])
                    answer = model.probabilities(pixels).argmax(axis=1)
                    said[model_number, number, list(faces)] = answer
            asked += len(batch)
            on_progress(asked, total)
    return said


def _crops(
    data: Dataset, row: int, whole: bool, specs: Iterable[InputSpec]
) -> dict[InputSpec, Image] | None:
    """The face of a row as a square picture for each spec; None where none can be had."""
    try:
        image = as_rgb(data.pictures[row])
    except BadImage:
        return None
    face = cropping.whole_face(image) if whole else largest_face(image)
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
