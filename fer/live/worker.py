"""The thread of a stream, which analyses its newest frame, and what it knows."""

from __future__ import annotations

import atexit
import logging
import threading
import time as clock
import weakref
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from fer import registry
from fer.errors import FerError
from fer.geometry import Image
from fer.live.analyzer import Analysis, Analyzer, LiveSettings
from fer.live.history import (
    History,
    LatencyMeter,
    LiveStats,
    Person,
    PersonSummary,
    Sample,
)
from fer.live.recording import Recording
from fer.model_card.names import NAME
from fer.results import FrameResult

STALE_SECONDS = 1.0
"""An older result is not shown any more."""

FURTHEST_SECONDS = 0.2
"""Boxes are moved on by their velocity for at most this long."""

_FOLDER_SECONDS = 2.0
_EXIT_SECONDS = 5.0
_GONE = (
    "the model {name!r} is no longer in the models folder; it is used from memory until another "
    "one is chosen."
)

FRAMES_PER_SECOND = 30
"""Frames analysed per second for all visitors together; each has an equal share."""

_log = logging.getLogger(__name__)


class _Crowd:
    """How many feeds of this process are running."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.size = 0

    def __enter__(self) -> None:
        with self._lock:
            self.size += 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self.size -= 1


_crowd = _Crowd()


class Worker:
    """State shared by thread and feed. `settings` and `model` may be replaced at any time."""

    def __init__(self, model: registry.Model, settings: LiveSettings) -> None:
        self.model, self.settings = model, settings
        self._turn = threading.Condition()
        self._slot: tuple[Image, float, float] | None = None
        self._closed = False
        self._newest: tuple[Analysis, float] | None = None
        self._history, self._meter = History(), LatencyMeter()
        self.recording: Recording | None = None
        self._error: str | None = None
        self._notice: str | None = None
        self._checked = clock.monotonic()
        self.thread = threading.Thread(target=self.run, name="live-feed", daemon=True)

    def start(self) -> None:
        self.thread.start()
        _running.add(self)

    def run(self) -> None:
        """The thread: sleeps until a frame arrives; an error in a frame does not end it."""
        analyzer = Analyzer()
        self._try(lambda: analyzer.prepare(self.model, self.settings))
        with _crowd:
            while (frame := self._next()) is not None:
                started = clock.monotonic()
                self._try(partial(self._read, analyzer, *frame))
                if _crowd.size > 1:
                    self._rest(started + _crowd.size / FRAMES_PER_SECOND)

    def stop(self) -> None:
        with self._turn:
            self._closed = True
            self._slot = self._newest = None
            self._turn.notify()

    def offer(self, image: Image, time: float) -> None:
        now = clock.monotonic()
        self._meter.offered(now)
        with self._turn:
            if not self._closed:
                self._slot = (image, time, now)
                self._turn.notify()

    def latest(self, at: float | None) -> FrameResult | None:
        analysis = self._fresh()
        if analysis is None or at is None:
            return None if analysis is None else analysis.result
        ahead = at - analysis.result.time
        return _moved_on(analysis, min(ahead, FURTHEST_SECONDS)) if ahead > 0 else analysis.result

    def people(self) -> tuple[Person, ...]:
        analysis = self._fresh()
        if analysis is None:
            return ()
        return tuple(
            Person(face.track, face.prediction, analysis.since[face.track])
            for face in analysis.result.faces
            if face.track is not None
        )

    def history(self, seconds: float) -> tuple[Sample, ...]:
        return self._history.samples(seconds)

    def summary(self) -> list[PersonSummary]:
        return self._history.summary()

    def stats(self) -> LiveStats:
        return self._meter.stats(clock.monotonic(), len(self.people()))

    def problem(self) -> str | None:
        return self._error or self._notice

    def _next(self) -> tuple[Image, float, float] | None:
        with self._turn:
            self._turn.wait_for(lambda: self._closed or self._slot is not None)
            frame, self._slot = self._slot, None
            return frame

    def _rest(self, until: float) -> None:
        """Sleeps until then, for the benefit of other visitors."""
        with self._turn:
            self._turn.wait_for(lambda: self._closed, max(0.0, until - clock.monotonic()))

    def _read(self, analyzer: Analyzer, image: Image, time: float, offered: float) -> None:
        crowd = _crowd.size
        analysis = analyzer.analyze(image, time, offered, self.model, self.settings, crowd)
        now = clock.monotonic()
        with self._turn:
            self._newest = None if self._closed else (analysis, now)
        self._meter.analysed(now, now - offered, analysis.result.seconds)
        samples = self._history.write(analysis.result.faces, analysis.now)
        if self.recording is not None:
            self.recording.add(samples)
        if now - self._checked > _FOLDER_SECONDS:
            self._checked = now
            name = self.model.card.name
            gone = bool(NAME.fullmatch(name)) and name not in registry.names()
            self._notice = _GONE.format(name=name) if gone else None

    def _try(self, step: Callable[[], None]) -> None:
        """Runs a step; its error becomes the problem, its success clears it."""
        try:
            step()
        except FerError as error:
            self._error = str(error)
        except Exception as error:  # noqa: BLE001 - a model or detector may raise anything
            if self._error is None:
                _log.warning("a live frame could not be analysed", exc_info=True)
            self._error = f"this frame could not be analysed: {type(error).__name__}: {error}"[:300]
        else:
            self._error = None

    def _fresh(self) -> Analysis | None:
        newest = self._newest
        if self._closed or newest is None or clock.monotonic() - newest[1] > STALE_SECONDS:
            return None
        return newest[0]


_running: weakref.WeakSet[Worker] = weakref.WeakSet()


@atexit.register
def _end_all() -> None:
    """A thread inside an engine when the interpreter exits would abort the process."""
    for worker in list(_running):
        worker.stop()
    for worker in list(_running):
        worker.thread.join(_EXIT_SECONDS)


def _moved_on(analysis: Analysis, seconds: float) -> FrameResult:
    """The result with every face where it should be so many seconds later."""
    result = analysis.result
    faces = []
    for result_face in result.faces:
        assert result_face.track is not None
        across, down = (speed * seconds for speed in analysis.velocities[result_face.track])
        face = result_face.face.moved(across, down, result.width, result.height)
        faces.append(replace(result_face, face=face))
    return replace(result, faces=tuple(faces))
