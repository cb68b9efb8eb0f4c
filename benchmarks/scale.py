"""A Ray cluster on this machine beside plain processes, in turns.

    python -m benchmarks.scale photos [NUMBER]    photos a second with one and two workers (200)
    python -m benchmarks.scale overhead [NUMBER]  cut-out faces, each quickly read (1,000)
    python -m benchmarks.scale memory             peaks for 1,000 cut-out faces and for 10,000
    python -m benchmarks.scale sweep              eight short trials, and the same one by one

    python -m benchmarks.scale train              two epochs here, and by one and two workers

Each row is a whole command, its start included; the rows that `analyze` writes must be the same.
The cluster ends with this command, however that ends. Needs `requirements-ray.txt`.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from benchmarks import folders
from fer import images
from tests import clusters
from tests.clusters import Cluster

TURNS = 3
PHOTOS, FACES, MANY_FACES = 200, 1_000, 10_000
SWEEP: dict[str, Any] = {
    "settings": {"data": "drawn", "network": "mlp", "epochs": 9},
    "search": {"learning_rate": {"low": 0.001, "high": 0.1, "log": True}},
    "trials": 8,
}
TRAINING = ("--data", "drawn", "--network", "resnet", "--epochs", "2", "--batch-size", "64")
_CPUS = 2


def main() -> None:
    kind, *numbers = sys.argv[1:] or ["photos"]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with tempfile.TemporaryDirectory() as folder, clusters.running(_CPUS) as cluster:
        pictures = Path(folder, "pictures")
        if kind == "memory":
            _measure_memory(pictures, cluster)
            return
        if kind == "sweep":
            _measure_sweep(Path(folder), cluster)
            return
        if kind == "train":
            _measure_training(Path(folder), cluster)
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
    print("| faces | command, MB | largest worker, MB | command, CPU ms a face |")
    print("|---|---|---|---|")
    for number in (FACES, MANY_FACES):
        folder = pictures.with_name(str(number))
        _write_faces(folder, number)
        command = _command(folder, folder.with_suffix(".csv"), "--whole-picture")
        process = psutil.Popen([*command, "--address", cluster.address], stderr=subprocess.DEVNULL)
        here, there, seconds = _peaks(process, cluster)
        milliseconds = 1000 * seconds / number
        print(f"| {number:,} | {here:.0f} | {there:.0f} | {milliseconds:.2f} |", flush=True)


def _peaks(process: psutil.Popen, cluster: Cluster) -> tuple[float, float, float]:
    """Peaks of the command and of a worker in MB, and the command's own seconds of CPU."""
    here = there = seconds = 0
    try:
        while process.poll() is None:
            with suppress(psutil.Error):
                here = max(here, process.memory_info().rss)
                seconds = sum(process.cpu_times()[:2])
                there = max([there, *(worker.memory_info().rss for worker in cluster.workers())])
            time.sleep(0.2)
    finally:
        if process.poll() is None:
            process.kill()
    assert process.returncode == 0
    return here / 2**20, there / 2**20, seconds


def _measure_sweep(folder: Path, cluster: Cluster) -> None:
    """Without early stopping, and with it."""
    environment = {**os.environ, "FER_RUNS": str(folder / "runs"), "FER_MODELS": str(folder / "m")}
    print("| way | s | epochs |\n|---|---|---|")
    for grace in (SWEEP["settings"]["epochs"], 1):
        sweep, trials = folder / "sweep.json", folder / "trials.json"
        sweep.write_text(json.dumps({**SWEEP, "grace": grace}))
        flags = (str(sweep), "--workers", str(_CPUS), "--json", str(trials))
        seconds = _training_seconds(environment, "sweep", *flags, "--address", cluster.address)
        rows = json.loads(trials.read_text())
        epochs = sum(row["epochs"] for row in rows)
        print(f"| sweep, {_CPUS} at a time, grace {grace} | {seconds:.0f} | {epochs} |", flush=True)
    seconds = 0.0
    for row in rows:
        values = {**SWEEP["settings"], **{name: row[name] for name in SWEEP["search"]}}
        (folder / "settings.json").write_text(json.dumps(values))
        given = str(folder / "settings.json")
        seconds += _training_seconds(environment, "train", "--settings", given)
    epochs = len(rows) * SWEEP["settings"]["epochs"]
    print(f"| `train`, one by one | {seconds:.0f} | {epochs} |")


def _measure_training(folder: Path, cluster: Cluster) -> None:
    print("| way | whole command, s | last epoch, s | loss | validation loss |")
    print("|---|---|---|---|---|")
    one_thread = {"TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1"}
    ways: dict[str, tuple[dict[str, str], tuple[str, ...]]] = {
        "one process": ({}, ()),
        "one process, one thread": (one_thread, ()),
        "1 worker": ({}, ("--workers", "1", "--address", cluster.address)),
        "2 workers": ({}, ("--workers", "2", "--address", cluster.address)),
    }
    for way, (variables, shared) in ways.items():
        runs = folder / way
        places = {"FER_RUNS": str(runs), "FER_MODELS": str(folder / "m")}
        environment = {**os.environ, **places, **variables}
        seconds = _training_seconds(environment, "train", *TRAINING, *shared)
        (table,) = runs.glob("*/metrics.jsonl")
        row = json.loads(table.read_text().splitlines()[-1])
        losses = f"{row['loss']:.5f} | {row['val_loss']:.5f}"
        print(f"| {way} | {seconds:.0f} | {row['seconds']:.1f} | {losses} |", flush=True)


def _training_seconds(environment: dict[str, str], *arguments: str) -> float:
    started = time.perf_counter()
    command = [sys.executable, "-m", "fer", *arguments]
    subprocess.run(command, check=True, capture_output=True, env=environment)
    return time.perf_counter() - started


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
