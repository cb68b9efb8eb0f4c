"""Is a personal model better for its person? Judged on takes that it was not taught with.

Frames of one take are nearly copies of each other, so takes are held back, never frames, and the
intervals come from drawing takes. Takes that share a picture count as one, even if it is a copy
that was saved anew or made smaller.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import msgspec
import numpy as np
from msgspec import Meta, Struct
from numpy.typing import NDArray

from fer import metrics
from fer.emotions import EMOTIONS
from fer.errors import BadCaptures
from fer.figures import Count, Finite, Share, Table, checked
from fer.storage import files
from fer.teaching import near_duplicates
from fer.teaching.captures import TAKES_TO_COMPARE, Captures

MOST_FOLDS = 5
_SHARED = "Takes with the same picture, as of a face that is held quite still, count as one."
BETTER, SAME, WORSE, UNKNOWN = "better", "no difference", "worse", "unknown"

Floats = NDArray[np.float64]
Labels = NDArray[np.int64]
Interval = tuple[Finite, Finite]


class Score(Struct, frozen=True):
    """Of one model on the held-back faces. `confusion[true][predicted]` counts."""

    accuracy: Share
    accuracy_interval: Interval
    confusion: Table


class Changed(Struct, frozen=True):
    """A held-back face whose answer changed; `index` is its position in `Captures.faces`."""

    index: Count
    true: str
    before: str
    before_confidence: Share
    after: str
    after_confidence: Share


class Comparison(Struct, frozen=True):
    """The general model against the personal one.

    `verdict` is `BETTER`, `SAME`, `WORSE` or `UNKNOWN`. It is unknown, and there are no figures,
    where emotions have a single take: `missing` says how many each lacks. `difference` is the
    accuracy after less that before.
    """

    verdict: str
    missing: dict[str, Annotated[int, Meta(ge=1)]] = {}
    faces: Count = 0
    takes: Count = 0
    before: Score | None = None
    after: Score | None = None
    difference: Finite | None = None
    difference_interval: Interval | None = None
    changed: tuple[Changed, ...] = ()

    @property
    def is_better(self) -> bool:
        return self.verdict == BETTER

    @property
    def sentence(self) -> str:
        """What was found, for the user."""
        if self.before is None or self.after is None:
            return _missing_takes(self.missing)
        before, after = (f"{100 * score.accuracy:.0f}%" for score in (self.before, self.after))
        what = {
            BETTER: "The personal model is better for you",
            WORSE: "The personal model is worse for you",
        }.get(self.verdict, "No difference can be shown")
        return (
            f"{what}: {after} of {self.faces} faces from takes it had not seen, against {before} "
            "before."
        )

    def as_dict(self) -> dict[str, Any]:
        values: dict[str, Any] = msgspec.to_builtins(self)
        return values


def read(path: Path) -> Comparison:
    """A comparison from the file that `as_dict` was written to. Raises `BadCaptures`."""
    try:
        return checked(Comparison, files.json_object(path), path.name)
    except (OSError, ValueError) as error:
        reason = files.reason_of(error)
        raise BadCaptures(f"{path.name} cannot be read: {reason}.") from None


def folds(captures: Captures) -> list[NDArray[np.bool_]]:
    """Which faces (N,) each fold holds back: whole takes, of every emotion in turn.

    Empty where an emotion has a single take. What is left for teaching has every emotion.
    """
    apart = _apart(captures)
    takes = list(_counted(captures, apart).values())
    if min(map(len, takes), default=0) < TAKES_TO_COMPARE:
        return []
    num_folds = min(MOST_FOLDS, max(map(len, takes)))
    of_take: dict[int, int] = {}
    for shown_by in takes:
        for number, take in enumerate(shown_by):
            of_take.setdefault(take, number % num_folds)
    fold_of = np.array([of_take[apart[face.take]] for face in captures.faces])
    shown = labels(captures)
    held = [fold_of == number for number in range(num_folds)]
    return [rows for rows in held if rows.any() and set(shown[~rows]) == set(shown)]


def labels(captures: Captures) -> Labels:
    """The emotion of each face, as its position in `EMOTIONS`."""
    return np.array([EMOTIONS.index(face.emotion) for face in captures.faces], np.int64)


def unknown(captures: Captures) -> Comparison:
    """What is said where nothing can be held back."""
    counted = _counted(captures, _apart(captures))
    lacking = {emotion: TAKES_TO_COMPARE - len(takes) for emotion, takes in counted.items()}
    return Comparison(UNKNOWN, {name: number for name, number in lacking.items() if number > 0})


def _counted(captures: Captures, apart: Mapping[int, int]) -> dict[str, list[int]]:
    """The numbers by which the takes of each shown emotion count."""
    return {
        emotion: sorted({apart[take] for take in captures.takes_of(emotion)})
        for emotion in captures.emotions()
    }


def compared(captures: Captures, rows: Labels, before: Floats, after: Floats) -> Comparison:
    """The comparison on held-back faces: their positions `rows` in the captures, and the
    probabilities (N, 7) for each before and after."""
    true = labels(captures)[rows]
    apart = _apart(captures)
    of_rows = [apart[captures.faces[row].take] for row in rows]
    takes, take_of = np.unique(of_rows, return_inverse=True)
    counts = np.bincount(take_of, minlength=len(takes))
    right = {
        name: np.bincount(take_of, given.argmax(axis=1) == true, len(takes))
        for name, given in (("before", before), ("after", after))
    }

    def figures(drawn: Floats) -> dict[str, Floats]:
        n = drawn @ counts
        shares = {name: drawn @ hits / n for name, hits in right.items()}
        return {**shares, "difference": shares["after"] - shares["before"]}

    bounds = metrics.bootstrap(figures, np.ones(len(takes), np.int64), expanded=True)
    intervals = {name: (float(low), float(high)) for name, (low, high) in bounds.items()}
    low, high = intervals["difference"]
    scores = [
        _score(true, given.argmax(axis=1), _of_equal_takes(right[name], counts) or intervals[name])
        for name, given in (("before", before), ("after", after))
    ]
    return Comparison(
        BETTER if low > 0 else WORSE if high < 0 else SAME,
        faces=len(rows),
        takes=len(takes),
        before=scores[0],
        after=scores[1],
        difference=scores[1].accuracy - scores[0].accuracy,
        difference_interval=(low, high),
        changed=_changed(rows, true, before, after),
    )


def _of_equal_takes(right: Labels, counts: Labels) -> tuple[float, float] | None:
    """The interval of an accuracy of 0 or 1, with the takes as trials. None for others."""
    hits, faces = int(right.sum()), int(counts.sum())
    if 0 < hits < faces:
        return None
    return metrics.wilson_interval(hits / faces, len(counts))


def _apart(captures: Captures) -> dict[int, int]:
    """For each take the number by which it counts: the same for takes that share a picture, or
    nearly, such as one that was saved anew."""
    numbers = {take.take: take.take for take in captures.takes}
    faces = captures.faces
    for first, second in near_duplicates.pairs(
        [near_duplicates.thumbnail(face.crop) for face in faces]
    ):
        one, other = numbers[faces[first].take], numbers[faces[second].take]
        if one != other:
            numbers = {take: one if number == other else number for take, number in numbers.items()}
    return numbers


def _changed(rows: Labels, true: Labels, before: Floats, after: Floats) -> tuple[Changed, ...]:
    """The faces whose answer changed, in the order of the captures."""
    first, second = before.argmax(axis=1), after.argmax(axis=1)
    return tuple(
        Changed(
            index=int(rows[i]),
            true=EMOTIONS[true[i]],
            before=EMOTIONS[first[i]],
            before_confidence=float(before[i].max()),
            after=EMOTIONS[second[i]],
            after_confidence=float(after[i].max()),
        )
        for i in sorted(np.flatnonzero(first != second), key=lambda i: int(rows[i]))
    )


def _score(true: Labels, predicted: Labels, interval: Interval) -> Score:
    confusion = metrics.confusion(predicted, true).tolist()
    return Score(float((true == predicted).mean()), interval, confusion)


def _missing_takes(missing: Mapping[str, int]) -> str:
    if not missing:
        return (
            "Whether it is better cannot be known: whichever take is held back, none of some "
            f"expression is left. {_SHARED}"
        )
    lacking = ", ".join(f"{number} of {emotion}" for emotion, number in missing.items())
    return (
        "Whether it is better cannot be known yet: frames of a take that it was taught with prove "
        f"nothing. {_SHARED} More takes are needed: {lacking}."
    )
