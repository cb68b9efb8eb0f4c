"""Which faces of a data set are evaluated, what their true labels are, and who is left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fer.data import selection
from fer.data.dataset import (
    CROWD,
    FER2013,
    NO_LABEL,
    OTHER_CLASS,
    OWN,
    SPLITS,
    UNLABELLED,
    UNREADABLE,
    UNSPLIT,
    Dataset,
)
from fer.data.splits import split_of
from fer.emotions import NUM_EMOTIONS
from fer.engine import Model
from fer.errors import BadDataset
from fer.metrics import TIED
from fer.model_card import ModelCard

ALL = "all"
"""What the split is called where a data set has none."""


@dataclass(frozen=True, slots=True, eq=False)
class Selection:
    """`rows` (N,) of a data set with their true labels `true` (N,), and why others are left out.

    `labels`: "crowd" (the crowd's majority), or the word for the data set's own labels: "fer2013"
    for those of FER2013, else "own". `dropped`: reason -> rows of the split; together with the N
    rows they are all that the split has.
    """

    split: str
    labels: str
    rows: NDArray[np.int64]
    true: NDArray[np.int64]
    dropped: Mapping[str, int]


def select(data: Dataset, split: str | None, labels: str | None, question: str) -> Selection:
    """The faces to evaluate. Raises `BadDataset` with what exists where there are none.

    Without `split` it is test, else validation, and everything where the data set has no splits.
    `labels` is "crowd", or "own" or "fer2013" for the data set's own. Without it they are what the
    model's `question` is about: the crowd's majority where there are votes, or where they belong
    beside FER2013 and are missed; else the data set's own.
    """
    split = _split(data, split)
    is_crowd = (labels or _labels(data, question)) == CROWD
    labels = CROWD if is_crowd else data.own_labels
    if is_crowd and data.votes is None:
        raise BadDataset(
            f"{data.name} has no FER+ votes, only labels. Choose those with --labels "
            f"{data.own_labels}, or name the votes that belong to it with --votes."
        )
    in_split = np.arange(len(data)) if split == ALL else np.flatnonzero(data.splits == split)
    true = selection.truth(data, labels)[in_split]
    reasons = _without_votes(data, in_split) if is_crowd else {}
    reasons[NO_LABEL] = np.zeros(len(true), bool) if is_crowd else true == UNLABELLED
    dropped = {reason: int(rows.sum()) for reason, rows in reasons.items() if rows.any()}
    for kind in (NO_LABEL, UNREADABLE, OTHER_CLASS):
        if count := _num_left_out(data, split, kind):
            dropped[kind] = dropped.get(kind, 0) + count
    counted = true != (TIED if is_crowd else UNLABELLED)
    if not counted.any():
        why = ", ".join(f"{count:,} {reason}" for reason, count in dropped.items())
        raise BadDataset(
            f"no face in the {split} split of {data.name} has ground truth for the training target "
            f"{labels!r}: {why}."
        )
    return Selection(split, labels, in_split[counted], true[counted], dropped)


def is_fer2013(data: Dataset) -> bool:
    """Whether the labels of a data set are FER2013's."""
    return data.own_labels == FER2013


def true_label_name(data: Dataset, labels: str) -> str:
    """What predictions are compared with: ``the labels of my-faces``."""
    if labels == CROWD:
        return "the majority of the FER+ votes"
    return "FER2013's label" if is_fer2013(data) else f"the labels of {data.name}"


def is_trained_for(card: ModelCard, data: Dataset, labels: str) -> bool:
    """Whether a model was trained to predict those labels."""
    if card.question == OWN:
        return labels == OWN and card.data.get("name") == data.name
    return card.question == labels


def notes(data: Dataset, selection: Selection) -> list[str]:
    """How the data set was read and which of its faces are evaluated, a sentence each."""
    sentences = list(data.notes)
    if selection.split == ALL:
        sentences.append(
            f"{data.name} has no splits, and none were cut for this: all of its faces that have a "
            f"true label are evaluated, {len(selection.rows):,}. Training cuts such a dataset "
            "into training, validation and test faces by the pictures' hashes, so a model that was "
            "trained on it has seen most of these."
        )
    return sentences


def prior_notes(models: Sequence[Model]) -> list[str]:
    """A sentence where models that stand beside each other assume different things."""
    by_prior: dict[str, list[str]] = {}
    for model in models:
        by_prior.setdefault(model.prior.name, []).append(model.card.name)
    if len(by_prior) < 2:
        return []
    listed = "; ".join(f"{', '.join(names)}: {prior}" for prior, names in by_prior.items())
    return [f"The models assume different priors ({listed}), which moves their metrics as well."]


def _labels(data: Dataset, question: str) -> str:
    has_majority = data.votes is not None or is_fer2013(data)
    return CROWD if question == CROWD and has_majority else data.own_labels


def _split(data: Dataset, wanted: str | None) -> str:
    present = [split for split in SPLITS if (data.splits == split).any()]
    exist = ", ".join(f"{split} ({int((data.splits == split).sum()):,} faces)" for split in present)
    if wanted is not None:
        split = split_of(wanted)
        if split in present:
            return split
        if split is None:
            raise BadDataset(f"{wanted!r} is no split; choose one of {', '.join(SPLITS)}.")
        if not present:
            raise BadDataset(
                f"{data.name} has no splits. Leave out --split to evaluate all of its "
                f"{len(data):,} faces."
            )
        raise BadDataset(f"{data.name} has no {split} split; it has {exist}.")
    if not present:
        return ALL
    for split in ("test", "validation"):
        if split in present:
            return split
    raise BadDataset(
        f"{data.name} has neither a test nor a validation split; it has {exist}. "
        "Name it with --split."
    )


def _without_votes(data: Dataset, rows: NDArray[np.int64]) -> dict[str, NDArray[np.bool_]]:
    """Why the crowd has no majority among the seven emotions, each a mask over `rows`."""
    assert data.votes is not None
    votes = data.votes[rows]
    largest = votes.max(axis=1)
    favourites = (votes[:, :NUM_EMOTIONS] == largest[:, None]).sum(axis=1)
    return {
        "no votes": largest == 0,
        "none of the seven": (largest > 0) & (favourites == 0),
        "tied": (largest > 0) & (favourites > 1),
    }


def _num_left_out(data: Dataset, split: str, kind: str) -> int:
    """Rows and files of this split, or of no known one, of which the reader got no face."""
    return sum(
        count
        for (row_split, row_kind), count in data.left_out.items()
        if row_kind == kind and (split == ALL or row_split in (split, UNSPLIT))
    )
