"""Peak memory of photos that cost the most, read by one visitor and by eight at once.

    python -m benchmarks.photo_memory

Each row is a process of its own, in which a small photo was read before.
"""

from __future__ import annotations

import io
import subprocess
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import PIL.Image

from benchmarks.large_jpegs import peak_megabytes
from dashboard import samples
from dashboard.model_picker import Reader
from dashboard.photos import picture
from dashboard.server import heaps, memory
from fer import images

_FACE = slice(68, 190), slice(163, 285)
_TINY, _ACROSS = 20, 51


def tiny_faces() -> bytes:
    """2,601 faces of 20 pixels."""
    face = cv2.resize(samples.astronaut()[_FACE], (_TINY, _TINY), interpolation=cv2.INTER_AREA)
    return images.encode_png(np.ascontiguousarray(np.tile(face, (_ACROSS, _ACROSS, 1))))


def transparent() -> bytes:
    """50 megapixels with transparency, which the metadata turns."""
    exif = PIL.Image.Exif()
    exif[0x0112] = 6
    buffer = io.BytesIO()
    layer = PIL.Image.new("RGBA", (8160, 6120), (90, 120, 90, 200))
    layer.save(buffer, "PNG", compress_level=1, exif=exif)
    return buffer.getvalue()


_PHOTOS: dict[str, Callable[[], bytes]] = {"tiny faces": tiny_faces, "transparent": transparent}


def main() -> None:
    print("| photo | KB | visitors | MB more at the peak |")
    print("|---|---|---|---|")
    for name, make in _PHOTOS.items():
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "photo.png"
            path.write_bytes(make())
            for visitors in (1, 8):
                command = [sys.executable, "-m", "benchmarks.photo_memory", str(path)]
                done = subprocess.run(
                    [*command, str(visitors)], capture_output=True, text=True, check=True
                )
                size = path.stat().st_size / 1024
                print(f"| {name} | {size:.0f} | {visitors} | {done.stdout.strip()} |", flush=True)


def measure(path: Path, visitors: int) -> None:
    """Prints by how much the peak grows while so many read the photo."""
    heaps.bound()
    memory.settle()
    reader, data = Reader("crowd"), path.read_bytes()
    picture.read("small.png", images.encode_png(samples.astronaut()), reader)
    before = peak_megabytes()
    with ThreadPoolExecutor(visitors) as threads:
        list(threads.map(lambda _: picture.read("photo.png", data, reader), range(visitors)))
    print(f"{peak_megabytes() - before:.0f}")


if __name__ == "__main__":
    measure(Path(sys.argv[1]), int(sys.argv[2])) if len(sys.argv) > 1 else main()
