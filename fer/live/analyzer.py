"""Analysis of one stream frame by frame: when to detect and classify, tracking, smoothing."""

from __future__ import annotations

import math
import time as clock
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from fer import images, registry
from fer.errors import BadImage, BadSettings
from fer.geometry import Image
from fer.inference import cropping, detection
from fer.inference.recognizer import Recognizer
from fer.live.pacing import RateController, SteadyTime
from fer.live.smoothing import Smoother
from fer.live.tracker import Tracked, Tracker
from fer.results import FaceResult, FrameResult

LONGEST_SIDE = 1280
"""Larger frames are analysed on a copy of this size."""

SEARCH_SIDES = {"haar": 400}
SEARCH_SIDE = 320
"""Faces are detected on a copy of this size: from 40 pixels on in a frame of 640. The cascade,
which misses too many there, uses a larger one."""

LONGEST_PAUSE = 5.0
"""A face that is seen after so many seconds without a frame starts a new track."""

MOST_EVERY = 100


@dataclass(frozen=True, slots=True)
class LiveSettings:
    """How a stream is analysed. Raises `BadSettings` or `UnknownDetector` for what cannot be.

    `every`: detect faces in every n-th analysed frame (1 to 100); None adapts to the measured
    times. `smoothing`: 0 (none) to 1 (strong). `unsure_below`: the confidence (0 to 1) under which
    a face is "unsure"; None takes the model's own.
    """

    detector: str = detection.DEFAULT
    every: int | None = None
    smoothing: float = 0.5
    unsure_below: float | None = None

    def __post_init__(self) -> None:
        detection.check(self.detector)
        if self.every is not None and not 1 <= self.every <= MOST_EVERY:
            raise BadSettings(
                f"faces are searched in every n-th frame, n from 1 to {MOST_EVERY}; "
                f"got {self.every}."
            )
        if not 0 <= self.smoothing <= 1:
            raise BadSettings(f"smoothing lies between 0 and 1; got {self.smoothing}.")
        if self.unsure_below is not None and not 0 <= self.unsure_below <= 1:
            raise BadSettings(f"the level of unsure lies between 0 and 1; got {self.unsure_below}.")


@dataclass(frozen=True, slots=True, eq=False)
class Analysis:
    """One frame's result, with the motion and age of each track in it.

    `velocities`: (x, y) in the result's pixels a second. `since`: when it was first seen. `now`:
    the stream's steady time, in which `since` counts too. `result.seconds` holds "analysis" and
    its parts: "track", and "detect" and "classify" where they were due.
    """

    result: FrameResult
    now: float
    velocities: Mapping[int, tuple[float, float]]
    since: Mapping[int, float]


class Analyzer:
    """Analyses the frames of one stream, one after the other, in one thread."""

    def __init__(self) -> None:
        self._used: tuple[registry.Model, LiveSettings] | None = None
        self._steady_time = SteadyTime()
        self._tracker, self._smoother = Tracker(), Smoother()
        self._searching = RateController(share=0.08, shortest=0.25, longest=0.45)
        self._following = RateController(share=0.15, shortest=0.1, longest=0.4)
        self._reading = RateController(share=0.3, shortest=1 / 15, longest=0.25)
        self._frames = 0
        self._now = 0.0
        self._crowd = 1
        self._shown: dict[int, FaceResult] = {}

    def prepare(self, model: registry.Model, settings: LiveSettings) -> None:
        """Loads and warms up what the first frame needs."""
        self._adopt(model, settings)
        blank = np.zeros((96, 96, 3), np.uint8)
        detection.detect_with(self._detector, blank)
        self._recognizer.classify(blank, [cropping.whole_face(blank)])

    def analyze(
        self,
        image: Image,
        time: float,
        arrived: float,
        model: registry.Model,
        settings: LiveSettings,
        crowd: int = 1,
    ) -> Analysis:
        """The smoothed result for one frame, RGB uint8 (H, W, 3), in its own pixels.

        `time` is the stream's, `arrived` a monotonic clock's; model and settings may change from
        frame to frame. `crowd` streams are read in this process at the same time.
        Raises `BadImage`, `BadModel` or whatever else the detector or the model raises; the next
        frame can then be analysed as usual.
        """
        started = clock.perf_counter()
        if not isinstance(image, np.ndarray):
            raise BadImage("the camera's frame is no picture.")
        smaller, scale = images.bounded(images.as_image(image), LONGEST_SIDE)
        now = self._steady_time(time, arrived)
        if now - self._now > LONGEST_PAUSE:
            self._tracker.cut()
        self._now = now
        self._adopt(model, settings)
        self._crowd = crowd
        seconds: dict[str, float] = {}
        tracked = self._track(smaller, now, settings.every, seconds)
        faces = self._read(smaller, tracked, now, seconds)
        height, width = smaller.shape[:2]
        seconds["analysis"] = clock.perf_counter() - started
        shown_time = time if math.isfinite(time) else now
        hidden = self._tracker.hidden
        result = FrameResult(faces, width, height, seconds, shown_time, hidden)
        return Analysis(
            result if scale == 1.0 else result.scaled(image.shape[1], image.shape[0]),
            now,
            {face.track: (face.velocity[0] / scale, face.velocity[1] / scale) for face in tracked},
            {face.track: face.since for face in tracked},
        )

    def _adopt(self, model: registry.Model, settings: LiveSettings) -> None:
        """Applies changes of model and settings."""
        if self._used == (model, settings):
            return
        if self._used is None or self._used[1].detector != settings.detector:
            self._detector = detection.create(settings.detector)
            self._side = SEARCH_SIDES.get(settings.detector, SEARCH_SIDE)
            self._frames = 0
            self._following.last = self._searching.last = None
        if self._used is not None and self._used[0] != model:
            self._smoother.clear()
        below = settings.unsure_below
        below = model.uncertain_below if below is None else below
        self._smoother.configure(settings.smoothing, below)
        self._reading.last = None
        self._recognizer = Recognizer(model, settings.detector)
        self._used = (model, settings)

    def _track(
        self, image: Image, now: float, every: int | None, seconds: dict[str, float]
    ) -> tuple[Tracked, ...]:
        started = clock.perf_counter()
        spent = 0.0
        if self._is_search_due(now, every):
            faces = detection.detect_with(self._detector, image, self._side)
            spent = seconds["detect"] = clock.perf_counter() - started
            for controller in (self._following, self._searching):
                controller.done(now, spent)
            tracked = self._tracker.detected(image, faces, now)
        else:
            tracked = self._tracker.moved(image, now)
        self._frames += 1
        seconds["track"] = clock.perf_counter() - started - spent
        return tracked

    def _is_search_due(self, now: float, every: int | None) -> bool:
        if every is not None:
            return self._frames % every == 0
        if self._tracker.alive:
            return self._following.due(now, self._tracker.doubtful, self._crowd)
        return self._searching.due(now, self._tracker.doubtful, self._crowd)

    def _read(
        self,
        image: Image,
        tracked: tuple[Tracked, ...],
        now: float,
        seconds: dict[str, float],
    ) -> tuple[FaceResult, ...]:
        """Each track with its current result, classified again where that is due."""
        alive = self._tracker.alive
        self._smoother.keep(alive)
        self._shown = {track: face for track, face in self._shown.items() if track in alive}
        known = all(seen.track in self._shown for seen in tracked)
        if tracked and (not known or self._reading.due(now, crowd=self._crowd)):
            started = clock.perf_counter()
            classified = self._recognizer.classify(image, [seen.face for seen in tracked])
            for seen, face in zip(tracked, classified.faces, strict=True):
                self._shown[seen.track] = self._steadied(seen.track, face, now)
            seconds["classify"] = clock.perf_counter() - started
            self._reading.done(now, seconds["classify"])
        return tuple(replace(self._shown[seen.track], face=seen.face) for seen in tracked)

    def _steadied(self, track: int, face: FaceResult, now: float) -> FaceResult:
        probabilities, sharpness = face.prediction.probabilities, face.quality.sharpness
        steadied = self._smoother.update(track, probabilities, now, sharpness)
        return replace(face, track=track, prediction=steadied)
