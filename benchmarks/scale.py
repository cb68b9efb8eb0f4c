"""A Ray cluster on this machine beside plain processes, in turns.

    python -m benchmarks.scale photos [NUMBER]    photos a second with one and two workers (200)
    python -m benchmarks.scale overhead [NUMBER]  cut-out faces, each quickly read (1,000)
    python -m benchmarks.scale memory             peaks for 1,000 cut-out faces and for 10,000

Each row is the command `analyze`, its start included. The rows it writes must be the same. Needs
`requirements-ray.txt`.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import numpy as np
import psutil

from benchmarks import folders
from fer import images
from tests import clusters
from tests.clusters import Cluster

TURNS = 3
PHOTOS, FACES, MANY_FACES = 200, 1_000, 10_000
_CPUS = 2


def main() -> None:
    kind, *numbers = sys.argv[1:] or ["photos"]
    with tempfile.TemporaryDirectory() as folder, clusters.running(_CPUS) as cluster:
        pictures = Path(folder, "pictures")
        if kind == "memory":
            _measure_memory(pictures, cluster)
            return
        if kind == "photos":
            number = int(numbers[0]) if numbers else PHOTOS
            folders.write_photos(pictures, number)
            _compare(pictures, number, cluster, (1, 2))
        else:
            number = int(numbers[0]) if numbers else FACES
            _write_faces(pictures, number)
            _compare(pictures, number, cluster, (2,), "--whole-picture")


def _compare(
    pictures: Path, number: int, cluster: Cluster, workers: tuple[int, ...], *flags: str
) -> None:
    print("| turn | workers | processes | Ray | efficiency |\n|---|---|---|---|---|")
    for turn in range(1, TURNS + 1):
        for count in workers:
            tables = [pictures.parent / f"{name}.csv" for name in ("here", "there")]
            common = (*flags, "--workers", str(count))
            here = _seconds(pictures, tables[0], *common)
            there = _seconds(pictures, tables[1], *common, "--address", cluster.address)
            assert tables[0].read_bytes() == tables[1].read_bytes(), "the rows differ"
            rates = f"{number / here:.1f}/s | {number / there:.1f}/s"
            print(f"| {turn} | {count} | {rates} | {here / there:.2f} |", flush=True)


def _measure_memory(pictures: Path, cluster: Cluster) -> None:
    print("| faces | command, MB | largest worker, MB |\n|---|---|---|")
    for number in (FACES, MANY_FACES):
        folder = pictures.with_name(str(number))
        _write_faces(folder, number)
        command = _command(folder, folder.with_suffix(".csv"), "--whole-picture")
        process = psutil.Popen([*command, "--address", cluster.address], stderr=subprocess.DEVNULL)
        here, there = _peaks(process, cluster)
        print(f"| {number:,} | {here:.0f} | {there:.0f} |", flush=True)


def _peaks(process: psutil.Popen, cluster: Cluster) -> tuple[float, float]:
    here = there = 0
    while process.poll() is None:
        with suppress(psutil.Error):
            here = max(here, process.memory_info().rss)
            there = max([there, *(worker.memory_info().rss for worker in cluster.workers())])
        time.sleep(0.2)
    assert process.returncode == 0
    return here / 2**20, there / 2**20


def _write_faces(folder: Path, number: int) -> None:
    folder.mkdir()
    random = np.random.default_rng(0)
    for index in range(number):
        face = random.integers(0, 256, (48, 48, 3), dtype=np.uint8)
        (folder / f"{index:05}.png").write_bytes(images.encode_png(face))


def _command(pictures: Path, table: Path, *flags: str) -> list[str]:
    return [sys.executable, "-m", "fer", "analyze", str(pictures), "--csv", str(table), *flags]


def _seconds(pictures: Path, table: Path, *flags: str) -> float:
    started = time.perf_counter()
    subprocess.run(_command(pictures, table, *flags), check=True, stderr=subprocess.DEVNULL)
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
