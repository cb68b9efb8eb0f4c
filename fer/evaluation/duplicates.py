"""Copies and training faces among the evaluated: reported, never removed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fer.data.dataset import UNLABELLED, Dataset
from fer.data.synthetic import faces as synthetic_faces
from fer.emotions import EMOTIONS
from fer.evaluation.protocol import ALL
from fer.model_card import ModelCard

MOST_GROUPS = 300


@dataclass(frozen=True, slots=True)
class Copies:
    """Exact copies among the evaluated faces of a data set.

    `within` of them occur earlier among the evaluated; `across` says how many occur in another
    split as well, which is a leak if a model was trained on that. `contradictions` are pictures
    with more than one label anywhere in the data set. `groups` are the rows of all pictures that
    occur more than once and are evaluated at least once.
    """

    within: int
    across: Mapping[str, int]
    contradictions: int
    groups: tuple[tuple[int, ...], ...]


def find(data: Dataset, rows: NDArray[np.int64], split: str) -> Copies:
    """Copies of the evaluated `rows` of a split, from all rows of the data set."""
    evaluated = set(rows.tolist())
    within, contradictions = 0, 0
    across: Counter[str] = Counter()
    groups = []
    for copies in data.rows_by_picture():
        if len(copies) == 1:
            continue
        contradictions += len(set(data.labels[copies].tolist())) > 1
        here = [row for row in copies if row in evaluated]
        if not here:
            continue
        groups.append(tuple(copies))
        within += len(here) - 1
        if split != ALL:
            others = set(data.splits[copies].tolist()) - {split}
            across.update({other: len(here) for other in others})
    return Copies(within, dict(sorted(across.items())), contradictions, tuple(groups))


def described(copies: Copies, data: Dataset, most: int = MOST_GROUPS) -> list[list[dict[str, Any]]]:
    """The first `most` groups of copies: row, source, split and label (None without) of each."""
    return [
        [
            {
                "row": row,
                "source": data.sources[row] if data.sources else f"face {row + 1}",
                "split": str(data.splits[row]),
                "label": None if data.labels[row] == UNLABELLED else EMOTIONS[data.labels[row]],
            }
            for row in group
        ]
        for group in copies.groups[:most]
    ]


def notes(cards: Sequence[ModelCard], data: Dataset, split: str, copies: Copies) -> list[str]:
    """What a reader must know before trusting the metrics, a sentence each."""
    sentences = []
    unknown = []
    for card in cards:
        if card.data.get("hash") == data.hash:
            sentences.append(_known_to(card.name, split))
        elif synthetic_faces.NAME not in (data.name, card.data.get("name")):
            unknown.append(card.name)
    if unknown:
        sentences.append(_unknown_to(unknown))
    if copies.within:
        sentences.append(f"Exact duplicates among the evaluated faces: {copies.within:,}.")
    for other, count in copies.across.items():
        sentences.append(
            f"Exact duplicates of faces in the {other} split: {count:,} of the evaluated. They "
            "raise the metrics of a model that was trained on those."
        )
    return sentences


def _unknown_to(names: Sequence[str]) -> str:
    return (
        f"Whether {' or '.join(names)} learned from some of these very faces cannot be checked: a "
        "model's folder does not hold the faces that it was trained on. If so, the metrics are too "
        "high."
    )


def _known_to(name: str, split: str) -> str:
    if split in ("train", ALL):
        return f"{name} was trained on this dataset: it has seen these faces, or many of them."
    if split == "validation":
        return f"{name} was chosen and calibrated on these very faces: expect less on other faces."
    return f"{name} was trained on the training split of this dataset."
