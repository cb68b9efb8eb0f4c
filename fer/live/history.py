"""Bounded history of a stream: the last minute, the people in it, timings."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

from fer.results import FaceResult, Prediction, Probabilities

HISTORY_SECONDS = 60.0
SAMPLES_PER_SECOND = 10
STATS_SECONDS = 5.0
MOST_PEOPLE = 200
"""Beyond so many tracks in a session, the shortest are forgotten."""

_LONGEST_GAP = 0.5


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
    def display_label(self) -> str:
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
    """Median and 95th percentile in seconds; both None where nothing was measured."""

    p50: float | None = None
    p95: float | None = None

    @classmethod
    def of(cls, values: Iterable[float]) -> Spread:
        values = list(values)
        if not values:
            return cls()
        p50, p95 = np.percentile(values, [50, 95])
        return cls(float(p50), float(p95))


@dataclass(frozen=True, slots=True)
class LiveStats:
    """What was measured over the last seconds.

    `analysis`: one frame from start to result. Of its steps, `detect` and `classify` count only the
    frames in which they ran. `delay`: from offering a frame to its result.
    """

    offered_per_second: float = 0.0
    analysed_per_second: float = 0.0
    detections_per_second: float = 0.0
    classifications_per_second: float = 0.0
    faces: int = 0
    analysis: Spread = field(default_factory=Spread)
    detect: Spread = field(default_factory=Spread)
    track: Spread = field(default_factory=Spread)
    classify: Spread = field(default_factory=Spread)
    delay: Spread = field(default_factory=Spread)


class History:
    """Samples of the last minute, and totals for each person. One thread writes, any may read."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        frames = int(HISTORY_SECONDS * SAMPLES_PER_SECOND) + 1
        self._moments: deque[tuple[Sample, ...]] = deque(maxlen=frames)
        self._people: dict[int, _Presence] = {}
        self._now = 0.0

    def write(self, faces: Iterable[FaceResult], now: float) -> tuple[Sample, ...]:
        """Records a frame's tracked faces; time never runs backwards. Returns what it kept: some
        frames come too soon after the last."""
        moment = tuple(_sample(face, now) for face in faces)
        with self._lock:
            self._now = now
            for sample in moment:
                self._count(sample)
            newest = self._moments[-1][0].time if self._moments else float("-inf")
            is_due = now - newest > 0.9 / SAMPLES_PER_SECOND
            if moment and is_due:
                self._moments.append(moment)
            while self._moments and now - self._moments[0][0].time > HISTORY_SECONDS:
                self._moments.popleft()
        return moment if is_due else ()

    def samples(self, seconds: float) -> tuple[Sample, ...]:
        """The samples of the last seconds before the newest frame, oldest first."""
        with self._lock:
            since = self._now - seconds
            moments = tuple(self._moments)
        return tuple(sample for moment in moments for sample in moment if sample.time >= since)

    def summary(self) -> list[PersonSummary]:
        """Everyone, in order of appearance."""
        with self._lock:
            return [
                PersonSummary(track, presence.first, presence.last, dict(presence.seconds))
                for track, presence in sorted(self._people.items())
            ]

    def _count(self, sample: Sample) -> None:
        now = sample.time
        if sample.track not in self._people:
            if len(self._people) >= MOST_PEOPLE:
                shortest = min(self._people, key=lambda track: self._people[track].length)
                del self._people[shortest]
            self._people[sample.track] = _Presence(now, now)
        presence = self._people[sample.track]
        passed = min(now - presence.last, _LONGEST_GAP)
        label = sample.display_label
        presence.seconds[label] = presence.seconds.get(label, 0.0) + passed
        presence.last = now


class LatencyMeter:
    """Timings of the last seconds, on a monotonic clock. Safe from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._offers: deque[float] = deque(maxlen=1000)
        self._frames: deque[tuple[float, float, Mapping[str, float]]] = deque(maxlen=1000)
        self._began: float | None = None

    def offered(self, now: float) -> None:
        """A frame arrived."""
        with self._lock:
            self._began = now if self._began is None else self._began
            self._offers.append(now)

    def analysed(self, now: float, delay: float, seconds: Mapping[str, float]) -> None:
        """A frame's result is ready, `delay` seconds after it was offered."""
        with self._lock:
            self._frames.append((now, delay, seconds))

    def stats(self, now: float, faces: int) -> LiveStats:
        """What was measured in the seconds before `now`, with `faces` on screen."""
        since = now - STATS_SECONDS
        with self._lock:
            offers = sum(measured > since for measured in self._offers)
            frames = [measured for measured in self._frames if measured[0] > since]
            began = now if self._began is None else self._began
        steps = [seconds for _, _, seconds in frames]
        length = min(STATS_SECONDS, max(1.0, now - began))

        def spent(step: str) -> list[float]:
            return [seconds[step] for seconds in steps if step in seconds]

        return LiveStats(
            offered_per_second=offers / length,
            analysed_per_second=len(frames) / length,
            detections_per_second=len(spent("detect")) / length,
            classifications_per_second=len(spent("classify")) / length,
            faces=faces,
            analysis=Spread.of(spent("analysis")),
            detect=Spread.of(spent("detect")),
            track=Spread.of(spent("track")),
            classify=Spread.of(spent("classify")),
            delay=Spread.of(delay for _, delay, _ in frames),
        )


@dataclass(slots=True)
class _Presence:
    first: float
    last: float
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def length(self) -> float:
        return self.last - self.first


def _sample(face: FaceResult, now: float) -> Sample:
    assert face.track is not None
    prediction = face.prediction
    return Sample(
        now,
        face.track,
        prediction.probabilities,
        prediction.label,
        prediction.confidence,
        prediction.uncertain,
    )
