"""All figures of one model on labelled faces, as values that JSON can hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fer.emotions import EMOTIONS
from fer.metrics import calibration, classification, wilson
from fer.metrics.intervals import bootstrap
from fer.metrics.votes import TIED
from fer.metrics.weighting import as_weights, weighted_mean

Floats = NDArray[np.floating]
Ints = NDArray[np.integer]
Mask = NDArray[np.bool_]

PER_CLASS = ("precision", "recall", "f1")
OF_PROBABILITIES = ("ece", "ece_votes", "brier", "accuracy_at_80_percent_coverage")
"""Figures of the faces that were found alone."""
CROSSFIT = "ece_votes_crossfit"
_DIGITS = 4
_UNDEFINED = np.array(np.nan)


def summary(
    probabilities: Floats,
    true: Ints,
    shares: Floats | None = None,
    *,
    weights: Floats | None = None,
) -> dict[str, Any]:
    """The figures of a report from `probabilities` (N, 7), NaN where no face was found, and the
    true labels (N,), with `…_interval` beside each.

    `shares` (N, 7): shares of the crowd's votes, NaN where there are none. `weights` (N,): how much
    each face counts in every figure but the counts (`n`, `missed`, `support`, `confusion`); ones
    without. A face that was not found counts as wrong in everything but `accuracy_found` and the
    figures of probabilities. `coverage_curve` is over all faces and so ends at the share of those
    found. A figure that is not defined is None.
    """
    faces = _Faces.of(probabilities, true, shares, weights)
    values, bounds = _point(faces), faces.intervals()
    found = faces.found
    return {
        "n": len(true),
        **{name: _number(values[name]) for name in ("accuracy", "accuracy_found")},
        "missed": int((~found).sum()),
        **{name: _number(values[name]) for name in ("macro_f1", "balanced_accuracy")},
        "per_class": _per_class(values, np.bincount(true, minlength=len(EMOTIONS))),
        "confusion": classification.confusion(faces.predicted, true).tolist(),
        **{name: _number(values.get(name, _UNDEFINED)) for name in OF_PROBABILITIES},
        "coverage_curve": faces.coverage_curve(),
        **{f"{name}_interval": _pair(bound) for name, bound in bounds.items() if bound.ndim == 1},
        "per_class_intervals": {
            emotion: {name: _pair(bounds[name][index]) for name in PER_CLASS}
            for index, emotion in enumerate(EMOTIONS)
        },
    }


def card_summary(
    probabilities: Floats,
    true: Ints,
    shares: Floats | None = None,
    half: Mask | None = None,
    *,
    weights: Floats | None = None,
) -> dict[str, Any]:
    """The same figures under the keys of `card.json`, rounded, from tempered `probabilities`.

    Faces whose label is `TIED` are counted and left out. `mean_recall` is `balanced_accuracy` under
    its first name. With `half` (N,), see `calibration.halves`, the calibration error against votes
    is also measured at a temperature that was fitted on other faces (`ece_votes_crossfit`), if
    neither half is empty; without a prior only, since that would be refitted with the temperature.
    """
    labelled = true != TIED
    result: dict[str, Any] = {"n": int(labelled.sum()), "tied": int((~labelled).sum())}
    if not labelled.any():
        return result
    weights = as_weights(weights, len(true))
    voted = None if shares is None else shares[labelled]
    faces = _Faces.of(probabilities[labelled], true[labelled], voted, weights[labelled])
    values, bounds = _point(faces), faces.intervals()
    for name in ("accuracy", "balanced_accuracy", "macro_f1", *OF_PROBABILITIES, *PER_CLASS):
        if name in values:
            result[name] = _rounded(values[name])
            result[f"{name}_interval"] = _rounded(bounds[name])
    result["mean_recall"] = result["balanced_accuracy"]
    result["mean_recall_interval"] = result["balanced_accuracy_interval"]
    result["confusion"] = classification.confusion(faces.predicted, faces.true).tolist()
    result["coverage_curve"] = np.round(faces.coverage_curve(), _DIGITS).tolist()
    result["calibration_bins"] = faces.calibration_bins()
    if voted is not None and half is not None and half.any() and not half.all():
        assert shares is not None
        crossed = calibration.cross_fitted(probabilities, shares, half)[labelled]
        faces = _Faces.of(crossed, faces.true, voted, faces.weights)
        result[CROSSFIT] = _rounded(_point(faces)["ece_votes"])
        result[f"{CROSSFIT}_interval"] = _rounded(faces.intervals()["ece_votes"])
    return result


@dataclass(frozen=True, slots=True, eq=False)
class _Faces:
    """N faces: predicted and true labels, whether each was `found`, `weights`; and of the M found
    the confidence, whether the label is correct, squared error, and the share of votes for the
    predicted label (NaN without votes)."""

    predicted: NDArray[np.int64]
    true: Ints
    found: Mask
    weights: NDArray[np.float64]
    confidence: NDArray[np.float64]
    correct: Mask
    squared: NDArray[np.float64]
    votes: NDArray[np.float64]

    @classmethod
    def of(
        cls, probabilities: Floats, true: Ints, shares: Floats | None, weights: Floats | None
    ) -> _Faces:
        found = classification.was_found(probabilities)
        predicted = classification.predicted_labels(probabilities)
        label, p = predicted[found], probabilities[found]
        rows = np.arange(len(label))
        return cls(
            predicted=predicted,
            true=true,
            found=found,
            weights=as_weights(weights, len(true)),
            confidence=p[rows, label].astype(np.float64),
            correct=np.asarray(label == true[found]),
            squared=calibration.squared_errors(p, true[found]),
            votes=np.full(len(label), np.nan)
            if shares is None
            else shares[found][rows, label].astype(np.float64),
        )

    def figures(self, weights: Floats) -> dict[str, NDArray[np.float64]]:
        """Every figure that is no class's, (...) for `weights` (..., N)."""
        seen, voted = weights[..., self.found], np.isfinite(self.votes)
        values = {
            "accuracy": weighted_mean(self.predicted == self.true, weights),
            "accuracy_found": weighted_mean(self.correct, seen),
            "ece": calibration.calibration_error(self.confidence, self.correct, seen),
            "brier": weighted_mean(self.squared, seen),
            "accuracy_at_80_percent_coverage": calibration.accuracy_at_coverage(
                self.confidence, self.correct, 1 - calibration.UNCERTAIN_SHARE, seen
            ),
        }
        if voted.any():
            values["ece_votes"] = calibration.calibration_error(
                self.confidence[voted], self.votes[voted], seen[..., voted]
            )
        return values

    def intervals(self) -> dict[str, NDArray[np.float64]]:
        def drawn(counts: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
            weights = counts * self.weights
            scores = classification.drawn_class_scores(self.predicted, self.true, weights)
            return {**self.figures(weights), **_named(scores)}

        bounds = bootstrap(drawn, np.ones(len(self.true), np.int64))
        facts = self.predicted, self.true, self.found, self.weights
        return wilson.widened(bounds, _point(self), *facts)

    def coverage_curve(self) -> list[list[float]]:
        """Over all faces: it ends at the share of those found."""
        if not self.found.any():
            return []
        curve = calibration.coverage_curve(self.confidence, self.correct, self.weights[self.found])
        curve[:, 0] *= weighted_mean(self.found, self.weights)
        return [[float(coverage), float(accuracy)] for coverage, accuracy in curve]

    def calibration_bins(self) -> list[dict[str, float]]:
        outcomes: dict[str, Floats] = {"right": self.correct.astype(np.float64)}
        if np.isfinite(self.votes).all():
            outcomes["votes"] = self.votes
        rows = calibration.calibration_bins(self.confidence, outcomes, self.weights[self.found])
        return [{key: round(value, _DIGITS) for key, value in row.items()} for row in rows]


def _point(faces: _Faces) -> dict[str, NDArray[np.float64]]:
    scores = classification.class_scores(faces.predicted, faces.true, faces.weights)
    return {**faces.figures(faces.weights), **_named(scores)}


def _named(scores: classification.ClassScores) -> dict[str, NDArray[np.float64]]:
    return {
        "macro_f1": scores.macro_f1,
        "balanced_accuracy": scores.balanced_accuracy,
        **{name: getattr(scores, name) for name in PER_CLASS},
    }


def _per_class(values: Mapping[str, Floats], support: Ints) -> dict[str, dict[str, Any]]:
    return {
        emotion: {name: _number(values[name][index]) for name in PER_CLASS}
        | {"support": int(support[index])}
        for index, emotion in enumerate(EMOTIONS)
    }


def _number(value: Floats) -> float | None:
    return float(value) if np.isfinite(value) else None


def _pair(bound: Floats) -> list[float] | None:
    return [float(value) for value in bound] if np.isfinite(bound).all() else None


def _rounded(values: Floats) -> Any:
    """A figure as a number, an interval (2,) as a list, seven rows as an object by emotion."""
    if values.ndim and len(values) == len(EMOTIONS):
        return {emotion: _rounded(row) for emotion, row in zip(EMOTIONS, values, strict=True)}
    if values.ndim:
        return [_rounded(value) for value in values]
    return round(float(values), _DIGITS) if np.isfinite(values) else None
