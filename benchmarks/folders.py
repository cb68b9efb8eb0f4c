"""`analyze` on a folder of photos with one worker and with two, in turns.

    python -m benchmarks.folders [NUMBER]

NUMBER photos (500 without it), drawn from the portraits of `benchmarks.pictures`, are read by the
command itself with `--workers 1` and `--workers 2`, start of the processes included. A worker has
one core, as those of xargs, pytest and Ray have. The rows must be the same.
"""

from __future__ import annotations

import io
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import PIL.Image

from benchmarks.pictures import group

TURNS = 3
GRIDS = ((1, 1, 640), (2, 1, 480), (2, 2, 360), (3, 2, 320))
"""Columns and rows of faces, and the pixels of a field: one to six faces a photo."""


def main() -> None:
    number = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    with tempfile.TemporaryDirectory() as folder:
        photos = Path(folder, "photos")
        write_photos(photos, number)
        print("| turn | one worker | two workers | ratio |\n|---|---|---|---|")
        for turn in range(1, TURNS + 1):
            tables = [Path(folder, f"{workers}.csv") for workers in (1, 2)]
            one, two = (_seconds(photos, table, n) for n, table in enumerate(tables, 1))
            assert tables[0].read_bytes() == tables[1].read_bytes(), "the rows differ"
            print(f"| {turn} | {one:.1f} s | {two:.1f} s | {one / two:.2f} |", flush=True)


def write_photos(folder: Path, number: int) -> None:
    folder.mkdir()
    files = []
    for grid in GRIDS:
        buffer = io.BytesIO()
        PIL.Image.fromarray(group(*grid)).save(buffer, "JPEG", quality=90)
        files.append(buffer.getvalue())
    for index in range(number):
        (folder / f"{index:04}.jpg").write_bytes(files[index % len(files)])


def _seconds(photos: Path, table: Path, workers: int) -> float:
    command = [sys.executable, "-m", "fer", "analyze", str(photos), "--csv", str(table)]
    started = time.perf_counter()
    subprocess.run([*command, "--workers", str(workers)], check=True, stderr=subprocess.DEVNULL)
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
