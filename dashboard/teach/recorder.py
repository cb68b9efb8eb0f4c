"""A take in the making: a countdown, then frames of a stream, until the time is up."""

from __future__ import annotations

import threading
import time
import weakref
from dataclasses import dataclass

import cv2

from dashboard.camera.stream import Look
from dashboard.server import timers
from fer.geometry import Image
from fer.results import FrameResult

COUNTDOWN_SECONDS = 3.0
FRAMES_PER_SECOND = 8.0
SILENT_SECONDS = 5.0
"""So long after the last frame the camera counts as stopped."""
SHORTEST_SECONDS = 1.0
"""What was recorded before the camera stopped is kept from this length on."""
ABANDONED_SECONDS = 60.0
"""So long after the last frame a take that nobody came back for is dropped."""
_CHECK_SECONDS = 15.0
_WHITE, _BLACK, _RED = (255, 255, 255), (20, 20, 20), (213, 40, 40)


class Recorder:
    """Keeps some frames of a stream, which calls `offer` in its own thread."""

    def __init__(self, emotion: str, seconds: float) -> None:
        self.emotion, self.seconds = emotion, seconds
        self._begin = time.monotonic()
        self._newest = self._begin + COUNTDOWN_SECONDS
        self._first: float | None = None
        self._frames: list[tuple[Image, float]] = []
        self._is_over = self._is_dropped = False
        self._lock = threading.Lock()
        with _recorders_lock:
            _recorders.add(self)
        timers.start_once(_CHECK_SECONDS, drop_abandoned, "takes that nobody came back for")

    def offer(self, image: Image) -> None:
        """A frame of the stream, RGB (H, W, 3): kept if it is time for one."""
        now = time.monotonic()
        with self._lock:
            self._newest = max(self._newest, now)
            if self._is_over or self._is_dropped or now - self._begin < COUNTDOWN_SECONDS:
                return
            self._first = self._first or now
            passed = now - self._first
            if passed >= self.seconds:
                self._is_over = True
            elif not self._frames or passed - self._frames[-1][1] >= 1 / FRAMES_PER_SECOND:
                self._frames.append((image, passed))

    @property
    def countdown(self) -> float:
        """Seconds until it records; 0 from then on."""
        return max(0.0, COUNTDOWN_SECONDS - (time.monotonic() - self._begin))

    @property
    def recorded(self) -> float:
        """Seconds from the first frame to the last, or the whole length."""
        with self._lock:
            if self._is_over:
                return self.seconds
            return self._frames[-1][1] if self._frames else 0.0

    @property
    def is_over(self) -> bool:
        """Whether the take is complete, or no frame comes any more."""
        return self.is_complete or time.monotonic() - self._newest > SILENT_SECONDS

    @property
    def is_complete(self) -> bool:
        with self._lock:
            return self._is_over

    @property
    def is_abandoned(self) -> bool:
        return time.monotonic() - self._newest > ABANDONED_SECONDS

    def drop(self) -> None:
        """Lets go of the frames, and keeps no more."""
        with self._lock:
            self._is_dropped = True
            self._frames.clear()

    def frames(self) -> list[tuple[Image, float]]:
        """The frames so far, each with its seconds."""
        with self._lock:
            return list(self._frames)


_recorders: weakref.WeakSet[Recorder] = weakref.WeakSet()
_recorders_lock = threading.Lock()


def drop_abandoned() -> None:
    """Whole frames stay in memory no longer, though their visitor left the page in the middle."""
    with _recorders_lock:
        recorders = list(_recorders)
    for recorder in recorders:
        if recorder.is_abandoned:
            recorder.drop()


@dataclass(frozen=True, slots=True)
class CuedLook(Look):
    """The stream's picture with the countdown, or what is left to record, drawn into it."""

    recorder: Recorder | None = None

    def draw(self, image: Image, result: FrameResult | None) -> Image:
        shown = Look.draw(self, image, result)
        recorder = self.recorder
        if recorder is None or recorder.is_complete:
            return shown
        shown = shown if shown is not image else image.copy()
        scale = shown.shape[1] / 640
        if recorder.countdown:
            _text(shown, f"{recorder.countdown + 0.99:.0f}", (0.46, 0.22), 3 * scale)
        else:
            centre = round(0.07 * shown.shape[1]), round(0.09 * shown.shape[0])
            cv2.circle(shown, centre, round(13 * scale), _RED, -1, cv2.LINE_AA)
            left = max(0.0, recorder.seconds - recorder.recorded)
            _text(shown, f"{left:.0f} s", (0.11, 0.12), 1.1 * scale)
        return shown


def _text(canvas: Image, text: str, where: tuple[float, float], scale: float) -> None:
    """White with a dark rim, at a place given in shares of width and height."""
    point = round(where[0] * canvas.shape[1]), round(where[1] * canvas.shape[0])
    for colour, width in ((_BLACK, 5), (_WHITE, 2)):
        thickness = max(1, round(width * scale))
        cv2.putText(
            canvas, text, point, cv2.FONT_HERSHEY_SIMPLEX, scale, colour, thickness, cv2.LINE_AA
        )
