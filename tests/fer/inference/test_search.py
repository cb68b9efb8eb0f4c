"""Small faces of large pictures, each once; what was searched."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import cv2
import numpy as np
import pytest

from fer.errors import BadSettings
from fer.geometry import Box, Image
from fer.inference import detection, search
from fer.results import Face
from tests.helpers import ASTRONAUT_FACE, astronaut

FACE_HEIGHT = 36


def crowd(width: int = 2600, height: int = 1700) -> tuple[Image, list[Box]]:
    """Small faces in a large grey picture, also where tiles meet, and where each one is."""
    scale = FACE_HEIGHT / (ASTRONAUT_FACE[3] - ASTRONAUT_FACE[1])
    portrait = cv2.resize(
        astronaut()[:300, 90:390], None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA
    )
    side = portrait.shape[0]
    left, top, right, bottom = (value * scale for value in ASTRONAUT_FACE)
    picture = np.full((height, width, 3), 120, np.uint8)
    seen = []
    for y in range(60, height - side, 290):
        for x in range(40, width - side, 310):
            picture[y : y + side, x : x + side] = portrait
            shift = x - 90 * scale
            seen.append(Box(int(shift + left), int(y + top), int(shift + right), int(y + bottom)))
    return picture, seen


def num_found(seen: list[Box], faces: tuple[Face, ...]) -> int:
    centres = [face.box.centre for face in faces]
    return sum(
        any(box.left < x < box.right and box.top < y < box.bottom for x, y in centres)
        for box in seen
    )


@pytest.mark.slow
def test_small_faces_of_a_large_picture_are_found_once_by_a_thorough_search() -> None:
    picture, seen = crowd()
    fast, searched = search.find(picture, search="fast")
    assert num_found(seen, fast) < len(seen) / 2
    assert (searched.tiles_total, searched.smallest_face) == (0, 51)
    thorough, searched = search.find(picture, search="thorough")
    assert num_found(seen, thorough) >= 0.95 * len(seen)
    assert len(thorough) == num_found(seen, thorough)
    assert searched.complete
    assert (searched.tiles_total, searched.smallest_face) == (6, 20)
    assert [face.box.left for face in thorough] == sorted(face.box.left for face in thorough)


def test_landmarks_of_a_tile_lie_inside_their_box() -> None:
    picture, _ = crowd()
    for face in search.find(picture, search="thorough")[0]:
        assert face.landmarks is not None
        x, y = face.landmarks[2]
        assert face.box.left < x < face.box.right
        assert face.box.top < y < face.box.bottom


@pytest.mark.parametrize("side", [900, 1500, 2600])
def test_a_large_face_is_found_once(side: int) -> None:
    large = np.asarray(cv2.resize(astronaut(), (side, side)), np.uint8)
    faces, _ = search.find(large, search="thorough")
    assert len(faces) == 1


@pytest.mark.parametrize(
    ("width", "height"), [(1025, 700), (4000, 3000), (20_000, 800), (8165, 6123)]
)
def test_tiles_cover_the_picture_and_overlap(width: int, height: int) -> None:
    tiles = search._tiles(width, height)
    covered = np.zeros((height, width), bool)
    for tile in tiles:
        assert max(tile.width, tile.height) <= detection.LONGEST_SIDE
        covered[tile.top : tile.bottom, tile.left : tile.right] = True
    assert covered.all()
    lefts = sorted({tile.left for tile in tiles})
    assert all(
        left + detection.LONGEST_SIDE - following >= 160
        for left, following in itertools.pairwise(lefts)
    )


def test_the_time_of_a_search_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    clock: Iterator[float] = iter(range(0, 1000, 7))
    monkeypatch.setattr(search.time, "monotonic", lambda: next(clock))
    monkeypatch.setattr(detection, "search", lambda *_: ((), False))
    monkeypatch.setattr(search, "SECONDS", 30.0)
    _, searched = search.find(np.zeros((3000, 4000, 3), np.uint8), search="thorough")
    assert (searched.tiles, searched.tiles_total) == (5, 20)
    assert searched.smallest_face == 78
    assert "5 of 20 tiles" in searched.sentence


def test_an_unknown_search_is_a_sentence() -> None:
    with pytest.raises(BadSettings, match="fast, thorough"):
        search.find(astronaut(), search="slow")


def test_noise_is_left_out_of_photos_and_kept_for_streams(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Unsure:
        def detect(self, image: Image) -> tuple[Face, ...]:
            return (Face(Box(0, 0, 30, 30), 0.85), Face(Box(300, 300, 340, 340), 0.95))

    monkeypatch.setitem(detection._DETECTORS, "mtcnn", Unsure)
    detection._pool.cache_clear()
    try:
        assert [face.score for face in detection.detect(astronaut())] == [0.95]
        assert len(detection.detect_with(Unsure(), astronaut())) == 2
    finally:
        detection._pool.cache_clear()
