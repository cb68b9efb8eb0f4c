"""Peak memory and seconds of what reads files, on hostile ones beside plain ones.

    python -m benchmarks.limits

The hostile files have a few kilobytes and claim far more: cells that unpack to hundreds of
megabytes, rows that all name one cell, lists, tags that share their bytes, scans without end. Each
command runs in a process of its own, which tells its own peak.
"""

from __future__ import annotations

import contextlib
import io
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import PIL.Image
from numpy.typing import NDArray

from fer import cli
from fer.data import selection
from fer.errors import FerError
from fer.images import jpeg
from fer.runs import processes
from tests.fer.data import hostile
from tests.fer.data.hostile import MB

SETS = "inspect", "evaluate", "training"
_EVALUATE = ("evaluate", "--model", "crowd-small", "--labels", "own", "--data")


def main() -> None:
    print("| file | KB | command | MB at most | s of CPU | end |")
    print("|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for name, path, commands in _files(Path(folder)):
            for command in commands:
                arguments = [sys.executable, "-m", "benchmarks.limits", command, str(path)]
                done = subprocess.run(arguments, capture_output=True, text=True)
                cells = done.stdout.strip().splitlines()[-1:] or [f"ended: {done.returncode} | |"]
                kilobytes = path.stat().st_size / 1024
                print(f"| {name} | {kilobytes:,.0f} | {command} | {cells[0]} |", flush=True)
            path.unlink()


def run(command: str, path: str) -> None:
    """Does one command, and prints its peak memory, its seconds of CPU, and how it ended."""
    started, said = time.process_time(), io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        end = _training(path) if command == "training" else _command(command, path)
    seconds = time.process_time() - started
    print(f"{_peak_megabytes():,.0f} | {seconds:.1f} | {end}")


def _command(command: str, path: str) -> str:
    arguments = {
        "inspect": ("inspect", "--data", path),
        "evaluate": (*_EVALUATE, path),
        "analyze": ("analyze", path, "--json", "-"),
    }
    return "refused" if cli.main(arguments[command]) else "read"


def _training(path: str) -> str:
    """What a job does with a data set before it waits for its turn."""
    try:
        with processes.limited_memory():
            selection.prepared(path)
    except FerError as error:
        return "nothing to train on" if "has no faces in" in str(error) else "refused"
    return "read"


def _files(folder: Path) -> Iterator[tuple[str, Path, tuple[str, ...]]]:
    random = np.random.default_rng(0)
    faces = random.integers(0, 256, (3000, 48, 48), np.uint8)
    table = folder / "faces.parquet"
    yield "3,000 faces of 48 × 48", hostile.cells(table, [_png(face) for face in faces]), SETS
    yield "500 rows, one cell of 20 MB", hostile.one_cell(table, bytes(20 * MB), 500), SETS
    yield "3 cells of 300 MB", hostile.cells(table, [bytes(300 * MB)] * 3), SETS
    yield "a list of 90 million values", hostile.long_list(table, 90_000_000), SETS
    large = hostile.encoded(10_000, 5_000)
    yield "9 rows, one PNG of 50 megapixels", hostile.one_cell(table, large, 9), SETS
    rows = b"emotion,pixels\n" + b"".join(b"%d,%s\n" % (n % 7, b"7 " * 64) for n in range(10_000))
    zipped = folder / "faces.zip"
    yield "10,000 faces of 8 × 8 as text", hostile.packed(zipped, {"faces.csv": rows}), SETS
    endless = {"faces.csv": b"emotion,pixels\n" + b"7 " * 30_000_000}
    yield "one line of 60 million characters", hostile.packed(zipped, endless), SETS
    for name, data in _pictures(random):
        picture = folder / "picture"
        picture.write_bytes(data)
        yield name, picture, ("analyze",)


def _pictures(random: np.random.Generator) -> Iterator[tuple[str, bytes]]:
    small = PIL.Image.fromarray(random.integers(0, 256, (300, 400, 3), np.uint8))
    plain = small.resize((4000, 3000))
    yield "JPEG of 12 megapixels", _encoded(plain, "JPEG")
    yield "PNG of 50 megapixels, black and white", hostile.encoded(10_000, 5_000)
    progressive = _encoded(plain, "JPEG", progressive=True)
    at, cost = progressive.rindex(b"\xff\xda"), jpeg.cost(progressive, 1000)
    assert cost is not None
    for scans in (64, 2000):
        more = progressive[at:-2] * (scans - cost.scans)
        yield f"the same JPEG in {scans:,} scans", progressive[:-2] + more + progressive[-2:]
    tagged = _encoded(small, "PNG", exif=_tags(1000, MB // 2))
    yield "PNG with 1,000 tags of the same 0.5 MB", tagged
    yield "pixmap with 2 million comments", b"P2\n50 50\n255\n" + b"#\n" * 2 * 10**6 + b"0 " * 2500
    yield "PNG of 20 × 60,000 pixels", hostile.encoded(60_000, 20, "RGB")


def _tags(number: int, size: int) -> bytes:
    entries = b"".join(struct.pack("<HHII", 40000 + n, 1, size - 8, 2) for n in range(number))
    return (b"II*\0\x08\0\0\0" + struct.pack("<H", number) + entries).ljust(size, b"\0")


def _png(face: NDArray[np.uint8]) -> bytes:
    return _encoded(PIL.Image.fromarray(face), "PNG")


def _encoded(picture: PIL.Image.Image, format: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, format, **options)
    return buffer.getvalue()


def _peak_megabytes() -> float:
    """Linux's own count: that of `resource` begins with the parent's peak."""
    status = Path("/proc/self/status").read_text("utf-8")
    line = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) / 1024


if __name__ == "__main__":
    run(*sys.argv[1:]) if len(sys.argv) > 1 else main()
