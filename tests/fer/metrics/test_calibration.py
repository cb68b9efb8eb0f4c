"""Temperature, calibration error, coverage and intervals."""

from __future__ import annotations

import numpy as np
import pytest
import sklearn.metrics
from hypothesis import given, strategies as st

from fer import metrics

RANDOM = np.random.default_rng(0)


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


def test_calibration_error_of_an_honest_and_of_an_overconfident_model() -> None:
    confidence = RANDOM.uniform(0.3, 1.0, 20_000)
    honest = (RANDOM.random(20_000) < confidence).astype(float)
    assert metrics.calibration_error(confidence, honest) < 0.02
    assert metrics.calibration_error(np.full(100, 0.9), np.full(100, 0.5)) == pytest.approx(0.4)


def test_squared_errors_lie_between_nothing_and_two() -> None:
    sure = np.eye(7)[[3, 3]]
    assert metrics.squared_errors(sure, np.array([3, 0])).tolist() == [0.0, 2.0]
    p, true = RANDOM.dirichlet(np.ones(7), 60), RANDOM.integers(0, 7, 60)
    brier = sklearn.metrics.brier_score_loss(true, p, labels=range(7), scale_by_half=False)
    assert metrics.squared_errors(p, true).mean() == pytest.approx(brier)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=60), st.integers(1, 20))
def test_every_face_is_in_one_bin_of_the_calibration_curve(shares: list[float], bins: int) -> None:
    confidence = np.array(shares)
    rows = metrics.calibration_bins(confidence, {"right": confidence > 0.5}, bins=bins)
    assert sum(row["count"] for row in rows) == len(shares)
    assert sum(row["share"] for row in rows) == pytest.approx(1)
    assert sum(row["count"] * row["confidence"] for row in rows) == pytest.approx(confidence.sum())


def test_answering_only_sure_faces_raises_accuracy() -> None:
    confidence = RANDOM.uniform(0, 1, 1000)
    curve = metrics.coverage_curve(confidence, RANDOM.random(1000) < confidence)
    assert curve[0, 1] > curve[-1, 1]
    assert curve[:, 0] == pytest.approx(np.arange(0.05, 1.01, 0.05))


def test_the_face_at_the_edge_of_coverage_counts_in_part() -> None:
    confidence, correct = np.array([0.9, 0.8, 0.7]), np.array([True, False, True])
    assert metrics.accuracy_at_coverage(confidence, correct, 0.5) == pytest.approx(1 / 1.5)
    assert metrics.accuracy_at_coverage(confidence, correct, 1.0) == pytest.approx(2 / 3)


@given(st.lists(st.integers(1, 3), min_size=2, max_size=30), st.integers(0, 99))
def test_a_weight_of_two_is_a_face_that_occurs_twice(repeats: list[int], seed: int) -> None:
    random = np.random.default_rng(seed)
    confidence, correct = random.random(len(repeats)), random.random(len(repeats)) < 0.5
    weights = np.array(repeats, np.float64)
    many, hits = np.repeat(confidence, repeats), np.repeat(correct, repeats)
    assert metrics.calibration_error(confidence, correct, weights) == pytest.approx(
        metrics.calibration_error(many, hits)
    )
    assert metrics.coverage_curve(confidence, correct, weights) == pytest.approx(
        metrics.coverage_curve(many, hits)
    )
    assert metrics.uncertain_below(confidence, weights) == metrics.uncertain_below(many)


@pytest.mark.parametrize("n", [10, 101, 3589])
def test_a_fifth_of_the_faces_is_least_sure(n: int) -> None:
    confidence = np.linspace(0.2, 1, n).astype(np.float32)
    assert (confidence < metrics.uncertain_below(confidence)).mean() == pytest.approx(
        0.2, abs=1 / n
    )


def test_the_interval_of_a_figure_that_is_sometimes_undefined_is_that_of_the_other_draws() -> None:
    def figures(drawn: np.ndarray) -> dict[str, np.ndarray]:
        first = np.where(drawn[:, 0] > 0, 1.0, np.nan)
        return {
            "mean": drawn @ np.arange(5) / 5,
            "never": np.full(len(drawn), np.nan),
            "pair": np.stack([first, -first], axis=1),
        }

    bounds = metrics.bootstrap(figures, np.ones(5, np.int64))
    assert bounds["mean"][0] < 2 < bounds["mean"][1]
    assert np.isnan(bounds["never"]).all()
    assert bounds["pair"].tolist() == [[1.0, 1.0], [-1.0, -1.0]]


def test_expanded_intervals_of_few_groups_hold_the_truth_as_often_as_they_say() -> None:
    random, held = np.random.default_rng(0), {False: 0, True: 0}
    for values in random.normal(size=(200, 9)):
        for expanded in held:
            bounds = metrics.bootstrap(
                lambda drawn, values=values: {"mean": drawn @ values / 9},
                np.ones(9, np.int64),
                expanded,
            )
            low, high = bounds["mean"]
            held[expanded] += low <= 0 <= high
    assert held[True] / 200 == pytest.approx(0.95, abs=0.03) and held[False] < held[True]


def test_faces_that_are_alike_can_be_drawn_together() -> None:
    correct = np.repeat([True, False], [170, 80])
    single = metrics.bootstrap(
        lambda drawn: {"share": drawn @ correct / 250}, np.ones(250, np.int64)
    )
    assert single["share"] == pytest.approx(metrics.share_interval(170, 250), abs=0.01)
