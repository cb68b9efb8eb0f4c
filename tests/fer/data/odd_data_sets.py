"""Builders of small data sets in the shapes that people have; no two pictures are alike."""

from __future__ import annotations

import csv
import io
import itertools
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import PIL.Image

from fer.emotions import EMOTIONS

RAF_ORDER = ("surprise", "fear", "disgust", "happy", "sad", "angry", "neutral")
_numbers = itertools.count()


def picture(side: int = 48) -> PIL.Image.Image:
    """A coarse grey pattern (side, side)."""
    random = np.random.default_rng(next(_numbers))
    coarse = PIL.Image.fromarray(random.integers(0, 256, (6, 6), dtype=np.uint8))
    return coarse.resize((side, side), PIL.Image.Resampling.BICUBIC)


def save(path: Path, side: int = 48) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    picture(side).save(path)


def class_folders(
    root: Path, names: Iterable[str] = EMOTIONS, splits: Iterable[str] = ("",), each: int = 4
) -> Path:
    """`each` pictures in every class of every split."""
    for split, name, number in itertools.product(splits, names, range(each)):
        save(root / split / name / f"{number}.png")
    return root


def encoded() -> bytes:
    buffer = io.BytesIO()
    picture().save(buffer, "PNG")
    return buffer.getvalue()


def zip_of(path: Path, files: Iterable[str], extra: dict[str, bytes] | None = None) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for file in files:
            archive.writestr(file, encoded())
        for file, data in (extra or {}).items():
            archive.writestr(file, data)
    return path


def pixel_text(side: int = 48, between: str = " ") -> str:
    return between.join(map(str, np.asarray(picture(side)).ravel()))


def table(
    path: Path,
    header: Sequence[str],
    rows: Iterable[Sequence[object]],
    delimiter: str = ",",
    encoding: str = "utf-8",
) -> Path:
    with path.open("w", newline="", encoding=encoding) as file:
        csv.writer(file, delimiter=delimiter).writerows([header, *rows])
    return path


def label_table(path: Path, labels: Iterable[object], header: str = "emotion", **how: str) -> Path:
    """A table with a label and 48 × 48 pixels a row."""
    rows = [(label, pixel_text()) for label in labels]
    return table(path, (header, "pixels"), rows, **how)
