"""Small sound files of every kind, which mutations begin with."""

from __future__ import annotations

import functools
import io
import json
import tempfile
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas
import PIL.Image

from fer import registry
from fer.emotions import EMOTIONS
from fer.runs.settings import TrainSettings
from fer.runs.status import RunStatus
from tests import films
from tests.fer.data import odd_data_sets
from tests.helpers import epoch_row, make_card

PICTURES = ("jpeg", "png", "gif", "bmp", "tiff", "webp", "ppm", "heif")
FILMS = ("mp4", "webm", "avi", "mkv", "gif", "webp")
SIDE = 64


@functools.cache
def pictures() -> tuple[tuple[str, bytes], ...]:
    """Name and bytes; some have EXIF, a palette or transparency."""
    shades = np.linspace(0, 255, SIDE * SIDE * 3).reshape(SIDE, SIDE, 3).astype(np.uint8)
    rgb = PIL.Image.fromarray(shades)
    exif = PIL.Image.Exif()
    exif[0x0112], exif[0x010E] = 6, "a description"
    made = [(f"picture.{kind}", _saved(rgb, kind)) for kind in PICTURES]
    made += [("turned.jpeg", _saved(rgb, "jpeg", exif=exif, progressive=True))]
    made += [("palette.png", _saved(rgb.convert("P"), "png"))]
    made += [("transparent.webp", _saved(rgb.convert("RGBA"), "webp"))]
    made += [("grey.tiff", _saved(rgb.convert("L"), "tiff", compression="tiff_lzw"))]
    return tuple(made)


@functools.cache
def tables() -> tuple[tuple[str, bytes], ...]:
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        odd_data_sets.label_table(place / "faces.csv", range(7))
        odd_data_sets.label_table(place / "faces.tsv", EMOTIONS, delimiter="\t")
        odd_data_sets.label_table(place / "wide.csv", range(7), encoding="utf-16")
        rows = [(label, usage, odd_data_sets.pixel_text()) for label, usage in _usages()]
        odd_data_sets.table(place / "fer2013.csv", ("emotion", "Usage", "pixels"), rows)
        cells = {"png": [odd_data_sets.encoded()] * 7, "emotion": list(range(7))}
        pandas.DataFrame(cells).to_parquet(place / "faces.parquet")
        return tuple((path.name, path.read_bytes()) for path in sorted(place.iterdir()))


@functools.cache
def zips() -> tuple[tuple[str, bytes], ...]:
    names = [f"{split}/{name}/1.png" for split in ("train", "test") for name in EMOTIONS]
    listed = {"label.csv": b"file,label\n1.png,happy\n2.png,sad\n"}
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        odd_data_sets.zip_of(place / "folders.zip", names)
        odd_data_sets.zip_of(place / "list.zip", ["1.png", "2.png"], listed)
        odd_data_sets.zip_of(place / "table.zip", [], dict(tables()[:1]))
        return tuple((path.name, path.read_bytes()) for path in sorted(place.iterdir()))


@functools.cache
def cards() -> tuple[tuple[str, bytes], ...]:
    """The JSON files of models and runs."""
    made: dict[str, object] = {
        "card.json": registry.card_dict(make_card()),
        "active.json": {"active": "tiny", "previous": "other"},
        "settings.json": TrainSettings("drawn", network="mlp", epochs=2).as_dict(),
        "status.json": asdict(RunStatus(state="running", epoch=1, epochs=2)),
        "metrics.jsonl": epoch_row(),
    }
    return tuple((name, json.dumps(value).encode()) for name, value in made.items())


@functools.cache
def moving() -> tuple[tuple[str, bytes], ...]:
    frames = [np.full((SIDE, SIDE, 3), 20 * number, np.uint8) for number in range(10)]
    with tempfile.TemporaryDirectory() as folder:
        made = [films.write(Path(folder, f"film.{kind}"), frames) for kind in FILMS]
        return tuple((path.name, path.read_bytes()) for path in made)


def _usages() -> list[tuple[int, str]]:
    return [(label, usage) for usage in ("Training", "PublicTest") for label in range(7)]


def _saved(picture: PIL.Image.Image, kind: str, **how: object) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, kind.upper(), **how)  # type: ignore[arg-type]
    return buffer.getvalue()
