"""Training, validation and test: how others spell them, and how a set without them is cut."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from fer.data.dataset import Picture, picture_hashes
from fer.emotions import name_parts

VALIDATION_SHARE = TEST_SHARE = 0.1

_WORDS = {
    **dict.fromkeys(("train", "training", "trn", "trainings"), "train"),
    **dict.fromkeys(("validation", "validate", "val", "valid", "dev", "development"), "validation"),
    **dict.fromkeys(("test", "testing", "tests", "tst"), "test"),
}
_EVALUATION = ("eval", "evaluation", "evaluate")
"""A second split's name: validation, or test where another split is called validation."""
_FER2013 = {("public", "test"): "validation", ("private", "test"): "test"}
_MISSPELT = ("training", "validation", "testing", "evaluation")
_LIKENESS = 0.85
_ENDINGS = ("dataset", "data", "set", "images", "image", "imgs", "faces", "pics", "folder")

NO_SPLITS = (
    "It has no splits of its own. Within each emotion 80% of the faces are training, 10% "
    "validation and 10% test, cut by the pictures' hashes: the same cut every time."
)
NO_VALIDATION = (
    "It has no validation split. A tenth of its training faces is taken for it, cut by the "
    "pictures' hashes: the same cut every time."
)
BY_PICTURE = "The cut is by picture: one person may be in several splits."


def split_of(name: str) -> str | None:
    """The split that a name stands for: ``Training``, ``test_set``, ``FER2013Valid``, ``dev``.

    None for a name that says none of them, or two.
    """
    return splits_of([name])[name]


def splits_of(names: Iterable[str]) -> dict[str, str | None]:
    """The split of each name, where what ``eval`` means depends on the others."""
    splits = {name: _split(name_parts(name)) for name in names}
    is_validation_named = "validation" in splits.values()
    meaning = "test" if is_validation_named else "validation"
    return {name: meaning if split == "eval" else split for name, split in splits.items()}


def _split(parts: list[str]) -> str | None:
    """A split, "eval" for one of `_EVALUATION`, or None."""
    for pair, meaning in _FER2013.items():
        if set(pair) <= set(parts) or "".join(pair) in parts:
            return meaning
    meanings = {split for part in parts if (split := _split_of_word(part)) is not None}
    return meanings.pop() if len(meanings) == 1 else None


def _split_of_word(word: str) -> str | None:
    ending = next((ending for ending in _ENDINGS if word.endswith(ending)), "")
    for candidate in (word, word.removesuffix(ending)):
        if candidate in _EVALUATION:
            return "eval"
        if candidate in _WORDS:
            return _WORDS[candidate]
    alike = difflib.get_close_matches(word, _MISSPELT, 1, _LIKENESS)
    return None if not alike else _WORDS.get(alike[0], "eval")


def completed_splits(
    splits: Sequence[str | None], labels: Sequence[int], pictures: Sequence[Picture]
) -> NDArray[np.str_]:
    """The splits (N,) with those that the data set leaves open.

    A data set that has splits keeps them; where validation is missing, a tenth of the training
    faces becomes it. One without any is cut into 80% training, 10% validation and 10% test. The
    cut is made within each emotion, in the order of the pictures' hashes: as good as random, the
    same on every machine and in every run whatever its seed, and copies stay together.
    """
    shares = _missing_shares(splits)
    filled = ["train" if split is None else split for split in splits]
    if not shares:
        return np.array(filled, str)
    rows = [row for row, split in enumerate(filled) if split == "train"]
    hashes = picture_hashes([pictures[row] for row in rows])
    moved = _moved(hashes, [labels[row] for row in rows], shares)
    for row, picture_hash in zip(rows, hashes, strict=True):
        filled[row] = moved.get(picture_hash, "train")
    return np.array(filled, str)


def cut_note(splits: Sequence[str | None]) -> str | None:
    """How `completed_splits` cuts a data set, as a sentence; None where it leaves it as it is."""
    return {1: NO_VALIDATION, 2: NO_SPLITS}.get(len(_missing_shares(splits)))


def _missing_shares(splits: Sequence[str | None]) -> dict[str, float]:
    if "train" in splits and "validation" not in splits:
        return {"validation": VALIDATION_SHARE}
    if None in splits:
        return {"validation": VALIDATION_SHARE, "test": TEST_SHARE}
    return {}


def _moved(
    hashes: Sequence[bytes], labels: Sequence[int], shares: dict[str, float]
) -> dict[bytes, str]:
    """The split of each picture hash that leaves training: of every emotion its `shares`."""
    label_of: dict[bytes, int] = {}
    for picture_hash, label in zip(hashes, labels, strict=True):
        label_of.setdefault(picture_hash, label)
    moved = {}
    for label in set(labels):
        waiting = sorted(key for key, other in label_of.items() if other == label)
        total = len(waiting)
        for split, share in shares.items():
            # At least one face for each split, but never the last one of an emotion.
            number = min(max(1, round(share * total)), len(waiting) - 1)
            moved.update(dict.fromkeys(waiting[:number], split))
            del waiting[:number]
    return moved
