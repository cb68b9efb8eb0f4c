"""One visitor's stream: frames are offered, a thread of its own reads the newest, pages ask."""

from __future__ import annotations

import threading
import time as clock
import weakref
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from fer import images, registry
from fer.errors import BadSettings, FerError
from fer.inference import detection
from fer.inference.recognizer import Recognizer
from fer.inference.smoothing import Smoother
from fer.inference.tracking import Tracked, Tracker
from fer.values import FaceResult, FrameResult, Image, Prediction, Probabilities

HISTORY_SECONDS = 60.0
SAMPLES_PER_SECOND = 10
STALE_SECONDS = 1.0
STATS_SECONDS = 5.0
SEARCH_SIDE = 320


@dataclass(frozen=True, slots=True)
class LiveSettings:
    """How a stream is read. Raises `BadSettings` for values outside what they may be.

    `every`: detect faces in every n-th analysed frame (1 to 100); None adapts to the time it
    takes. `smoothing`: 0 (none) to 1 (strong). `unsure_below`: the confidence (0 to 1) under which
    the label is "unsure"; None takes the model's own.
    """

    detector: str = detection.DEFAULT
    every: int | None = None
    smoothing: float = 0.5
    unsure_below: float | None = None

    def __post_init__(self) -> None:
        detection.check(self.detector)
        if self.every is not None and not 1 <= self.every <= 100:
            raise BadSettings(f"every is a number from 1 to 100, or none; got {self.every}.")
        if not 0 <= self.smoothing <= 1:
            raise BadSettings(f"smoothing lies between 0 and 1; got {self.smoothing}.")
        if self.unsure_below is not None and not 0 <= self.unsure_below <= 1:
            raise BadSettings(f"unsure_below lies between 0 and 1; got {self.unsure_below}.")


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """One person at one moment, smoothed. `time`: seconds in the stream."""

    time: float
    track: int
    probabilities: Probabilities
    label: str
    confidence: float
    uncertain: bool

    @property
    def words(self) -> str:
        """What may be shown: the label, or "unsure"."""
        return "unsure" if self.uncertain else self.label


@dataclass(frozen=True, slots=True, eq=False)
class Person:
    """Who is on screen now. `since`: when this track was first seen, in stream seconds."""

    track: int
    prediction: Prediction
    since: float


@dataclass(frozen=True, slots=True)
class PersonSummary:
    """One track of the session: first and last seen in stream seconds, and the seconds spent in
    each expression and in "unsure"."""

    track: int
    first_seen: float
    last_seen: float
    seconds: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Spread:
    """Median and 95th percentile in seconds; both None before anything was measured."""

    p50: float | None = None
    p95: float | None = None


@dataclass(frozen=True, slots=True)
class LiveStats:
    """What was measured over the last seconds.

    `analysis`: one frame from taking it to its result, of which `detect` (frames with a detection
    only), `track` and `classify` are the steps. `delay`: from offering a frame to its result.
    """

    offered_per_second: float = 0.0
    analysed_per_second: float = 0.0
    detections_per_second: float = 0.0
    faces: int = 0
    analysis: Spread = field(default_factory=Spread)
    detect: Spread = field(default_factory=Spread)
    track: Spread = field(default_factory=Spread)
    classify: Spread = field(default_factory=Spread)
    delay: Spread = field(default_factory=Spread)


class LiveFeed:
    """One visitor's stream. All methods may be called from any thread.

    >>> feed = LiveFeed(registry.load())
    >>> feed.offer(image, time)   # in the frame callback: RGB uint8 (H, W, 3), stream seconds
    >>> annotate.draw(image, result) if (result := feed.latest(at=time)) else image
    >>> feed.close()
    """

    def __init__(self, model: registry.Model, settings: LiveSettings = LiveSettings()) -> None:
        self._worker = _Worker(model, settings)
        self._end = weakref.finalize(self, self._worker.stop)
        threading.Thread(target=self._worker.run, name="live", daemon=True).start()

    def offer(self, image: Image, time: float) -> None:
        """Hands over the newest frame; one that was not analysed yet is dropped.

        Never blocks, never raises, copies nothing: the array must not be written to afterwards.
        """
        self._worker.offer(image, time)

    def latest(self, at: float | None = None) -> FrameResult | None:
        """The newest result in pixels of the frame it was read from, `time` being that frame's;
        None when there is none of the last second. With `at`, the stream time of the frame to be
        drawn on, boxes move on by their velocity for at most a fraction of a second."""
        return self._worker.latest(at)

    def configure(self, settings: LiveSettings) -> None:
        """Other settings from the next frame on."""
        self._worker.settings = settings

    def use(self, model: registry.Model) -> None:
        """Another model from the next frame on; tracks stay who they are."""
        self._worker.model = model

    def history(self, seconds: float = HISTORY_SECONDS) -> tuple[Sample, ...]:
        """The last seconds (60 at the most), oldest first, ten samples a second and person."""
        return self._worker.samples(seconds)

    def people(self) -> tuple[Person, ...]:
        """Who is on screen now, left to right; none once results are stale."""
        return self._worker.people()

    def stats(self) -> LiveStats:
        """What was measured over the last seconds."""
        return self._worker.stats()

    def problem(self) -> str | None:
        """A sentence on what last went wrong; None once a frame was read again."""
        return self._worker.problem

    def summary(self) -> list[PersonSummary]:
        """Everyone of this session, in the order in which they came."""
        return self._worker.summary()

    def close(self) -> None:
        """Ends the thread soon, without waiting for it. Results, history and summary stay."""
        self._end()


class _Worker:
    def __init__(self, model: registry.Model, settings: LiveSettings) -> None:
        self.model, self.settings = model, settings
        self.problem: str | None = None
        self._turn = threading.Condition()
        self._slot: tuple[Image, float, float] | None = None
        self._closed = False
        self._lock = threading.Lock()
        self._tracker, self._smoother = Tracker(), Smoother()
        self._detector: detection.Detector | None = None
        self._using: tuple[LiveSettings, registry.Model] | None = None
        self._count = 0
        self._result: tuple[FrameResult, float] | None = None
        self._tracked: dict[int, Tracked] = {}
        self._samples: deque[Sample] = deque(maxlen=6000)
        self._offers: deque[float] = deque(maxlen=300)
        self._timings: deque[dict[str, float]] = deque(maxlen=300)
        self._people: dict[int, PersonSummary] = {}

    def offer(self, image: Image, time: float) -> None:
        now = clock.monotonic()
        with self._turn:
            if not self._closed:
                self._slot = (image, time, now)
                self._offers.append(now)
                self._turn.notify()

    def stop(self) -> None:
        with self._turn:
            self._closed = True
            self._slot = None
            self._turn.notify()

    def run(self) -> None:
        while True:
            with self._turn:
                self._turn.wait_for(lambda: self._closed or self._slot is not None)
                slot, self._slot = self._slot, None
            if slot is None:
                return
            try:
                self._analyse(*slot)
                self.problem = None
            except FerError as error:
                self.problem = str(error)
            except Exception as error:  # noqa: BLE001 - the thread must outlive any one frame
                self.problem = f"a frame could not be read: {type(error).__name__}: {error}."

    def _analyse(self, image: Image, time: float, offered: float) -> None:
        started = clock.perf_counter()
        image = images.as_image(image)
        settings, model = self.settings, self.model
        if self._using is None or self._using[0] != settings or self._using[1] is not model:
            if self._using is None or self._using[0].detector != settings.detector:
                self._detector = detection.create(settings.detector)
            below = settings.unsure_below
            below = model.card.uncertain_below if below is None else below
            self._smoother.configure(settings.smoothing, below)
            self._using = (settings, model)
        assert self._detector is not None
        timing: dict[str, float] = {}
        if self._count % (settings.every or 3) == 0:
            smaller, scale = images.bounded(image, SEARCH_SIDE)
            height, width = image.shape[:2]
            found = detection.detect_with(self._detector, smaller)
            faces = [f.scaled(1 / scale, 1 / scale, width, height) for f in found]
            timing["detect"] = clock.perf_counter() - started
            tracked = self._tracker.detected(image, faces, time)
        else:
            tracked = self._tracker.moved(image, time)
        self._count += 1
        timing["track"] = clock.perf_counter() - started - timing.get("detect", 0.0)
        result = Recognizer(model, settings.detector).classify(image, [t.face for t in tracked])
        faces_now = tuple(
            replace(one, track=t.track, prediction=self._steady(t, one, time))
            for t, one in zip(tracked, result.faces, strict=True)
        )
        self._smoother.keep({t.track for t in tracked})
        timing["classify"] = result.seconds["classify"]
        timing["analysis"] = clock.perf_counter() - started
        now = clock.monotonic()
        timing["delay"], timing["at"] = now - offered, now
        with self._lock:
            self._result = replace(result, faces=faces_now, time=time), now
            self._tracked = {t.track: t for t in tracked}
            self._timings.append(timing)
            self._remember(faces_now, time)

    def _steady(self, tracked: Tracked, one: FaceResult, time: float) -> Prediction:
        return self._smoother.update(tracked.track, one.prediction.probabilities, time)

    def _remember(self, faces: tuple[FaceResult, ...], time: float) -> None:
        for face in faces:
            assert face.track is not None
            p = face.prediction
            self._samples.append(
                Sample(time, face.track, p.probabilities, p.label, p.confidence, p.uncertain)
            )
            old = self._people.get(face.track) or PersonSummary(face.track, time, time, {})
            spent = max(0.0, min(0.5, time - old.last_seen))
            seconds = {**old.seconds, p.words: old.seconds.get(p.words, 0.0) + spent}
            self._people[face.track] = replace(old, last_seen=time, seconds=seconds)

    def latest(self, at: float | None) -> FrameResult | None:
        with self._lock:
            held = self._result
        if held is None or clock.monotonic() - held[1] > STALE_SECONDS:
            return None
        return held[0]

    def people(self) -> tuple[Person, ...]:
        result = self.latest(None)
        with self._lock:
            return tuple(
                Person(f.track, f.prediction, self._tracked[f.track].since)
                for f in (result.faces if result else ())
                if f.track in self._tracked
            )

    def samples(self, seconds: float) -> tuple[Sample, ...]:
        with self._lock:
            samples = tuple(self._samples)
        return tuple(s for s in samples if s.time > samples[-1].time - seconds)

    def summary(self) -> list[PersonSummary]:
        with self._lock:
            return list(self._people.values())

    def stats(self) -> LiveStats:
        since = clock.monotonic() - STATS_SECONDS
        with self._lock:
            timings = [t for t in self._timings if t["at"] > since]
            faces = len(self._tracked)
        with self._turn:
            offers = [t for t in self._offers if t > since]

        def spread(step: str) -> Spread:
            values = [t[step] for t in timings if step in t]
            if not values:
                return Spread()
            p50, p95 = np.percentile(values, [50, 95])
            return Spread(float(p50), float(p95))

        return LiveStats(
            offered_per_second=len(offers) / STATS_SECONDS,
            analysed_per_second=len(timings) / STATS_SECONDS,
            detections_per_second=sum("detect" in t for t in timings) / STATS_SECONDS,
            faces=faces,
            analysis=spread("analysis"),
            detect=spread("detect"),
            track=spread("track"),
            classify=spread("classify"),
            delay=spread("delay"),
        )
