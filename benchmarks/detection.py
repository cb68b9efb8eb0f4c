"""Faces that each detector finds in photographs whose faces were counted, and its time.

    python -m benchmarks.detection FOLDER

FOLDER holds pictures and `photos.csv` with the columns `file` and `faces_visible`.
"""

from __future__ import annotations

import csv
import statistics
import sys
import time
from pathlib import Path

from fer import images
from fer.inference import detection


def main(folder: Path) -> None:
    with (folder / "photos.csv").open(newline="", encoding="utf-8") as file:
        rows = [(row["file"], int(row["faces_visible"])) for row in csv.DictReader(file)]
    pictures = [images.read(folder / name) for name, _ in rows]
    found: dict[str, list[int]] = {}
    milliseconds: dict[str, list[float]] = {}
    for name in detection.names():
        detector = detection.create(name)
        detection.detect_with(detector, pictures[0])
        found[name], milliseconds[name] = [], []
        for picture in pictures:
            started = time.perf_counter()
            found[name].append(len(detection.detect_with(detector, picture)))
            milliseconds[name].append(1000 * (time.perf_counter() - started))
    print(f"| photo | visible | {' | '.join(found)} |")
    print("|---|---|" + "---|" * len(found))
    for place, (file_name, visible) in enumerate(rows):
        cells = " | ".join(str(counts[place]) for counts in found.values())
        print(f"| {file_name} | {visible} | {cells} |")
    medians = " | ".join(f"{statistics.median(one):.0f} ms" for one in milliseconds.values())
    print(f"| median time | | {medians} |")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
