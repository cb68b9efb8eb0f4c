"""What a person should know of a data set before training: counts, copies, a contact sheet."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

import cv2
import numpy as np

from fer.data.dataset import (
    SPLITS,
    UNLABELLED,
    UNSPLIT,
    Dataset,
    Picture,
    RowProblem,
    as_rgb,
    default_labels,
)
from fer.emotions import COLOURS, EMOTIONS, NUM_EMOTIONS
from fer.errors import BadImage
from fer.geometry import Image

_TILE = 64
_MARGIN = 92


@dataclass(frozen=True, slots=True)
class Inspection:
    """What `inspect` finds.

    `counts`: split ("all" where there is none) -> emotion -> labelled faces, splits without faces
    left out; faces that are taken from training for want of a validation split are counted where
    they stand. Exact copies: `copies_across` training faces occur in another split as well,
    `copies_inside` further ones earlier in training; `num_removed`, their sum, is what training
    leaves out. `contradictions` are pictures that occur with more than one label anywhere.
    `num_voted` faces have a vote for one of the seven emotions; `has_votes` says whether the data
    set holds crowd votes at all. Faces without a label are counted by the emotion of most votes.
    `other_classes` and `passed_over` count what was left out, `notes` are sentences on how the set
    was read. `labels` is what a network learns to predict unless told otherwise.
    """

    name: str
    hash: str
    licence: str
    num_faces: int
    counts: Mapping[str, Mapping[str, int]]
    has_votes: bool
    num_voted: int
    copies_inside: int
    copies_across: int
    contradictions: int
    problems: tuple[RowProblem, ...]
    num_problems: int
    other_classes: Mapping[str, int]
    passed_over: Mapping[str, int]
    notes: tuple[str, ...]
    labels: str

    @property
    def num_removed(self) -> int:
        return self.copies_inside + self.copies_across


def inspect(data: Dataset) -> Inspection:
    """Counts, copies and problems of a data set."""
    inside = across = contradictions = 0
    for rows in data.rows_by_picture():
        in_training = int((data.splits[rows] == "train").sum())
        if in_training < len(rows):
            across += in_training
        else:
            inside += in_training - 1
        contradictions += len(set(data.labels[rows].tolist()) - {UNLABELLED}) > 1
    voted = 0 if data.votes is None else int(data.votes[:, :NUM_EMOTIONS].any(axis=1).sum())
    return Inspection(
        name=data.name,
        hash=data.hash,
        licence=data.licence,
        num_faces=len(data),
        counts=_counts(data),
        has_votes=data.votes is not None,
        num_voted=voted,
        copies_inside=inside,
        copies_across=across,
        contradictions=contradictions,
        problems=data.problems,
        num_problems=data.num_problems,
        other_classes=dict(data.other_classes),
        passed_over=dict(data.passed_over),
        notes=data.notes,
        labels=default_labels(data),
    )


def contact_sheet(data: Dataset, per_emotion: int = 8, seed: int = 0) -> Image:
    """A picture (7 · 64, 92 + per_emotion · 64, 3) with a row of random faces for each emotion."""
    sheet = np.full((NUM_EMOTIONS * _TILE, _MARGIN + per_emotion * _TILE, 3), 255, np.uint8)
    random, emotions = np.random.default_rng(seed), data.emotions()
    for label, emotion in enumerate(EMOTIONS):
        top = label * _TILE
        _write(sheet, emotion, top)
        rows = random.permutation(np.flatnonzero(emotions == label))[:per_emotion]
        for column, row in enumerate(rows):
            left = _MARGIN + column * _TILE
            with suppress(BadImage):  # pictures on demand may turn out to be none
                sheet[top : top + _TILE, left : left + _TILE] = _tile(data.pictures[row])
    return sheet


def _counts(data: Dataset) -> dict[str, dict[str, int]]:
    splits, emotions = data.splits, data.emotions()
    if data.validation_from_training:
        splits = np.where(splits == "validation", "train", splits)
    names = {**{split: split for split in SPLITS}, UNSPLIT: "all"}
    return {
        name: {
            emotion: int((emotions[splits == split] == label).sum())
            for label, emotion in enumerate(EMOTIONS)
        }
        for split, name in names.items()
        if (splits == split).any()
    }


def _tile(picture: Picture) -> Image:
    """The whole picture in a square (64, 64, 3) with white around it where it is not square."""
    height, width = picture.shape[:2]
    scale = (_TILE - 2) / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR  # AREA avoids moire when shrinking
    small = cv2.resize(as_rgb(picture), size, interpolation=method)
    tile = np.full((_TILE, _TILE, 3), 255, np.uint8)
    left, top = (_TILE - size[0]) // 2, (_TILE - size[1]) // 2
    tile[top : top + size[1], left : left + size[0]] = small
    return tile


def _write(sheet: Image, emotion: str, top: int) -> None:
    """The emotion's name in black beside a bar of its colour, at the left of its row."""
    colour = [int(COLOURS[emotion][at : at + 2], 16) for at in (1, 3, 5)]
    sheet[top + 2 : top + _TILE - 2, :6] = colour
    middle = 14, top + _TILE // 2 + 5
    cv2.putText(sheet, emotion, middle, cv2.FONT_HERSHEY_SIMPLEX, 0.5, (0, 0, 0), 1, cv2.LINE_AA)
