"""Faces that each detector and search finds in photographs whose faces were counted.

    python -m benchmarks.detection photos FOLDER   each detector on each photograph, and its time
    python -m benchmarks.detection sizes FOLDER    small faces in large pictures, fast and thorough
    python -m benchmarks.detection scores FOLDER   the scores of true and of false finds
    python -m benchmarks.detection darkness FOLDER what is found and read in the dark

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
from fer.inference.recognizer import Recognizer
from fer.results import Face

SCALES = (0.5, 1.0, 2.0, 3.0)
LEVELS = (0.7, 0.8, 0.85, 0.9, 0.95)
BRIGHTNESS = (60, 40, 30, 20, 15, 10, 6)
TRUE_SCORE, TRUE_OVERLAP = 0.98, 0.4
_WITH_FACES = {"astronaut.png", "camera.png"}
_GROUP, _FAMILY = "group19_three_rows.jpg", "family6.jpg"


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
    """Photographs, shrunk until their faces have a height, pasted into a large picture; what the
    shrunk photographs give alone is the measure. Without the bound on time: a busy machine would
    find less."""
    search.SECONDS = 3600.0
    print("| picture | face height | cut-outs give | search | of them | twice | false | seconds |")
    print("|---|---|---|---|---|---|---|---|")
    group, family = images.read(folder / _GROUP), images.read(folder / _FAMILY)
    for title, width, height, portrait, copies, face_height in (
        ("12 megapixels", 4000, 3000, group, 1, 29),
        ("12 megapixels", 4000, 3000, group, 1, 41),
        ("12 megapixels", 4000, 3000, group, 9, 29),
        ("12 megapixels", 4000, 3000, family, 1, 200),
        ("48 megapixels", 8064, 6048, group, 9, 41),
        ("panorama, 13 megapixels", 16000, 800, family, 6, 41),
    ):
        picture, alone = _composed(portrait, copies, width, height, face_height)
        for name in search.SEARCHES:
            started = time.perf_counter()
            faces, searched = search.find(picture, search=name)
            seconds = time.perf_counter() - started
            hits = [sum(_overlap(box, face.box) > 0.3 for face in faces) for box in alone]
            others = sum(all(_overlap(box, face.box) == 0 for box in alone) for face in faces)
            done = "" if searched.complete else f" ({searched.tiles} of {searched.tiles_total})"
            print(
                f"| {title} | {face_height} | {len(alone)} | {name}{done} | "
                f"{sum(number > 0 for number in hits)} | {sum(number > 1 for number in hits)} | "
                f"{others} | {seconds:.1f} |",
                flush=True,
            )


def _composed(
    portrait: Image, copies: int, width: int, height: int, face_height: int
) -> tuple[Image, list[Box]]:
    """A large picture of a landscape and flowers with copies of a photograph spread over it, and
    the boxes of the faces that the shrunk photograph gives alone."""
    median = statistics.median(face.box.height for face in detection.detect(portrait))
    scale = face_height / median
    size = round(portrait.shape[1] * scale), round(portrait.shape[0] * scale)
    small = np.asarray(cv2.resize(portrait, size, interpolation=cv2.INTER_AREA), np.uint8)
    faces = detection.detect(small)
    theirs = Path(sklearn.__file__).parent / "datasets" / "images"
    patch = np.hstack([images.read(theirs / name) for name in ("china.jpg", "flower.jpg")])
    repeats = -(-height // patch.shape[0]), -(-width // patch.shape[1]), 1
    picture = np.ascontiguousarray(np.tile(patch, repeats)[:height, :width])
    places = np.random.default_rng(0)
    columns = copies if width > 4 * height else -(-copies // max(1, round(copies**0.5)))
    rows, boxes = -(-copies // columns), []
    for index in range(copies):
        free = width // columns - size[0], height // rows - size[1]
        left = index % columns * (width // columns) + int(places.integers(free[0]))
        top = index // columns * (height // rows) + int(places.integers(free[1]))
        picture[top : top + size[1], left : left + size[0]] = small
        boxes += [_moved(face.box, left, top) for face in faces]
    return picture, boxes


def darkness(folder: Path) -> None:
    """Faces found, and labels that stay, in photographs darkened to a mean brightness, with the
    noise of a sensor."""
    recognizer, noise = Recognizer(), np.random.default_rng(0)
    pictures = [
        images.bounded(picture, 640)[0] for _, visible, picture in counted(folder) if visible
    ]
    plain = [recognizer.analyze(picture) for picture in pictures]
    total = sum(len(result.faces) for result in plain)
    print(f"| mean brightness | of {total} faces found | label as in full light |")
    print("|---|---|---|")
    for level in BRIGHTNESS:
        finds, same = 0, 0
        for picture, result in zip(pictures, plain, strict=True):
            mean = float(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).mean())
            dark = picture * min(1.0, level / mean) + noise.normal(0, 3, picture.shape)
            found = recognizer.analyze(np.clip(np.rint(dark), 0, 255).astype(np.uint8))
            for face in result.faces:
                match = [f for f in found.faces if _overlap(f.face.box, face.face.box) > 0.3]
                finds += bool(match)
                same += bool(match) and match[0].prediction.label == face.prediction.label
        print(f"| {level} | {finds} | {same} |", flush=True)


def scores(folder: Path) -> None:
    """False finds in pictures without a face, and true ones in the photographs, by score."""
    detector = detection.create()
    false = [
        face.score
        for picture in _without_faces(folder)
        for scale in SCALES
        for face in _finds(detector, _resized(picture, scale))
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
        for face in _finds(detector, _resized(picture, scale)):
            edges = (round(edge / scale) for edge in face.box.as_list())
            finds.append((Box(*edges), face.score))
    sure = [box for box, score in finds if score >= TRUE_SCORE]
    return [
        score for box, score in finds if any(_overlap(box, other) > TRUE_OVERLAP for other in sure)
    ]


def _finds(detector: detection.Detector, picture: Image) -> Iterator[Face]:
    """All finds in tiles of 1,024 pixels, in pixels of the picture; some of them come twice."""
    side, step = detection.LONGEST_SIDE, detection.LONGEST_SIDE - 160
    for top in range(0, max(1, picture.shape[0] - 160), step):
        for left in range(0, max(1, picture.shape[1] - 160), step):
            tile = np.ascontiguousarray(picture[top : top + side, left : left + side])
            for face in detection.detect_with(detector, tile):
                yield Face(_moved(face.box, left, top), face.score)


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


_MEASURES = {"photos": photos, "sizes": sizes, "scores": scores, "darkness": darkness}

if __name__ == "__main__":
    _MEASURES[sys.argv[1]](Path(sys.argv[2]))
