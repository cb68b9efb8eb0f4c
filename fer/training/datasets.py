"""Labelled faces: read, checked and freed of copies before anything is trained on them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fer import emotions, images
from fer.emotions import NUM_EMOTIONS
from fer.errors import BadDataset
from fer.metrics import crowd_majority, vote_shares
from fer.training import tables
from fer.training.class_folders import originals
from fer.training.gathering import split_of
from fer.training.inspection import Inspection, contact_sheet, inspect
from fer.training.labelled import (
    SPLITS,
    UNLABELLED,
    UNSPLIT,
    Dataset,
    Picture,
    RowProblem,
    as_rgb,
)
from fer.training.loading import DRAWN, load, opened
from fer.training.settings import TrainSettings

__all__ = [
    "DRAWN",
    "SPLITS",
    "UNLABELLED",
    "UNSPLIT",
    "Dataset",
    "Inspection",
    "Picture",
    "RowProblem",
    "answerable",
    "as_rgb",
    "contact_sheet",
    "inspect",
    "load",
    "offered",
    "opened",
    "originals",
    "other_targets",
    "prepared",
    "resolve",
    "targets",
    "truth",
    "without_copies",
]

_OFFERED_ENDINGS = (".csv", ".parquet", ".zip")
_OFFERED_DEPTH = 3


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
            f"belong to it ({tables.VOTES_NAME})."
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
    settings: TrainSettings, tell: Callable[[str], None] = lambda sentence: None
) -> Dataset:
    """The faces of a run: those with an answer, free of copies, and no more than its limit.

    `tell` hears what is left out. The limit holds for training faces; as many at most are validated
    with. Raises `BadDataset` where training or validation is left without faces.
    """
    whole = load(settings.data, settings.votes)
    unique = without_copies(whole)
    data = answerable(unique, settings.labels)
    tell(
        f"{whole.name}: {len(whole):,} faces; left out of training: "
        f"{len(whole) - len(unique):,} exact copies of other faces; without an answer: "
        f"{len(unique) - len(data):,}"
    )
    for split in ("train", "validation"):
        if not (data.splits == split).any():
            raise BadDataset(f"{data.name} has no faces in its {split} split.")
    if settings.limit is None:
        return data
    chosen = np.zeros(len(data), bool)
    for split in SPLITS:
        rows = np.flatnonzero(data.splits == split)
        random = np.random.default_rng(settings.seed)
        chosen[random.permutation(rows)[: settings.limit]] = True
    return data.rows(chosen)


def offered() -> list[Path]:
    """The data sets below the server's folder `FER_DATA`, as paths inside it; none if it is unset.

    CSV, parquet and zip files, and folders with a folder for at least two emotions; links and what
    lies more than three folders deep are not offered.
    """
    root = _server_folder()
    return sorted(_offered_in(root, _OFFERED_DEPTH)) if root and root.is_dir() else []


def resolve(name: str | Path) -> Path:
    """The path of what `offered` lists. Raises `BadDataset` for one outside of `FER_DATA`."""
    root = _server_folder()
    if root is None:
        raise BadDataset("this server offers no data: FER_DATA is not set.")
    shown = images.display_name(str(name))
    try:
        path = (root / name).resolve()
        is_there = path.exists()
    except (OSError, ValueError, RuntimeError):
        raise BadDataset(f"{shown!r} is no path. Choose one of those that are offered.") from None
    if not path.is_relative_to(root):
        raise BadDataset(f"{shown!r} leads out of the server's data folder.")
    if not is_there:
        raise BadDataset(f"{shown!r} is not in the server's data folder.")
    return path


def _server_folder() -> Path | None:
    folder = os.environ.get("FER_DATA")
    return Path(folder).resolve() if folder else None


def _offered_in(root: Path, depth: int, inside: Path = Path()) -> Iterator[Path]:
    for path in _inside(root / inside):
        here = inside / path.name
        if path.name.startswith(".") or path.is_symlink():
            continue
        if path.is_file():
            is_votes = path.name == tables.VOTES_NAME
            if path.suffix.lower() in _OFFERED_ENDINGS and not is_votes:
                yield here
        elif path.is_dir() and _has_classes(path):
            yield here
        elif path.is_dir() and depth > 1:
            yield from _offered_in(root, depth - 1, here)


def _has_classes(folder: Path) -> bool:
    """Whether a folder, or one of its splits, has folders for at least two emotions."""
    folders = [path for path in _inside(folder) if path.is_dir() and not path.is_symlink()]
    emotional = [path for path in folders if _is_emotion(path.name)]
    return len(emotional) > 1 or any(_has_classes(one) for one in folders if split_of(one.name))


def _inside(folder: Path) -> list[Path]:
    """What is in a folder; nothing where it may not be read."""
    try:
        return list(folder.iterdir())
    except OSError:
        return []


def _is_emotion(name: str) -> bool:
    try:
        emotions.index_of(name)
    except BadDataset:
        return False
    return True
