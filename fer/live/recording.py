"""A stream's timeline: the numbers of every face, no pictures, while its visitor records."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from fer.emotions import EMOTIONS
from fer.live.history import Sample
from fer.storage import spreadsheets

MOST_SAMPLES = 200_000
"""Ten a second and face: five and a half hours of one face, in 10 MB."""
COLUMNS = ("time", "person", "label", "confidence", "uncertain", *EMOTIONS)

_CHUNK = 4096
_LONGEST_STEP = 0.5
_SAMPLE = np.dtype(
    [
        ("time", "f8"),
        ("person", "u4"),
        ("probabilities", "f4", len(EMOTIONS)),
        ("label", "u1"),
        ("uncertain", "?"),
    ]
)
_UNSURE = len(EMOTIONS)


@dataclass(frozen=True, slots=True, eq=False)
class RecordedCourse:
    """One person's samples in the order of time: `starts`, `ends` (N,) in seconds since the
    recording began, `probabilities` (N, 7), `shown` (N,): the label's index, or 7 for "unsure"."""

    person: int
    starts: NDArray[np.float64]
    ends: NDArray[np.float64]
    probabilities: NDArray[np.float32]
    shown: NDArray[np.int64]

    @property
    def shares(self) -> dict[str, float]:
        """Of the time on screen, for each emotion and for "unsure"."""
        seconds = self.ends - self.starts
        spent = np.bincount(self.shown, seconds, minlength=_UNSURE + 1) / seconds.sum()
        return dict(zip((*EMOTIONS, "unsure"), spent.tolist(), strict=True))


@dataclass(slots=True, eq=False)
class Recording:
    """Grows while a stream goes on, up to `MOST_SAMPLES`. One thread adds, any may read."""

    is_full: bool = False
    _chunks: list[NDArray[np.void]] = field(default_factory=list)
    _count: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, samples: Sequence[Sample]) -> None:
        """Appends what was seen at one moment, later than all before."""
        with self._lock:
            self.is_full = self._count + len(samples) > MOST_SAMPLES
            for sample in () if self.is_full else samples:
                if self._count == _CHUNK * len(self._chunks):
                    self._chunks.append(np.empty(_CHUNK, _SAMPLE))
                label = EMOTIONS.index(sample.label)
                row = sample.time, sample.track, sample.probabilities, label, sample.uncertain
                self._chunks[-1][self._count % _CHUNK] = row
                self._count += 1

    @property
    def seconds(self) -> float:
        """From the first sample to the last."""
        times = self._samples()["time"]
        return float(times[-1] - times[0]) if len(times) else 0.0

    def courses(self) -> list[RecordedCourse]:
        """Everyone, in order of appearance."""
        samples = self._samples()
        return [
            _course(int(person), samples[samples["person"] == person], samples["time"][0])
            for person in np.unique(samples["person"])
        ]

    def csv_text(self) -> str:
        """A row a face and moment; times in seconds since the recording began."""
        samples = self._samples()
        begun = samples["time"][0] if len(samples) else 0.0
        rows = (
            (
                round(float(row["time"] - begun), 3),
                int(row["person"]),
                EMOTIONS[row["label"]],
                round(float(row["probabilities"][row["label"]]), 6),
                str(bool(row["uncertain"])).lower(),
                *(round(float(value), 6) for value in row["probabilities"]),
            )
            for row in samples
        )
        return spreadsheets.csv_text(COLUMNS, rows)

    def _samples(self) -> NDArray[np.void]:
        with self._lock:
            rows = np.concatenate([*self._chunks, np.empty(0, _SAMPLE)])
            return rows[: self._count]


def _course(person: int, samples: NDArray[np.void], begun: float) -> RecordedCourse:
    starts = samples["time"] - begun
    steps = np.diff(starts)
    usual = float(np.median(steps[steps < _LONGEST_STEP])) if (steps < _LONGEST_STEP).any() else 0.1
    ends = starts + np.append(np.where(steps < _LONGEST_STEP, steps, usual), usual)
    shown = np.where(samples["uncertain"], _UNSURE, samples["label"].astype(np.int64))
    return RecordedCourse(person, starts, ends, samples["probabilities"], shown)
