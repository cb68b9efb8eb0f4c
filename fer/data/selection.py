"""Labelled faces: read, checked and freed of copies before anything is trained on them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from fer.data.dataset import SPLITS, UNLABELLED, Dataset
from fer.data.formats.fer_plus import VOTES_NAME
from fer.data.loading import load
from fer.emotions import NUM_EMOTIONS
from fer.errors import BadDataset
from fer.metrics import crowd_majority, vote_shares


def without_copies(data: Dataset) -> Dataset:
    """`data` without training faces that occur in another split or earlier in training."""
    hashes = data.picture_hashes()
    seen = {one for one, split in zip(hashes, data.splits, strict=True) if split != "train"}
    keep = np.ones(len(data), bool)
    for row, (one, split) in enumerate(zip(hashes, data.splits, strict=True)):
        if split == "train":
            keep[row] = one not in seen
            seen.add(one)
    return data.rows(keep)


def answerable(data: Dataset, question: str) -> Dataset:
    """The faces for which there is an answer to the question "crowd" or "fer2013"."""
    if question == "fer2013":
        return data.rows(data.labels != UNLABELLED)
    if data.votes is None:
        raise BadDataset(
            f"{data.name} holds no crowd votes, so nothing answers the question 'crowd'. Ask for "
            "the labels of the data set instead (labels 'fer2013'), or name the FER+ votes that "
            f"belong to it ({VOTES_NAME})."
        )
    return data.rows(data.votes[:, :NUM_EMOTIONS].sum(axis=1) > 0)


def targets(data: Dataset, question: str) -> NDArray[np.float32]:
    """What a network should answer, (N, 7): shares of the seven votes, or 1 at the label."""
    if question == "fer2013":
        return np.eye(NUM_EMOTIONS, dtype=np.float32)[data.labels]
    assert data.votes is not None
    return np.asarray(vote_shares(data.votes), np.float32)


def other_targets(data: Dataset, question: str) -> NDArray[np.float32]:
    """What a network should answer to the question that is not asked, (N, 7): zeros where nobody
    knows. Raises `BadDataset` where the data set answers one question alone."""
    if data.votes is None or (data.labels == UNLABELLED).all():
        raise BadDataset(f"{data.name} answers one question alone; set other_question to 0.")
    if question == "crowd":
        known = data.labels != UNLABELLED
        labelled = np.eye(NUM_EMOTIONS, dtype=np.float32)[data.labels]
        return np.where(known[:, None], labelled, np.float32(0))
    seven = data.votes[:, :NUM_EMOTIONS].astype(np.float32)
    return np.asarray(seven / np.maximum(seven.sum(axis=1, keepdims=True), 1), np.float32)


def truth(data: Dataset, question: str) -> NDArray[np.int64]:
    """The right answer (N,): the label, or the crowd's majority with `TIED` where it has none."""
    if question == "fer2013":
        return data.labels
    assert data.votes is not None
    return crowd_majority(data.votes)


def prepared(
    path: str,
    votes: str | None = None,
    labels: str = "crowd",
    limit: int | None = None,
    seed: int = 0,
    tell: Callable[[str], None] = lambda sentence: None,
) -> Dataset:
    """The faces to train on: those with an answer, free of copies, and no more than `limit`.

    `path` and `votes` as in `loading.load`; `labels` is the question they answer. The limit holds
    for training faces, drawn with `seed`; as many at most are validated with. `tell` hears what is
    left out. Raises `BadDataset` where training or validation is left without faces.
    """
    whole = load(path, votes)
    unique = without_copies(whole)
    data = answerable(unique, labels)
    tell(
        f"{whole.name}: {len(whole):,} faces; left out of training: "
        f"{len(whole) - len(unique):,} exact copies of other faces; without an answer: "
        f"{len(unique) - len(data):,}"
    )
    for split in ("train", "validation"):
        if not (data.splits == split).any():
            raise BadDataset(f"{data.name} has no faces in its {split} split.")
    if limit is None:
        return data
    chosen = np.zeros(len(data), bool)
    for split in SPLITS:
        rows = np.flatnonzero(data.splits == split)
        random = np.random.default_rng(seed)
        chosen[random.permutation(rows)[:limit]] = True
    return data.rows(chosen)
