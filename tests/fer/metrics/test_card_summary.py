"""Figures of a card, for any number of faces."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from fer import metrics
from fer.data.dataset import picture_hashes
from fer.emotions import EMOTIONS


@pytest.mark.parametrize("n", [1, 2, 3, 4, 7, 9, 13, 400])
def test_any_number_of_validation_faces_gives_figures(n: int) -> None:
    random = np.random.default_rng(n)
    shares = random.dirichlet(np.ones(7), n).astype(np.float32)
    found = metrics.card_summary(shares, shares.argmax(axis=1), shares)
    assert found["accuracy"] == 1.0
    assert found["n"] == n
    assert found["accuracy_at_80_percent_coverage"] == 1.0


def test_ties_are_counted_apart() -> None:
    shares = np.full((4, 7), 1 / 7, np.float32)
    truth = np.array([0, metrics.TIED, metrics.TIED, 3])
    found = metrics.card_summary(shares, truth, None)
    assert (found["n"], found["tied"]) == (2, 2)
    assert "ece_votes" not in found


def figures_of(n: int, seed: int = 0) -> dict[str, Any]:
    """Figures of a model that is surer than the crowd it was asked to foretell."""
    random = np.random.default_rng(seed)
    shares = random.dirichlet(np.ones(7), n).astype(np.float32)
    said = metrics.with_temperature(shares, 0.4)
    half = metrics.halves([bytes([row % 256]) for row in range(n)])
    return metrics.card_summary(said, shares.argmax(axis=1), shares, half)


def test_every_figure_stands_inside_its_interval() -> None:
    found = figures_of(600)
    for name in (
        "accuracy",
        "mean_recall",
        "macro_f1",
        "brier",
        "ece",
        "ece_votes",
        "balanced_accuracy",
    ):
        low, high = found[f"{name}_interval"]
        assert low <= found[name] <= high, name
    for name in ("recall", "precision", "f1"):
        assert list(found[name]) == list(EMOTIONS)
        for emotion in EMOTIONS:
            low, high = found[f"{name}_interval"][emotion]
            assert low <= found[name][emotion] <= high


def test_the_bins_give_the_calibration_errors() -> None:
    found = figures_of(600)
    bins = found["calibration_bins"]
    assert sum(one["count"] for one in bins) == 600
    for outcome, error in (("right", "ece"), ("votes", "ece_votes")):
        gaps = sum(one["count"] * abs(one["confidence"] - one[outcome]) for one in bins)
        assert gaps / 600 == pytest.approx(found[error], abs=2e-4)


def test_crossed_halves_mend_what_a_temperature_can_mend() -> None:
    found = figures_of(1200)
    assert found["ece_votes"] > 0.15
    assert found["ece_votes_crossfit"] < 0.02
    low, high = found["ece_votes_crossfit_interval"]
    assert low <= high


def test_each_half_is_measured_with_the_others_temperature() -> None:
    """One half is too sure, the other honest: crossing the temperatures makes both wrong."""
    random = np.random.default_rng(3)
    shares = random.dirichlet(np.ones(7), 800).astype(np.float32)
    half = np.arange(800) < 400
    said = np.where(half[:, None], metrics.with_temperature(shares, 0.4), shares)
    found = metrics.card_summary(said, shares.argmax(axis=1), shares, half)
    assert found["ece_votes_crossfit"] > 0.1


@pytest.mark.parametrize("hashes", [[b"\0"] * 20, [b"\1"] * 20])
def test_an_empty_half_leaves_the_crossed_figure_out(hashes: list[bytes]) -> None:
    shares = np.random.default_rng(0).dirichlet(np.ones(7), 20).astype(np.float32)
    half = metrics.halves(hashes)
    assert "ece_votes_crossfit" not in metrics.card_summary(
        shares, shares.argmax(axis=1), shares, half
    )


def test_copies_fall_into_the_same_half() -> None:
    pictures = [np.full((2, 2), level, np.uint8) for level in range(64)]
    once, twice = (metrics.halves(picture_hashes(pictures)) for _ in range(2))
    assert (once == twice).all()
    assert 16 < once.sum() < 48


def test_emotions_that_never_occur_have_no_recall() -> None:
    said = np.eye(7, dtype=np.float32)[[0, 0, 3, 3, 3]]
    found = metrics.card_summary(said, np.array([0, 3, 3, 3, 3]), None)
    assert found["recall"]["disgust"] is None
    assert found["recall_interval"]["disgust"] == [None, None]
    assert found["precision"]["happy"] == 1.0
    assert json.loads(json.dumps(found, allow_nan=False)) == found


def test_nothing_is_figured_where_the_crowd_is_of_two_minds_on_every_face() -> None:
    shares = np.full((3, 7), 1 / 7, np.float32)
    assert metrics.card_summary(shares, np.full(3, metrics.TIED), shares) == {"n": 0, "tied": 3}


def test_card_and_report_agree_on_the_same_answers() -> None:
    """Also where an emotion is absent, which once gave 0.733 on a card and 0.489 in a report."""
    random = np.random.default_rng(4)
    p = random.dirichlet(np.full(7, 0.4), 500).astype(np.float32)
    true = np.where(random.random(500) < 0.6, p.argmax(axis=1), 3)
    true[true == 1] = 6
    shares = random.dirichlet(np.ones(7), 500)
    for weights in (None, metrics.class_balanced_weights(true)):
        card = metrics.card_summary(p, true, shares, weights=weights)
        report = metrics.summary(p, true, shares, weights=weights)
        for name in (
            *("accuracy", "balanced_accuracy", "macro_f1", "ece", "ece_votes", "brier"),
            "accuracy_at_80_percent_coverage",
        ):
            assert card[name] == pytest.approx(report[name], abs=1e-4), name
            assert card[f"{name}_interval"] == pytest.approx(report[f"{name}_interval"], abs=1e-4)
        for name in ("recall", "precision", "f1"):
            for emotion in EMOTIONS:
                its, interval = report["per_class"], report["per_class_intervals"]
                assert card[name][emotion] == pytest.approx(its[emotion][name], abs=1e-4)
                expected = interval[emotion][name] or [None, None]
                assert card[f"{name}_interval"][emotion] == pytest.approx(expected, abs=1e-4)
        assert card["mean_recall"] == card["balanced_accuracy"]
        assert card["confusion"] == report["confusion"]
        assert np.allclose(card["coverage_curve"], report["coverage_curve"], atol=1e-4)


def test_weights_count_in_every_figure_but_the_counts() -> None:
    said = np.eye(7, dtype=np.float32)[[0, 3, 3, 3]]
    true = np.array([0, 0, 3, 3])
    plain = metrics.card_summary(said, true)
    weighted = metrics.card_summary(said, true, weights=np.array([3.0, 1.0, 1.0, 1.0]))
    assert (plain["accuracy"], weighted["accuracy"]) == (0.75, 0.8333)
    assert (plain["ece"], weighted["ece"]) == (0.25, 0.1667)
    assert plain["confusion"] == weighted["confusion"]
    with pytest.raises(ValueError, match=r"shape \(3,\); expected \(4,\)"):
        metrics.summary(said, true, weights=np.ones(3))
    with pytest.raises(ValueError, match="negative"):
        metrics.summary(said, true, weights=np.array([1.0, -1.0, 1.0, 1.0]))


def test_a_tied_face_has_no_weight_to_give() -> None:
    p = np.random.default_rng(0).dirichlet(np.ones(7), 30).astype(np.float32)
    true = np.where(np.arange(30) % 3 == 0, metrics.TIED, p.argmax(axis=1))
    found = metrics.card_summary(p, true, weights=metrics.class_balanced_weights(true))
    assert (found["n"], found["tied"], found["accuracy"]) == (20, 10, 1.0)
