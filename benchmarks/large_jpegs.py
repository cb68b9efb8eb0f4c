"""Seconds and memory that the JPEGs of phones' largest cameras take to be read.

    python -m benchmarks.large_jpegs

Each is read in a process of its own: the sample's portrait side by side, with a sensor's noise.
"""

from __future__ import annotations

import io
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import PIL.Image

from dashboard import samples
from fer import images

SIZES = ((8064, 6048, 95), (9248, 6944, 90), (12000, 9000, 90), (16320, 12240, 85))


def main() -> None:
    print("| pixels in the file | quality | MB | read as | seconds of CPU | MB of memory |")
    print("|---|---|---|---|---|---|")
    for width, height, quality in SIZES:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "large.jpg"
            path.write_bytes(_jpeg(width, height, quality))
            command = [sys.executable, "-m", "benchmarks.large_jpegs", str(path)]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            megabytes = path.stat().st_size / 1024**2
            print(f"| {width}×{height} | {quality} | {megabytes:.0f} | {done.stdout.strip()} |")


def read(path: Path) -> None:
    """Prints the size read, seconds and the growth of this process's peak memory."""
    data = path.read_bytes()
    before, started = peak_megabytes(), time.process_time()
    height, width = images.decode(data).shape[:2]
    seconds = time.process_time() - started
    print(f"{width}×{height} | {seconds:.1f} | {peak_megabytes() - before:.0f}")


def _jpeg(width: int, height: int, quality: int) -> bytes:
    portrait = samples.astronaut()
    side = portrait.shape[0]
    noise = np.random.default_rng(0).integers(-12, 13, portrait.shape[:2], dtype=np.int16)
    noisy = np.clip(portrait + noise[:, :, None], 0, 255).astype(np.uint8)
    repeats = -(-height // side), -(-width // side), 1
    buffer = io.BytesIO()
    picture = PIL.Image.fromarray(np.tile(noisy, repeats)[:height, :width])
    picture.save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()


def peak_megabytes() -> float:
    """Linux's own count: that of `resource` begins with the parent's peak."""
    status = Path("/proc/self/status").read_text("utf-8")
    line = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) / 1024


if __name__ == "__main__":
    read(Path(sys.argv[1])) if len(sys.argv) > 1 else main()
