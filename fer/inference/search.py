"""Where in a picture faces are searched: at a reduced size, or in tiles at full size as well."""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np

from fer import images
from fer.errors import BadSettings
from fer.geometry import Box, Image, clip_box
from fer.inference import detection
from fer.results import Face, Searched

SEARCHES = ("fast", "thorough")
DEFAULT = "fast"
SECONDS = 60.0
"""A thorough search of one picture starts no further tile after so many seconds."""

_SIDE = detection.LONGEST_SIDE
_OVERLAP = 160
_ZOOM = 4
"""Tiles are searched at full size, a quarter, a sixteenth …: the faces that the coarser of two
levels misses, below 25 of its pixels, are below 100 in the finer one, where the overlap of 160
holds them whole."""
_EDGE = 2


def check(search: str) -> None:
    """Raises `BadSettings`, with the list of those that exist, for any other name."""
    if search not in SEARCHES:
        raise BadSettings(f"unknown search {search!r}; choose one of {', '.join(SEARCHES)}.")


def find(
    image: Image, detector: str = detection.DEFAULT, search: str = DEFAULT
) -> tuple[tuple[Face, ...], Searched]:
    """The faces of an RGB picture, left to right, in its own pixels, and what was searched.

    "fast" looks once, at `detection.LONGEST_SIDE` pixels at the most. "thorough" looks in
    overlapping tiles at full size as well, for at most `SECONDS`, and gives no face twice. Raises
    `UnknownDetector`, `BadSettings`.
    """
    check(search)
    started = time.monotonic()
    faces, is_capped = detection.search(image, detector)
    longest = max(image.shape[:2])
    scale = min(1.0, _SIDE / longest)
    if search == "fast" or scale == 1:
        return faces, Searched(search, _smallest(scale), capped=is_capped)
    levels = _levels(longest)
    total = sum(len(_tiles(*_size(image, level))) for level in levels)
    done = 0
    for level in levels:
        for tile_faces, is_tile_capped in _search_level(image, detector, level):
            all_faces = _once([*faces, *tile_faces])
            faces = detection.best(all_faces)
            is_capped = is_capped or is_tile_capped or len(all_faces) > len(faces)
            done += 1
            if time.monotonic() - started > SECONDS and done < total:
                return faces, Searched(search, _smallest(scale), done, total, is_capped)
        scale = level
    return faces, Searched(search, _smallest(scale), done, total, is_capped)


def _levels(longest: int) -> list[float]:
    """The scales at which tiles are searched, coarse to full size."""
    levels = [1.0]
    while longest * levels[0] / _ZOOM > _SIDE:
        levels.insert(0, levels[0] / _ZOOM)
    return levels


def _search_level(image: Image, detector: str, level: float) -> Iterator[tuple[list[Face], bool]]:
    """The faces of one tile after the other, in pixels of the whole picture, and whether there were
    too many of them."""
    width, height = _size(image, level)
    scaled = images.bounded(image, max(width, height))[0]
    for tile in _tiles(scaled.shape[1], scaled.shape[0]):
        pixels = np.ascontiguousarray(scaled[tile.top : tile.bottom, tile.left : tile.right])
        finds, is_capped = detection.search(pixels, detector)
        whole = [
            _moved(face, tile, level, image)
            for face in finds
            if not _cut(face.box, tile, scaled.shape[1], scaled.shape[0])
        ]
        yield whole, is_capped


def _size(image: Image, level: float) -> tuple[int, int]:
    height, width = image.shape[:2]
    return max(1, round(width * level)), max(1, round(height * level))


def _tiles(width: int, height: int) -> list[Box]:
    return [
        Box(left, top, min(width, left + _SIDE), min(height, top + _SIDE))
        for top in _starts(height)
        for left in _starts(width)
    ]


def _starts(length: int) -> list[int]:
    """Where tiles begin along a side: evenly, with at least `_OVERLAP` in common."""
    if length <= _SIDE:
        return [0]
    number = -(-(length - _OVERLAP) // (_SIDE - _OVERLAP))
    return [round(index * (length - _SIDE) / (number - 1)) for index in range(number)]


def _cut(box: Box, tile: Box, width: int, height: int) -> bool:
    """Whether a find touches an edge of its tile that is no edge of the picture: a face that is
    cut there lies whole in the next tile, or in a coarser level."""
    return (
        (box.left < _EDGE and tile.left > 0)
        or (box.top < _EDGE and tile.top > 0)
        or (box.right > tile.width - _EDGE and tile.right < width)
        or (box.bottom > tile.height - _EDGE and tile.bottom < height)
    )


def _moved(face: Face, tile: Box, level: float, image: Image) -> Face:
    """The face of a tile in pixels of the whole picture."""
    height, width = image.shape[:2]
    left, top, right, bottom = (value / level for value in _shifted(face.box, tile))
    box = clip_box(left, top, right, bottom, width, height)
    assert box is not None, "a tile lies inside its picture"
    offset = np.array([tile.left, tile.top], np.float32)
    points = None if face.landmarks is None else (face.landmarks + offset) / np.float32(level)
    return Face(box, face.score, points)


def _shifted(box: Box, tile: Box) -> tuple[int, int, int, int]:
    return (
        box.left + tile.left,
        box.top + tile.top,
        box.right + tile.left,
        box.bottom + tile.top,
    )


def _once(faces: list[Face]) -> tuple[Face, ...]:
    """Of finds of the same face the one with the best score; left to right."""
    chosen: list[Face] = []
    for face in sorted(faces, key=lambda face: -face.score):
        if not any(_same(face.box, other.box) for other in chosen):
            chosen.append(face)
    return tuple(sorted(chosen, key=lambda face: (face.box.left, face.box.top)))


def _same(a: Box, b: Box) -> bool:
    across = min(a.right, b.right) - max(a.left, b.left)
    down = min(a.bottom, b.bottom) - max(a.top, b.top)
    if across <= 0 or down <= 0:
        return False
    common, first, second = across * down, a.width * a.height, b.width * b.height
    return common > 0.3 * (first + second - common) or common > 0.6 * min(first, second)


def _smallest(scale: float) -> int:
    return round(detection.SMALLEST_FACE / scale)
