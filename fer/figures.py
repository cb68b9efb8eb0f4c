"""The figures of a model card as checked values: missing ones are None, wrong ones are errors.

>>> card.figures("balanced").accuracy
0.8273
"""

from __future__ import annotations

from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta, Struct

from fer.emotions import EMOTIONS, NUM_EMOTIONS

Share = Annotated[float, Meta(ge=0, le=1)]
Finite = Annotated[float, Meta(ge=-1e15, le=1e15)]
Count = Annotated[int, Meta(ge=0, le=10**15)]
Interval = tuple[Finite | None, Finite | None]
"""Low and high end of a 95% interval; None where the figure is undefined."""
Row = Annotated[list[Count], Meta(min_length=NUM_EMOTIONS, max_length=NUM_EMOTIONS)]
Table = Annotated[list[Row], Meta(min_length=NUM_EMOTIONS, max_length=NUM_EMOTIONS)]

_Kind = TypeVar("_Kind")


class CalibrationBin(Struct, frozen=True):
    """A point of the calibration curve: mean confidence, share of right labels and of votes."""

    count: Count
    confidence: Share
    right: Share
    votes: Share | None = None


class Corruption(Struct, frozen=True):
    """Accuracy on faces that were made worse in one way, and the loss in points."""

    accuracy: Share
    loss: Finite
    loss_interval: Interval | None = None


class Robustness(Struct, frozen=True):
    """What worse pictures cost, by their description."""

    corruptions: dict[str, Corruption] = {}
    clean: Share | None = None
    n: Count | None = None
    data: str = ""
    split: str = ""
    protocol: str = ""
    prior: str = "training"


class Figures(Struct, frozen=True):
    """What was measured of a model on its validation faces; `_interval` is the 95% interval."""

    protocol: str = ""
    n: Count | None = None
    tied: Count | None = None
    accuracy: Share | None = None
    accuracy_interval: Interval | None = None
    mean_recall: Share | None = None
    mean_recall_interval: Interval | None = None
    macro_f1: Share | None = None
    macro_f1_interval: Interval | None = None
    accuracy_at_80_percent_coverage: Share | None = None
    accuracy_at_80_percent_coverage_interval: Interval | None = None
    ece: Share | None = None
    ece_interval: Interval | None = None
    ece_votes: Share | None = None
    ece_votes_interval: Interval | None = None
    ece_votes_crossfit: Share | None = None
    ece_votes_crossfit_interval: Interval | None = None
    brier: Finite | None = None
    brier_interval: Interval | None = None
    recall: dict[str, Share | None] = {}
    recall_interval: dict[str, Interval | None] = {}
    precision: dict[str, Share | None] = {}
    precision_interval: dict[str, Interval | None] = {}
    confusion: Table | None = None
    coverage_curve: list[tuple[Share, Share]] = []
    calibration_bins: list[CalibrationBin] = []
    robustness: Robustness | None = None

    def interval(self, name: str) -> tuple[float, float] | None:
        """The 95% interval of a figure, if there is one."""
        return whole(getattr(self, f"{name}_interval"))

    def of_emotions(self, name: str) -> dict[str, float | None]:
        """Recall or precision of each emotion."""
        values = getattr(self, name)
        return {emotion: values.get(emotion) for emotion in EMOTIONS}

    def intervals_of_emotions(self, name: str) -> dict[str, tuple[float, float] | None]:
        values = getattr(self, f"{name}_interval")
        return {emotion: whole(values.get(emotion)) for emotion in EMOTIONS}


class Elsewhere(Struct, frozen=True, omit_defaults=True):
    """What was measured on another data set. `cut`: how faces were cut from its pictures."""

    name: str
    n: Count
    cut: str
    prior: str
    accuracy: Share
    accuracy_interval: Interval | None = None
    balanced_accuracy: Share | None = None
    balanced_accuracy_interval: Interval | None = None
    recalls: dict[str, Share | None] = {}


class DataFacts(Struct, frozen=True):
    """The data that a model was trained on, and how many faces of it."""

    name: str | None = None
    hash: str | None = None
    licence: str | None = None
    train: Count | None = None
    validation: Count | None = None


def checked(kind: type[_Kind], values: Any, what: str) -> _Kind:
    """The values as `kind`. Raises `ValueError` that names the wrong one."""
    try:
        return msgspec.convert(values, kind)
    except msgspec.ValidationError as error:
        raise ValueError(f"{what}: {error}") from None


def whole(bounds: Interval | None) -> tuple[float, float] | None:
    """An interval, if both of its ends are defined."""
    if bounds is None or bounds[0] is None or bounds[1] is None:
        return None
    return bounds[0], bounds[1]
