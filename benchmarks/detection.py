"""Faces that each detector and search finds in photographs whose faces were counted.

    python -m benchmarks.detection photos FOLDER   each detector on each photograph, and its time
    python -m benchmarks.detection sizes FOLDER    small faces in large pictures, fast and thorough
    python -m benchmarks.detection scores FOLDER   the scores of true and of false finds

FOLDER holds pictures and `photos.csv` with the columns `file` and `faces_visible`. The large
pictures are composed of its photographs; the pictures without a face, of scikit-image's and
scikit-learn's own and of those of FOLDER that are counted as having none.
"""

from __future__ import annotations

import csv
import statistics
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import skimage
import sklearn

from fer import images
from fer.geometry import Box, Image
from fer.inference import detection, search
from fer.results import Face

SCALES = (0.5, 1.0, 2.0, 3.0)
LEVELS = (0.7, 0.8, 0.85, 0.9, 0.95)
TRUE_SCORE, TRUE_OVERLAP = 0.98, 0.4
_WITH_FACES = {"astronaut.png", "camera.png"}
_COMPOSED = ("group19_three_rows.jpg", "family6.jpg", "friends_multiface.jpg", "night_bar7.jpg")


def counted(folder: Path) -> list[tuple[str, int, Image]]:
    """Name, number of visible faces and pixels of each photograph."""
    with (folder / "photos.csv").open(newline="", encoding="utf-8") as file:
        rows = [(row["file"], int(row["faces_visible"])) for row in csv.DictReader(file)]
    return [(name, visible, images.read(folder / name)) for name, visible in rows]


def photos(folder: Path) -> None:
    rows = counted(folder)
    numbers: dict[str, list[int]] = {}
    milliseconds: dict[str, list[float]] = {}
    for name in detection.names():
        detection.detect(rows[0][2], name)
        numbers[name], milliseconds[name] = [], []
        for _, _, picture in rows:
            started = time.perf_counter()
            numbers[name].append(len(detection.detect(picture, name)))
            milliseconds[name].append(1000 * (time.perf_counter() - started))
    print(f"| photo | visible | {' | '.join(numbers)} |")
    print("|---|---|" + "---|" * len(numbers))
    for index, (file_name, visible, _) in enumerate(rows):
        cells = " | ".join(str(counts[index]) for counts in numbers.values())
        print(f"| {file_name} | {visible} | {cells} |")
    medians = " | ".join(f"{statistics.median(times):.0f} ms" for times in milliseconds.values())
    print(f"| median time | | {medians} |")


def sizes(folder: Path) -> None:
    """Photographs, shrunk until their faces have a height, laid out in a large picture; what the
    cut-out photographs give alone is the measure."""
    portraits = [images.read(folder / name) for name in _COMPOSED]
    print("| picture | faces | face height | cut-outs give | search | faces | twice | seconds |")
    print("|---|---|---|---|---|---|---|---|")
    for title, width, height, face_height in (
        ("12 megapixels", 4000, 3000, 29),
        ("12 megapixels", 4000, 3000, 41),
        ("12 megapixels", 4000, 3000, 120),
        ("48 megapixels", 8064, 6048, 41),
        ("panorama, 13 megapixels", 16000, 800, 41),
    ):
        picture, cutouts = _composed(portraits, width, height, face_height)
        alone = [_moved(face.box, left, top) for left, top, faces in cutouts for face in faces]
        for name in search.SEARCHES:
            started = time.perf_counter()
            faces, searched = search.find(picture, search=name)
            seconds = time.perf_counter() - started
            hits = [sum(_overlap(box, face.box) > 0.3 for face in faces) for box in alone]
            done = "" if searched.complete else f" ({searched.tiles} of {searched.tiles_total})"
            print(
                f"| {title} | {len(alone)} | {face_height} | {len(alone)} | {name}{done} | "
                f"{sum(number > 0 for number in hits)} "
                f"({sum(number > 0 for number in hits) / len(alone):.0%}) | "
                f"{sum(number > 1 for number in hits)} | {seconds:.1f} |",
                flush=True,
            )


def _composed(
    portraits: list[Image], width: int, height: int, face_height: int
) -> tuple[Image, list[tuple[int, int, tuple[Face, ...]]]]:
    """The picture, and left, top and the faces found alone of each photograph in it."""
    picture = np.full((height, width, 3), 110, np.uint8)
    shrunk = []
    for portrait in portraits:
        faces = detection.detect(portrait)
        scale = face_height / statistics.median(face.box.height for face in faces)
        size = round(portrait.shape[1] * scale), round(portrait.shape[0] * scale)
        small = np.asarray(cv2.resize(portrait, size, interpolation=cv2.INTER_AREA), np.uint8)
        shrunk.append((small, detection.detect(small)))
    cutouts: list[tuple[int, int, tuple[Face, ...]]] = []
    left, top, row, number = 0, 0, 0, 0
    while True:
        small, faces = shrunk[number % len(shrunk)]
        if left + small.shape[1] > width:
            left, top, row = 0, top + row + 37, 0
        if top + small.shape[0] > height or small.shape[1] > width:
            return picture, cutouts
        picture[top : top + small.shape[0], left : left + small.shape[1]] = small
        cutouts.append((left, top, faces))
        left, row, number = left + small.shape[1] + 53, max(row, small.shape[0]), number + 1


def scores(folder: Path) -> None:
    """False finds in pictures without a face, and true ones in the photographs, by score."""
    detector = detection.create()
    false = [
        face.score
        for picture in _without_faces(folder)
        for scale in SCALES
        for face in detection.detect_with(detector, _resized(picture, scale), 3000)
    ]
    true = [
        score
        for _, visible, picture in counted(folder)
        if visible
        for score in _true_scores(detector, picture)
    ]
    print("| score at least | false finds | true finds |")
    print("|---|---|---|")
    for level in LEVELS:
        print(f"| {level} | {_at_least(false, level)} | {_at_least(true, level)} |")


def _true_scores(detector: detection.Detector, picture: Image) -> list[float]:
    """Scores of finds at any scale where some scale has a sure find: those are taken for faces."""
    finds = []
    for scale in SCALES:
        for face in detection.detect_with(detector, _resized(picture, scale), 3000):
            edges = (round(edge / scale) for edge in face.box.as_list())
            finds.append((Box(*edges), face.score))
    sure = [box for box, score in finds if score >= TRUE_SCORE]
    return [
        score for box, score in finds if any(_overlap(box, other) > TRUE_OVERLAP for other in sure)
    ]


def _without_faces(folder: Path) -> Iterator[Image]:
    ours = Path(skimage.__file__).parent / "data"
    theirs = Path(sklearn.__file__).parent / "datasets" / "images"
    for path in sorted([*ours.iterdir(), *theirs.iterdir()]):
        if path.suffix in (".png", ".jpg") and path.name not in _WITH_FACES:
            yield images.read(path)
    yield from (picture for _, visible, picture in counted(folder) if not visible)


def _resized(picture: Image, scale: float) -> Image:
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(picture, None, fx=scale, fy=scale, interpolation=how), np.uint8)


def _at_least(values: list[float], level: float) -> str:
    return f"{sum(value >= level for value in values)} of {len(values)}"


def _moved(box: Box, left: int, top: int) -> Box:
    return Box(box.left + left, box.top + top, box.right + left, box.bottom + top)


def _overlap(a: Box, b: Box) -> float:
    across = min(a.right, b.right) - max(a.left, b.left)
    down = min(a.bottom, b.bottom) - max(a.top, b.top)
    common = max(0, across) * max(0, down)
    return common / (a.width * a.height + b.width * b.height - common)


if __name__ == "__main__":
    {"photos": photos, "sizes": sizes, "scores": scores}[sys.argv[1]](Path(sys.argv[2]))
