"""A film analysed frame by frame with the live analyzer's parts, as fast as it can be."""

from __future__ import annotations

import math
import time as clock
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from fer.errors import BadFilm, BadSettings
from fer.images import display_name
from fer.inference.recognizer import Recognizer
from fer.storage import files
from fer.video import reading, shots
from fer.video.following import Follower
from fer.video.reading import FilmFrame, FilmReader
from fer.video.smoothing import FilmSmoother
from fer.video.timeline import TimelineWriter
from fer.video.values import Film

MOST_RATE = 1000.0

_TOLD_SECONDS = 0.5
_SURE_AFTER = 2.0


@dataclass(frozen=True, slots=True)
class Progress:
    """How much of a film is done, 0 to 1, the seconds that are left as far as can be told, and the
    frames that were read."""

    share: float
    seconds_left: float | None
    frames: int


OnProgress = Callable[[Progress], None]


class Pace:
    """Tells about progress now and then, and at the end."""

    def __init__(self, on_progress: OnProgress) -> None:
        self._on_progress = on_progress
        self._began = self._told = clock.monotonic()

    def __call__(self, share: float, frames: int) -> bool:
        """Whether it was told now."""
        now = clock.monotonic()
        if now - self._told < _TOLD_SECONDS:
            return False
        self._told, passed = now, now - self._began
        is_sure = share > 0 and passed > _SURE_AFTER
        left = passed * (1 - share) / share if is_sure else None
        self._on_progress(Progress(share, left, frames))
        return True

    def finish(self, frames: int) -> None:
        self._on_progress(Progress(1.0, 0.0, frames))


def check_rate(frames_per_second: float | None) -> None:
    """Raises `BadSettings` for what no film can be thinned out to."""
    if frames_per_second is None or 0 < frames_per_second <= MOST_RATE:
        return
    raise BadSettings(
        f"a film is thinned out to a number of frames a second above 0, at most {MOST_RATE:.0f}; "
        f"got {frames_per_second:g}."
    )


def analyze(
    path: Path,
    folder: Path,
    recognizer: Recognizer,
    frames_per_second: float | None = None,
    on_progress: OnProgress = lambda progress: None,
    name: str | None = None,
) -> Film:
    """Analyses a film into a timeline in `folder`; returns what is then known of the film.

    What `on_progress` raises ends the work. Then, as when a file is damaged or the disk is full,
    what was analysed so far stays in the folder. `error` of the result says if part of the film
    could not be read. Raises `BadFilm` where none of it can, or where the folder cannot be written.
    """
    check_rate(frames_per_second)
    name = str(path) if name is None else name
    name = name.encode("utf-8", "backslashreplace").decode()  # file names need not be UTF-8
    try:
        with reading.opened(path) as film:
            frames = film.frames()
            first = next(frames, None)
            if first is None:
                raise BadFilm(f"{display_name(name)} has no frame that can be decoded.")
            model = recognizer.model
            facts = Film(
                file=name,
                model=model.card.name,
                detector=recognizer.detector,
                prior=model.prior.name,
                width=first.size[0],
                height=first.size[1],
                frames_per_second=frames_per_second,
            )
            with TimelineWriter(folder, facts) as writer:
                work = _Work(film, first, frames, recognizer, writer)
                work.run(Pace(on_progress))
                return writer.film
    except OSError as error:
        reason = files.reason_of(error)
        raise BadFilm(
            f"the timeline of {display_name(name)} cannot be written: {reason}."
        ) from None


class _Work:
    """One film being analysed."""

    def __init__(
        self,
        film: FilmReader,
        first: FilmFrame,
        rest: Iterator[FilmFrame],
        recognizer: Recognizer,
        writer: TimelineWriter,
    ) -> None:
        self._film, self._first, self._rest = film, first, rest
        self._writer = writer
        self._rate = writer.film.frames_per_second
        self._follower = Follower(recognizer, first.size)
        self._smoother = FilmSmoother(recognizer.model.uncertain_below)
        self._frames, self._seconds, self._share = 0, 0.0, 0.0

    def run(self, pace: Pace) -> None:
        try:
            for window in shots.windows(shots.frames(self._counted(), self._rate)):
                for frame in self._follower.follow(window):
                    for moment in self._smoother.add(frame):
                        self._writer.write(moment)
                if pace(self._share, self._frames):
                    self._save()
        except BaseException:
            self._finish_moments()
            self._save()
            raise
        self._finish_moments()
        error = None
        if self._film.is_damaged:
            name = display_name(self._writer.film.file)
            error = f"{name} is damaged or incomplete: not all of it could be read."
        self._save(is_complete=True, error=error)
        pace.finish(self._frames)

    def _counted(self) -> Iterator[FilmFrame]:
        """All frames; keeps count of how far they were read."""
        frame: FilmFrame | None = self._first
        while frame is not None:
            self._frames, self._share = frame.index + 1, frame.read
            self._seconds = frame.time + frame.seconds
            yield frame
            frame = next(self._rest, None)

    def _finish_moments(self) -> None:
        for moment in self._smoother.finish():
            self._writer.write(moment)

    def _save(self, **changes: bool | str | None) -> None:
        seconds = self._seconds if math.isfinite(self._seconds) else 0.0
        cuts = tuple(self._follower.cuts)
        self._writer.update(frames=self._frames, seconds=seconds, cuts=cuts, **changes)
