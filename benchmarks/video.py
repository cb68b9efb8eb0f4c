"""A film's analysis against analysing each of its frames as a photo.

    python -m benchmarks.video                  speed and agreement, one and six faces, in turns
    python -m benchmarks.video --memory         memory for a film ten times as long
    python -m benchmarks.video FILM…            speed and agreement on films of one's own

The films are 640×480, 25 frames a second: the sample's portrait moves, grows and changes its light,
six times over or once. Nothing else should run on the machine; the two ways alternate, so that the
ratio holds even so.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np

from dashboard import samples
from fer.geometry import Box, Image
from fer.inference.recognizer import Recognizer
from fer.results import FrameResult
from fer.video import analysis, reading
from fer.video.timeline import Timeline
from fer.video.values import Moment

RATE = 25
WIDTH, HEIGHT = 640, 480
FRAMES, ROUNDS = 100, 3
SHORT_FRAMES, TIMES_AS_LONG = 250, 10
TWO_HOURS = 2 * 3600 * RATE

_LEAST_OVERLAP = 0.3
_ANYTHING = 10**6
_COLUMNS = {1: 1, 6: 3}


@dataclass(slots=True)
class Compared:
    """Faces that the photo way finds; of these found in the film too; of these sure in both; and of
    these with the same label."""

    photo: int = 0
    found: int = 0
    sure: int = 0
    equal: int = 0

    def add(self, moment: Moment, photo: FrameResult) -> None:
        for face in photo.faces:
            self.photo += 1
            overlaps = [(_overlap(face.face.box, other.box), other) for other in moment.faces]
            best, match = max(overlaps, key=lambda pair: pair[0], default=(0.0, None))
            if match is None or best < _LEAST_OVERLAP:
                continue
            self.found += 1
            if not (face.prediction.uncertain or match.prediction.uncertain):
                self.sure += 1
                self.equal += face.prediction.label == match.prediction.label


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("films", nargs="*", type=Path, metavar="FILM")
    parser.add_argument("--memory", action="store_true", help="memory alone")
    options = parser.parse_args()
    print(f"load average before: {os.getloadavg()[0]:.1f}; {os.cpu_count()} cores\n")
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        if options.memory:
            _memory(folder)
            return
        _row("film", "frames/s", "as photos", "times as fast", "found", "labels equal")
        _row(*["---"] * 6)
        for path in options.films:
            _compare(path.name, [path], folder)
        if not options.films:
            for faces in (1, 6):
                films = [
                    write(folder / f"{faces}-{turn}.mp4", faces, FRAMES, turn * FRAMES)
                    for turn in range(ROUNDS)
                ]
                _compare(f"{faces} {'face' if faces == 1 else 'faces'}", films, folder)
    print("\nWanted: at least 3 times as fast, found 97%, labels equal on 95% of the sure faces.")


def write(path: Path, faces: int, count: int, first: int = 0) -> Path:
    """A film of so many frames; they repeat after `SHORT_FRAMES`."""
    with av.open(path, "w") as film:
        stream = film.add_stream("libx264", rate=RATE, options={"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for number in range(first, first + count):
            picture = frame(number % SHORT_FRAMES, faces)
            shown = av.VideoFrame.from_ndarray(picture, format="rgb24")
            shown.pts, shown.time_base = number - first, Fraction(1, RATE)
            film.mux(stream.encode(shown))
        film.mux(stream.encode(None))
    return path


def frame(number: int, faces: int) -> Image:
    """RGB (480, 640, 3): faces that move, grow and change their light, each in its own time."""
    portrait = samples.astronaut()[10:210, 125:325]
    picture = np.full((HEIGHT, WIDTH, 3), (70, 90, 110), np.uint8)
    columns = _COLUMNS[faces]
    rows = faces // columns
    across, down = WIDTH // columns, HEIGHT // rows
    for face in range(faces):
        turn = 2 * np.pi * (number / SHORT_FRAMES * (1 + face % 3) + face / 6)
        side = round(min(across, down) * (0.75 + 0.15 * np.sin(turn)))
        left = face % columns * across + round((across - side) / 2 * (1 + np.cos(turn)))
        top = face // columns * down + (down - side) // 2
        scaled = cv2.resize(portrait, (side, side), interpolation=cv2.INTER_AREA)
        light = 0.8 + 0.3 * np.sin(2 * turn)
        lit = np.clip(scaled * light, 0, 255).astype(np.uint8)
        picture[top : top + side, left : left + side] = lit[:, ::-1] if face % 2 else lit
    return picture


def _compare(name: str, films: list[Path], folder: Path) -> None:
    recognizer = Recognizer()
    recognizer.analyze(frame(0, 1))
    compared, frames = Compared(), 0
    seconds = {"film": 0.0, "photos": 0.0}
    for path in films:
        with _timed(seconds, "film"):
            analysis.analyze(path, folder, recognizer)
        moments = Timeline.read(folder).moments()
        with reading.opened(path) as film:
            for shown, moment in zip(film.frames(), moments, strict=True):
                with _timed(seconds, "photos"):
                    result = recognizer.analyze(shown.image(_ANYTHING))
                compared.add(moment, result)
                frames += 1
    _row(
        name,
        f"{frames / seconds['film']:.1f}",
        f"{frames / seconds['photos']:.1f}",
        f"{seconds['photos'] / seconds['film']:.1f}",
        f"{compared.found / max(1, compared.photo):.1%} of {compared.photo}",
        f"{compared.equal / max(1, compared.sure):.1%} of {compared.sure}",
    )


@contextmanager
def _timed(seconds: dict[str, float], key: str) -> Iterator[None]:
    started = time.perf_counter()
    yield
    seconds[key] += time.perf_counter() - started


def _memory(folder: Path) -> None:
    """Peak memory of the command for a film and for a longer one."""
    _row("frames", "seconds of film", "peak, MB", "frames/s", "CPU ms a frame")
    _row(*["---"] * 5)
    peaks, counts, cpu = [], (SHORT_FRAMES, SHORT_FRAMES * TIMES_AS_LONG), 0.0
    for count in counts:
        path = write(folder / "film.mp4", 1, count)
        command = [sys.executable, "-m", "fer", "video", str(path), "--csv", os.devnull]
        started = time.monotonic()
        child = subprocess.Popen([*command, "--json", str(folder / "film.json")])
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        assert child.returncode == 0, "the command failed"
        rate = count / (time.monotonic() - started)
        cpu = (usage.ru_utime + usage.ru_stime) / count
        peaks.append(usage.ru_maxrss / 1024)
        _row(count, count // RATE, f"{peaks[-1]:.0f}", f"{rate:.1f}", f"{1000 * cpu:.0f}")
    grown = peaks[1] / peaks[0] - 1
    a_frame = max(0.0, peaks[1] - peaks[0]) / (counts[1] - counts[0])
    print(
        f"\n{TIMES_AS_LONG} times as long: {grown:+.1%} memory (wanted: under +10%). If it went on "
        f"so, a film of two hours ({TWO_HOURS:,} frames) would take at most "
        f"{peaks[1] + a_frame * TWO_HOURS:.0f} MB; it takes {TWO_HOURS * cpu / 60:.0f} minutes of "
        "one core."
    )


def _overlap(a: Box, b: Box) -> float:
    """Intersection over union."""
    across = min(a.right, b.right) - max(a.left, b.left)
    down = min(a.bottom, b.bottom) - max(a.top, b.top)
    common = max(0, across) * max(0, down)
    return common / (a.width * a.height + b.width * b.height - common)


def _row(*cells: object) -> None:
    print(f"| {' | '.join(map(str, cells))} |", flush=True)


if __name__ == "__main__":
    main()
