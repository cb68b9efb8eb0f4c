"""The people of a film, and how their expressions change, from its columns."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fer.emotions import EMOTIONS
from fer.video.columns import Columns
from fer.video.values import UNSURE, Event, PeopleEdits, Person

LEAST_SECONDS = 0.5
"""A shorter expression is no event."""

BRIDGED_SECONDS = 0.3
"""So long may an event be interrupted by other labels, or by none."""

_UNSURE = len(EMOTIONS)
_NAMES = (*EMOTIONS, UNSURE)


@dataclass(frozen=True, slots=True, eq=False)
class Track:
    """One person's frames in the order of time.

    `starts`, `ends` (N,): from when to when each is on screen, in seconds. `probabilities` (N, 7).
    `labels` (N,): index in `EMOTIONS`. `uncertain` (N,): whether "unsure" is shown instead.
    `boxes` (N, 4): left, top, right, bottom. `frames` (N,): index among the analysed frames.
    """

    person: int
    starts: NDArray[np.float64]
    ends: NDArray[np.float64]
    probabilities: NDArray[np.float32]
    labels: NDArray[np.int64]
    uncertain: NDArray[np.bool_]
    boxes: NDArray[np.int32]
    frames: NDArray[np.int64]

    @property
    def confidences(self) -> NDArray[np.float32]:
        """(N,): probability of each frame's label."""
        return self.probabilities[np.arange(len(self.labels)), self.labels]

    @property
    def shown(self) -> NDArray[np.int64]:
        """(N,): the label's index, or 7 where it is unsure."""
        return np.where(self.uncertain, _UNSURE, self.labels)


def tracks(columns: Columns, end: float, edits: PeopleEdits) -> Iterator[Track]:
    """Everyone in order of their numbers. `end`: when the last frame ends, in seconds."""
    people = edited(columns, edits)
    times = columns.frames["time"].astype(np.float64)
    until = np.append(times[1:], max(end, times[-1])) if len(times) else times
    frames = columns.frame_of_faces()
    order = np.lexsort((-columns.faces["score"], frames, people))
    order = order[people[order] > 0]
    twice = (np.diff(people[order], prepend=0) == 0) & (np.diff(frames[order], prepend=-1) == 0)
    order = order[~twice]
    for rows in np.split(order, np.flatnonzero(np.diff(people[order])) + 1):
        if len(rows):
            faces = columns.faces[rows]
            yield Track(
                int(people[rows[0]]),
                times[frames[rows]],
                until[frames[rows]],
                np.asarray(faces["probabilities"], np.float32),
                faces["label"].astype(np.int64),
                faces["uncertain"].astype(np.bool_),
                np.stack([faces[side] for side in ("left", "top", "right", "bottom")], axis=1),
                frames[rows],
            )


def edited(columns: Columns, edits: PeopleEdits) -> NDArray[np.int64]:
    """For each face the number of its person; 0 where that one is left out."""
    people = columns.faces["person"].astype(np.int64)
    named = (*edits.merged, *edits.merged.values(), *edits.left_out)
    into = np.arange(max(int(people.max(initial=0)), *named, 0) + 1)
    for person, other in edits.merged.items():
        into[into == into[person]] = into[other]
    into[np.isin(into, list(edits.left_out))] = 0
    return np.asarray(into[people], np.int64)


def person_of(track: Track, name: str | None) -> Person:
    """When a person was on screen, and the share of that time of each expression."""
    seconds = track.ends - track.starts
    total = float(seconds.sum())
    weights = seconds / total if total > 0 else np.full(len(seconds), 1 / len(seconds))
    spent = np.bincount(track.shown, weights, minlength=len(_NAMES))
    sides = np.minimum(track.boxes[:, 2] - track.boxes[:, 0], track.boxes[:, 3] - track.boxes[:, 1])
    return Person(
        track.person,
        float(track.starts[0]),
        float(track.starts[-1]),
        total,
        dict(zip(_NAMES, spent.tolist(), strict=True)),
        float(track.starts[int(sides.argmax())]),
        name,
    )


def events_of(track: Track) -> list[Event]:
    """The expressions that last, in the order of time."""
    shown, breaks = track.shown, np.diff(track.frames) > 1
    starts = np.flatnonzero(np.append(True, (np.diff(shown) != 0) | breaks))
    latest: dict[int, list[int]] = {}
    found: list[tuple[int, list[int]]] = []
    for first, stop in zip(starts, np.append(starts[1:], len(shown)), strict=True):
        label = int(shown[first])
        run = latest.get(label)
        if run and track.starts[first] - track.ends[run[-1]] <= BRIDGED_SECONDS:
            run += range(first, stop)
        else:
            latest[label] = list(range(first, stop))
            found.append((label, latest[label]))
    events = [_event(track, label, rows) for label, rows in found if label != _UNSURE]
    return sorted(
        (event for event in events if event.end - event.start >= LEAST_SECONDS - 1e-6),
        key=lambda event: event.start,
    )


def _event(track: Track, label: int, rows: list[int]) -> Event:
    start, end = float(track.starts[rows[0]]), float(track.ends[rows[-1]])
    confidence = float(track.confidences[rows].mean())
    return Event(track.person, start, end, EMOTIONS[label], confidence)
