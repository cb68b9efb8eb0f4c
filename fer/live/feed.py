"""One visitor's stream: frames are offered to it, and pages read the results."""

from __future__ import annotations

import weakref

from fer import registry
from fer.geometry import Image
from fer.live.analyzer import LiveSettings
from fer.live.history import (
    HISTORY_SECONDS,
    LiveStats,
    Person,
    PersonSummary,
    Sample,
    Spread,
)
from fer.live.recording import Recording
from fer.live.worker import Worker
from fer.results import FrameResult

__all__ = [
    "HISTORY_SECONDS",
    "LiveFeed",
    "LiveSettings",
    "LiveStats",
    "Person",
    "PersonSummary",
    "Sample",
    "Spread",
]

_DEFAULTS = LiveSettings()


class LiveFeed:
    """One visitor's stream. Every method may be called from any thread, and none waits for the
    analysis.

    >>> feed = LiveFeed(registry.load())
    >>> feed.offer(image, time)   # in the frame callback: RGB uint8 (H, W, 3), stream seconds
    >>> result = feed.latest(at=time)
    >>> shown = image if result is None else annotate.draw(image, result)
    >>> feed.close()
    """

    def __init__(self, model: registry.Model, settings: LiveSettings = _DEFAULTS) -> None:
        # The thread refers to the worker only, so that a forgotten feed is collected and ends it.
        self._worker = Worker(model, settings)
        self._worker.start()
        self._end = weakref.finalize(self, self._worker.stop)

    def offer(self, image: Image, time: float) -> None:
        """Hands over the newest frame; an earlier one still waiting is dropped.

        Never blocks, never raises, copies nothing: do not write to the array afterwards.
        """
        self._worker.offer(image, time)

    def latest(self, at: float | None = None) -> FrameResult | None:
        """The newest result, with the `time` and pixels of its frame; None if there is none of the
        last second. With `at`, the stream time of the frame to draw on, boxes are moved on by their
        velocity, for at most a fifth of a second."""
        return self._worker.latest(at)

    def configure(self, settings: LiveSettings) -> None:
        """Other settings, from the next frame on."""
        self._worker.settings = settings

    def use(self, model: registry.Model) -> None:
        """Another model, or another prior, from the next frame on; tracks keep their numbers."""
        self._worker.model = model

    def history(self, seconds: float = HISTORY_SECONDS) -> tuple[Sample, ...]:
        """The last seconds (60 at the most), oldest first, ten samples a second and person."""
        return self._worker.history(seconds)

    def people(self) -> tuple[Person, ...]:
        """Who is on screen now, left to right."""
        return self._worker.people()

    def stats(self) -> LiveStats:
        """What was measured over the last seconds."""
        return self._worker.stats()

    def problem(self) -> str | None:
        """What is wrong, as a sentence; None once frames are analysed again."""
        return self._worker.problem()

    def summary(self) -> list[PersonSummary]:
        """Everyone of this session, in order of appearance."""
        return self._worker.summary()

    def record(self, recording: Recording | None) -> None:
        """Adds what is seen from now on to a recording as well; None ends that."""
        self._worker.recording = recording

    def close(self) -> None:
        """Ends the thread without waiting for it; may be repeated. History and summary stay."""
        self._end()
