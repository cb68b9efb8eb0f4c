"""Figures against hand-made cases and against scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
import sklearn.metrics
from hypothesis import given, strategies as st

from fer import metrics

RANDOM = np.random.default_rng(0)
TRUE = RANDOM.integers(0, 7, 500)
SAID = np.where(RANDOM.random(500) < 0.7, TRUE, RANDOM.integers(0, 7, 500))


@pytest.mark.parametrize(
    ("votes", "expected"),
    [
        ([0, 0, 0, 8, 0, 0, 2, 0, 0, 0], 3),
        ([5, 0, 0, 5, 0, 0, 0, 0, 0, 0], metrics.TIED),
        ([4, 0, 0, 0, 0, 0, 0, 4, 2, 0], 0),
        ([1, 0, 0, 0, 0, 0, 0, 9, 0, 0], metrics.TIED),
        ([0] * 10, metrics.TIED),
    ],
)
def test_the_crowds_majority(votes: list[int], expected: int) -> None:
    assert metrics.crowd_majority(np.array([votes]))[0] == expected


def test_confusion_recall_and_precision_agree_with_scikit_learn() -> None:
    table = metrics.confusion(SAID, TRUE)
    assert (table == sklearn.metrics.confusion_matrix(TRUE, SAID)).all()
    recall = sklearn.metrics.recall_score(TRUE, SAID, average=None)
    precision = sklearn.metrics.precision_score(TRUE, SAID, average=None)
    assert np.allclose(metrics.recalls(table), recall)
    assert np.allclose(metrics.precisions(table), precision)
    assert metrics.mean_recall(SAID, TRUE) == pytest.approx(recall.mean())
    f1 = sklearn.metrics.f1_score(TRUE, SAID, average=None)
    assert np.allclose(metrics.f1s(table), f1)
    assert metrics.macro_f1(SAID, TRUE) == pytest.approx(f1.mean())


def test_an_absent_emotion_has_no_recall() -> None:
    table = metrics.confusion(np.array([0, 1]), np.array([0, 0]))
    assert np.isnan(metrics.recalls(table)[1])
    assert metrics.mean_recall(np.array([0, 1]), np.array([0, 0])) == 0.5


@given(st.floats(0.25, 4.0))
def test_the_temperature_is_found_again(temperature: float) -> None:
    logits = np.random.default_rng(1).normal(0, 2, (400, 7))
    honest = metrics.with_temperature(np.exp(logits) / np.exp(logits).sum(1, keepdims=True), 1.0)
    bent = metrics.with_temperature(honest, 1 / temperature)
    assert metrics.fitted_temperature(bent, honest) == pytest.approx(temperature, rel=0.02)


def test_temperature_keeps_the_order_and_the_sum() -> None:
    p = RANDOM.dirichlet(np.ones(7), 50)
    cool = metrics.with_temperature(p, 0.5)
    assert (cool.argmax(1) == p.argmax(1)).all()
    assert np.allclose(cool.sum(1), 1, atol=1e-5)


def test_calibration_error_of_an_honest_and_of_a_boastful_model() -> None:
    confidence = RANDOM.uniform(0.3, 1.0, 20_000)
    honest = (RANDOM.random(20_000) < confidence).astype(float)
    assert metrics.calibration_error(confidence, honest) < 0.02
    assert metrics.calibration_error(np.full(100, 0.9), np.full(100, 0.5)) == pytest.approx(0.4)


def test_intervals_hold_the_figure_and_are_repeatable() -> None:
    right = SAID == TRUE
    low, high = metrics.interval(lambda rows: float(right[rows].mean()), len(right))
    assert low < right.mean() < high
    assert (low, high) == metrics.interval(lambda rows: float(right[rows].mean()), len(right))


def test_a_figure_that_is_sometimes_undefined_has_an_interval_of_the_other_draws() -> None:
    def figures(rows: np.ndarray) -> np.ndarray:
        return np.array([rows.mean(), np.nan, 1.0 if 0 in rows else np.nan])

    found = metrics.intervals(figures, 5)
    assert found[0, 0] < 2 < found[0, 1]
    assert np.isnan(found[1]).all()
    assert found[2].tolist() == [1.0, 1.0]


def test_squared_errors_lie_between_nothing_and_two() -> None:
    sure = np.eye(7)[[3, 3]]
    assert metrics.squared_errors(sure, np.array([3, 0])).tolist() == [0.0, 2.0]


@given(st.lists(st.floats(0, 1), min_size=1, max_size=60), st.integers(1, 20))
def test_every_face_is_in_one_bin_of_the_calibration_curve(shares: list[float], bins: int) -> None:
    confidence = np.array(shares)
    rows = metrics.calibration_bins(confidence, {"right": confidence > 0.5}, bins)
    assert sum(row["count"] for row in rows) == len(shares)
    assert sum(row["count"] * row["confidence"] for row in rows) == pytest.approx(confidence.sum())


def test_silence_on_unsure_faces_pays() -> None:
    confidence = RANDOM.uniform(0, 1, 1000)
    curve = metrics.coverage_curve(confidence, RANDOM.random(1000) < confidence)
    assert curve[0, 1] > curve[-1, 1]
    assert curve[-1, 0] == 1.0
