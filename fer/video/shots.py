"""A film's frames with the cuts between them, in windows of neighbours of one shot."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from fer.errors import BadImage
from fer.geometry import Image
from fer.video.cuts import SIDE, Glance, Neighbours
from fer.video.reading import FilmFrame

LONGEST_SIDE = 1280
"""Larger frames are analysed on a copy of this size."""

WINDOW_SECONDS = 0.28
MOST_FRAMES = 12
"""A window ends with the first frame that comes so long after the window before: with the seventh
at 25 a second. It has no more than so many frames."""


@dataclass(frozen=True, slots=True, eq=False)
class ShotFrame:
    """A frame to analyse: RGB of up to `LONGEST_SIDE` pixels, what is around it, and whether a shot
    begins with it. `number` counts all frames of the film up to this one."""

    number: int
    frame: FilmFrame
    image: Image
    around: Neighbours
    is_cut: bool

    @property
    def time(self) -> float:
        return self.frame.time


def frames(film: Iterable[FilmFrame], rate: float | None) -> Iterator[ShotFrame]:
    """The frames to analyse, at most `rate` a second; each one comes when the next is known.

    A cut between two of them counts for the second. A frame without pixels is passed over.
    """
    earlier = before = None
    pending: tuple[FilmFrame, Glance] | None = None
    due, is_cut, width = -math.inf, False, 0
    for frame in itertools.chain(film, (None,)):
        try:
            after = None
            if frame is not None:
                width = width or frame.size[0]
                after = Glance.of(frame.image(SIDE), width)
            if pending is not None:
                shown, at = pending
                around = Neighbours(at, before, earlier, after)
                is_cut = is_cut or around.is_cut
                earlier, before = before, at
                if shown.time >= due - 1e-6:
                    due = _next_due(shown.time, due, rate)
                    picture = shown.image(LONGEST_SIDE)
                    yield ShotFrame(shown.index + 1, shown, picture, around, is_cut)
                    is_cut = False
        except BadImage:
            continue
        if frame is not None and after is not None:
            pending = frame, after


def windows(shot_frames: Iterable[ShotFrame]) -> Iterator[list[ShotFrame]]:
    """Frames of one shot that follow each other. The first of a shot is a window of its own."""
    window: list[ShotFrame] = []
    last = -math.inf
    for frame in shot_frames:
        if frame.is_cut and window:
            yield window
            window = []
        window.append(frame)
        is_long = frame.time - last >= WINDOW_SECONDS
        if frame.is_cut or is_long or len(window) >= MOST_FRAMES:
            yield window
            window, last = [], frame.time
    if window:
        yield window


def _next_due(time: float, due: float, rate: float | None) -> float:
    """When the next frame is wanted after one at `time`, in steps from the first one on."""
    if rate is None:
        return -math.inf
    if due == -math.inf:
        return time + 1 / rate
    return due + (math.floor((time + 1e-6 - due) * rate) + 1) / rate
