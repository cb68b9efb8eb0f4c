"""What the validation faces say of a finished network: its temperature and its figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fer import metrics
from fer.emotions import EMOTIONS

SILENT_SHARE = 0.2
"""Share of validation faces on which a model is called unsure."""


def uncertain_below(confidence: NDArray[np.float32]) -> float:
    """The confidence under which the least sure fifth of faces (N,) falls."""
    return float(np.quantile(confidence, SILENT_SHARE))


def halves(hashes: Sequence[bytes]) -> NDArray[np.bool_]:
    """Splits faces in two by the hashes of their pictures; copies fall into the same half."""
    return np.array([one[0] % 2 == 0 for one in hashes], bool)


def figures(
    probabilities: NDArray[np.float32],
    truth: NDArray[np.int64],
    shares: NDArray[np.float32] | None,
    half: NDArray[np.bool_] | None = None,
) -> dict[str, Any]:
    """The figures of a card from tempered `probabilities` (N, 7) and the right answers (N,).

    Faces whose answer is `TIED` are counted and left out. `shares` (N, 7): vote shares, if any;
    with `half` (N,), see `halves`, their calibration error is also measured with a temperature that
    was fitted on other faces (`ece_votes_crossfit`), if neither half is empty. The 95% interval of
    a figure stands beside it as `…_interval`.
    """
    counted = truth != metrics.TIED
    result: dict[str, Any] = {"n": int(counted.sum()), "tied": int((~counted).sum())}
    if not counted.any():
        return result
    one = _answers(probabilities, truth, shares, counted)
    result |= _with_intervals(one)
    result["confusion"] = one.table().tolist()
    curve = metrics.coverage_curve(one.confidence, one.right)
    result["coverage_curve"] = [[_rounded(value) for value in point] for point in curve]
    result["calibration_bins"] = _bins(one)
    if shares is not None and half is not None and half.any() and not half.all():
        crossed = _crossed(probabilities, shares, half)
        result |= _crossfit(_answers(crossed, truth, shares, counted))
    return result


@dataclass(frozen=True, slots=True, eq=False)
class _Answers:
    """What N faces give to measure: arrays (N,); `votes` is the share of votes for the label that
    was said, `squared` the squared error."""

    said: NDArray[np.int64]
    true: NDArray[np.int64]
    confidence: NDArray[np.float32]
    squared: NDArray[np.float64]
    votes: NDArray[np.float32] | None

    @property
    def right(self) -> NDArray[np.bool_]:
        return np.asarray(self.said == self.true)

    def table(self) -> NDArray[np.int64]:
        return metrics.confusion(self.said, self.true)

    def rows(self, rows: NDArray[np.int64]) -> _Answers:
        return _Answers(
            self.said[rows],
            self.true[rows],
            self.confidence[rows],
            self.squared[rows],
            None if self.votes is None else self.votes[rows],
        )


def _answers(
    probabilities: NDArray[np.float32],
    truth: NDArray[np.int64],
    shares: NDArray[np.float32] | None,
    counted: NDArray[np.bool_],
) -> _Answers:
    p, true = probabilities[counted], truth[counted]
    said = p.argmax(axis=1)
    return _Answers(
        said,
        true,
        p.max(axis=1),
        metrics.squared_errors(p, true),
        None if shares is None else shares[counted][np.arange(len(said)), said],
    )


def _measured(one: _Answers) -> dict[str, NDArray[np.float64]]:
    """Every figure, (1,), and those of each emotion, (7,)."""
    table, right = one.table(), one.right
    single = {
        "accuracy": right.mean(),
        "mean_recall": metrics.mean_recall(one.said, one.true),
        "macro_f1": metrics.macro_f1(one.said, one.true),
        "brier": one.squared.mean(),
        "ece": metrics.calibration_error(one.confidence, right.astype(np.float64)),
        "accuracy_at_80_percent_coverage": _accuracy_when_silent(one),
    }
    if one.votes is not None:
        single["ece_votes"] = metrics.calibration_error(one.confidence, one.votes)
    found = {name: np.array([value], np.float64) for name, value in single.items()}
    return {
        **found,
        "recall": metrics.recalls(table),
        "precision": metrics.precisions(table),
        "f1": metrics.f1s(table),
    }


def _accuracy_when_silent(one: _Answers) -> float:
    """Accuracy on the faces that are left when the least sure fifth is not answered."""
    surest = np.argsort(-one.confidence, kind="stable")
    answered = max(1, round((1 - SILENT_SHARE) * len(surest)))
    return float(one.right[surest[:answered]].mean())


def _with_intervals(one: _Answers) -> dict[str, Any]:
    values = _measured(one)
    bounds = metrics.intervals(
        lambda rows: np.concatenate(list(_measured(one.rows(rows)).values())), len(one.true)
    )
    ends = np.cumsum([len(value) for value in values.values()])[:-1]
    result: dict[str, Any] = {}
    for (name, value), bound in zip(values.items(), np.split(bounds, ends), strict=True):
        numbers, pairs = _all_rounded(value), [_all_rounded(pair) for pair in bound]
        is_single = len(value) == 1
        result[name] = numbers[0] if is_single else dict(zip(EMOTIONS, numbers, strict=True))
        result[f"{name}_interval"] = (
            pairs[0] if is_single else dict(zip(EMOTIONS, pairs, strict=True))
        )
    return result


def _bins(one: _Answers) -> list[dict[str, float | None]]:
    outcomes = {"right": one.right.astype(np.float64)}
    if one.votes is not None:
        outcomes["votes"] = one.votes.astype(np.float64)
    return [
        {key: value if key == "count" else _rounded(value) for key, value in row.items()}
        for row in metrics.calibration_bins(one.confidence, outcomes)
    ]


def _crossed(
    probabilities: NDArray[np.float32], shares: NDArray[np.float32], half: NDArray[np.bool_]
) -> NDArray[np.float32]:
    """Each half's answers at the temperature that was fitted on the other half, (N, 7).

    The temperature that `probabilities` have had makes no difference.
    """
    crossed = np.empty_like(probabilities)
    for fitted in (half, ~half):
        temperature = metrics.fitted_temperature(probabilities[fitted], shares[fitted])
        crossed[~fitted] = metrics.with_temperature(probabilities[~fitted], temperature)
    return crossed


def _crossfit(one: _Answers) -> dict[str, Any]:
    def error(rows: NDArray[np.int64]) -> float:
        picked = one.rows(rows)
        assert picked.votes is not None
        return metrics.calibration_error(picked.confidence, picked.votes)

    n = len(one.true)
    return {
        "ece_votes_crossfit": _rounded(error(np.arange(n))),
        "ece_votes_crossfit_interval": [_rounded(bound) for bound in metrics.interval(error, n)],
    }


def _all_rounded(values: NDArray[np.float64]) -> list[float | None]:
    return [_rounded(value) for value in values]


def _rounded(value: float) -> float | None:
    return None if not np.isfinite(value) else round(float(value), 4)
