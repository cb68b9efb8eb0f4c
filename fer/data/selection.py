"""Labelled faces: read, checked and freed of copies before anything is trained on them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fer.data.budget import Budget
from fer.data.builder import LONGEST_SIDE
from fer.data.dataset import CROWD, SPLITS, UNLABELLED, Dataset, Picture, as_rgb, default_labels
from fer.data.formats.fer_plus import VOTES_NAME
from fer.data.loading import load
from fer.emotions import NUM_EMOTIONS
from fer.errors import BadDataset
from fer.inference import cropping, detection
from fer.metrics import crowd_majority, vote_shares
from fer.results import Face

PHOTO_SIDE = 448
"""Longer side of pictures in folders and zips, so that a face in a photo has enough pixels."""

_LARGEST_CUT_OUT = 64
_LEAST_SHARE = 0.5
_TELL_EVERY = 500


def without_copies(data: Dataset) -> Dataset:
    """`data` without training faces that occur in another split or earlier in training."""
    hashes = data.picture_hashes()
    split_of = list(zip(hashes, data.splits, strict=True))
    seen = {picture_hash for picture_hash, split in split_of if split != "train"}
    keep = np.ones(len(data), bool)
    for row, (picture_hash, split) in enumerate(split_of):
        if split == "train":
            keep[row] = picture_hash not in seen
            seen.add(picture_hash)
    return data.rows(keep)


def answerable(data: Dataset, labels: str | None) -> Dataset:
    """The faces that have votes ("crowd") or a label (any other word); None: `default_labels`."""
    if (labels or default_labels(data)) != CROWD:
        return data.rows(data.labels != UNLABELLED)
    if data.votes is None:
        raise BadDataset(
            f"{data.name} has no FER+ votes. Leave out `labels`, or set it to "
            f"{data.own_labels!r}, to use the labels of the data set; or name the FER+ votes that "
            f"belong to it ({VOTES_NAME})."
        )
    return data.rows(data.votes[:, :NUM_EMOTIONS].sum(axis=1) > 0)


def targets(data: Dataset, labels: str | None) -> NDArray[np.float32]:
    """What a network should predict, (N, 7): shares of the seven votes, or 1 at the label."""
    if (labels or default_labels(data)) != CROWD:
        return np.eye(NUM_EMOTIONS, dtype=np.float32)[data.labels]
    assert data.votes is not None
    return np.asarray(vote_shares(data.votes), np.float32)


def other_targets(data: Dataset, labels: str | None) -> NDArray[np.float32]:
    """What a network should predict for the other of votes and labels, (N, 7): zeros where nobody
    knows. Raises `BadDataset` where the data set has one of the two alone."""
    if data.votes is None or (data.labels == UNLABELLED).all():
        raise BadDataset(f"{data.name} answers one question alone; set other_question to 0.")
    if (labels or default_labels(data)) == CROWD:
        known = data.labels != UNLABELLED
        labelled = np.eye(NUM_EMOTIONS, dtype=np.float32)[data.labels]
        return np.where(known[:, None], labelled, np.float32(0))
    seven = data.votes[:, :NUM_EMOTIONS].astype(np.float32)
    return np.asarray(seven / np.maximum(seven.sum(axis=1, keepdims=True), 1), np.float32)


def truth(data: Dataset, labels: str | None) -> NDArray[np.int64]:
    """The right answer (N,): the label, or the crowd's majority with `TIED` where it has none."""
    if (labels or default_labels(data)) != CROWD:
        return data.labels
    assert data.votes is not None
    return crowd_majority(data.votes)


def prepared(
    path: str,
    votes: str | None = None,
    labels: str | None = None,
    limit: int | None = None,
    seed: int = 0,
    report: Callable[[str], None] = lambda sentence: None,
    classes: str | None = None,
    budget: Budget | None = None,
) -> Dataset:
    """The faces to train on: those with an answer, free of copies, and no more than `limit`.

    `path`, `votes` and `classes` as in `loading.load`; `labels` is what is to be predicted. The
    limit holds for training faces, drawn with `seed`; as many at most are validated with. `report`
    hears how the set was read and what is left out. Raises `BadDataset` where training or
    validation is left without faces, and what the `budget` raises.
    """
    budget = budget or Budget()
    is_table = Path(path).is_file() and Path(path).suffix.lower() != ".zip"
    longest = LONGEST_SIDE if is_table else PHOTO_SIDE
    whole = load(path, votes, longest, classes, budget)
    for sentence in (*whole.notes, *map(str, whole.problems)):
        report(sentence)
    unique = without_copies(whole)
    data = answerable(unique, labels)
    report(
        f"{whole.name}: {len(whole):,} faces; left out of training: "
        f"{len(whole) - len(unique):,} exact duplicates of other faces; without a label or vote: "
        f"{len(unique) - len(data):,}; wrong rows and files: {whole.num_problems:,}"
    )
    data = with_faces(_limited(data, limit, seed), report, budget)
    for split in ("train", "validation"):
        if not (data.splits == split).any():
            raise BadDataset(f"{data.name} has no faces in its {split} split.")
    return data


def _limited(data: Dataset, limit: int | None, seed: int) -> Dataset:
    if limit is None:
        return data
    chosen = np.zeros(len(data), bool)
    for split in SPLITS:
        rows = np.flatnonzero(data.splits == split)
        random = np.random.default_rng(seed)
        chosen[random.permutation(rows)[:limit]] = True
    return data.rows(chosen)


def with_faces(data: Dataset, report: Callable[[str], None], budget: Budget) -> Dataset:
    """`data` with the face of each picture, cut in training as it will be in use.

    The largest face counts. Pictures without one are left out, unless that is most of them: then
    they are faces that were cut out already, and so is any picture of 64 pixels or less. `report`
    hears what was done.
    """
    if data.whole_faces:
        return data
    faces: list[Face | None] = []
    for number, picture in enumerate(data.pictures, 1):
        budget.check()
        faces.append(_face(picture))
        if number % _TELL_EVERY == 0:
            report(f"{data.name}: faces searched in {number:,} of {len(data):,} pictures")
    missed = faces.count(None)
    if len(faces) - missed < _LEAST_SHARE * len(faces):
        report(
            f"{data.name}: faces were found in {len(faces) - missed:,} of {len(faces):,} pictures, "
            "so that all are taken for faces that are cut out already"
        )
        return data
    has_face = np.array([face is not None for face in faces])
    if missed:
        report(f"{data.name}: {missed:,} pictures are left out, because no face was found in them")
    present = tuple(face for face in faces if face is not None)
    return replace(data.rows(has_face), faces=present)


def _face(picture: Picture) -> Face | None:
    image = as_rgb(picture)
    if max(image.shape[:2]) <= _LARGEST_CUT_OUT:
        return cropping.whole_face(image)
    return detection.largest_face(image)
