"""Pictures that show more than a face are cut in training as they are in use."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from fer import images
from fer.data import selection
from fer.emotions import EMOTIONS
from fer.geometry import Image
from fer.inference import cropping
from fer.inference.detection import largest_face
from fer.model_card import InputSpec
from tests.helpers import astronaut


def photo(number: int) -> Image:
    """The sample's head and shoulders somewhere in a larger picture."""
    side = 150 + 5 * number
    picture = np.full((300, 400, 3), 90 + number, np.uint8)
    left, top = 10 * number, 3 * number
    picture[top : top + side, left : left + side] = cv2.resize(
        astronaut()[:280, 80:360], (side, side), interpolation=cv2.INTER_AREA
    )
    return picture


def landscape(number: int) -> Image:
    rows = np.linspace(0, 200 + number, 300, dtype=np.uint8)
    return np.repeat(np.repeat(rows[:, None, None], 400, axis=1), 3, axis=2)


def write(root: Path, pictures: list[Image]) -> Path:
    """Class folders in which the pictures take turns between two emotions."""
    for number, picture in enumerate(pictures):
        folder = root / ("train", "validation")[number // 2 % 2] / EMOTIONS[3 + number % 2]
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{number}.png").write_bytes(images.encode_png(picture))
    return root


def test_faces_are_found_and_pictures_without_one_are_left_out(tmp_path: Path) -> None:
    reported: list[str] = []
    root = write(tmp_path / "faces", [*map(photo, range(8)), landscape(0), landscape(1)])
    data = selection.prepared(str(root), report=reported.append)
    assert len(data) == 8 and len(data.faces) == 8
    assert "2 pictures are left out, because no face was found in them" in reported[-1]
    spec = InputSpec(48, 48, 1, 0.1)
    train = data.split("train")
    for picture, pixels in zip(train.pictures, train.inputs(spec), strict=True):
        face = largest_face(picture)
        assert face is not None and face.box.width < 120
        np.testing.assert_array_equal(cropping.model_input(picture, [face], spec)[0], pixels)


def test_where_most_have_no_face_they_are_cut_out_already(tmp_path: Path) -> None:
    reported: list[str] = []
    root = write(tmp_path / "faces", [photo(0), *map(landscape, range(7))])
    data = selection.prepared(str(root), report=reported.append)
    assert len(data) == 8 and data.faces == ()
    assert "1 of 8 pictures, so that all are taken for faces that are cut out" in reported[-1]


def test_small_pictures_are_faces(tmp_path: Path) -> None:
    small = [cv2.resize(landscape(number), (48, 48)) for number in range(8)]
    data = selection.prepared(str(write(tmp_path / "faces", small)))
    assert len(data) == 8
    assert all(
        face.box.covers(picture) for face, picture in zip(data.faces, data.pictures, strict=True)
    )
