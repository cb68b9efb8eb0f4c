"""Figures of a card, for any number of faces."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from fer import metrics
from fer.data.dataset import picture_hashes
from fer.emotions import EMOTIONS
from fer.export import calibration


@pytest.mark.parametrize("n", [1, 2, 3, 4, 7, 9, 13, 400])
def test_any_number_of_validation_faces_gives_figures(n: int) -> None:
    random = np.random.default_rng(n)
    shares = random.dirichlet(np.ones(7), n).astype(np.float32)
    found = calibration.figures(shares, shares.argmax(axis=1), shares)
    assert found["accuracy"] == 1.0
    assert found["n"] == n
    assert found["accuracy_at_80_percent_coverage"] == 1.0


def test_ties_are_counted_apart() -> None:
    shares = np.full((4, 7), 1 / 7, np.float32)
    truth = np.array([0, metrics.TIED, metrics.TIED, 3])
    found = calibration.figures(shares, truth, None)
    assert (found["n"], found["tied"]) == (2, 2)
    assert "ece_votes" not in found


def test_a_fifth_of_the_faces_is_least_sure() -> None:
    confidence = np.linspace(0.2, 1, 101).astype(np.float32)
    assert (confidence < calibration.uncertain_below(confidence)).mean() == pytest.approx(
        0.2, abs=0.02
    )


def figures_of(n: int, seed: int = 0) -> dict[str, Any]:
    """Figures of a model that is surer than the crowd it was asked to foretell."""
    random = np.random.default_rng(seed)
    shares = random.dirichlet(np.ones(7), n).astype(np.float32)
    said = metrics.with_temperature(shares, 0.4)
    half = calibration.halves([bytes([row % 256]) for row in range(n)])
    return calibration.figures(said, shares.argmax(axis=1), shares, half)


def test_every_figure_stands_inside_its_interval() -> None:
    found = figures_of(600)
    for name in ("accuracy", "mean_recall", "macro_f1", "brier", "ece", "ece_votes"):
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
    found = calibration.figures(said, shares.argmax(axis=1), shares, half)
    assert found["ece_votes_crossfit"] > 0.1


@pytest.mark.parametrize("hashes", [[b"\0"] * 20, [b"\1"] * 20])
def test_an_empty_half_leaves_the_crossed_figure_out(hashes: list[bytes]) -> None:
    shares = np.random.default_rng(0).dirichlet(np.ones(7), 20).astype(np.float32)
    half = calibration.halves(hashes)
    assert "ece_votes_crossfit" not in calibration.figures(
        shares, shares.argmax(axis=1), shares, half
    )


def test_copies_fall_into_the_same_half() -> None:
    pictures = [np.full((2, 2), level, np.uint8) for level in range(64)]
    once, twice = (calibration.halves(picture_hashes(pictures)) for _ in range(2))
    assert (once == twice).all()
    assert 16 < once.sum() < 48


def test_emotions_that_never_occur_have_no_recall() -> None:
    said = np.eye(7, dtype=np.float32)[[0, 0, 3, 3, 3]]
    found = calibration.figures(said, np.array([0, 3, 3, 3, 3]), None)
    assert found["recall"]["disgust"] is None
    assert found["recall_interval"]["disgust"] == [None, None]
    assert found["precision"]["happy"] == 1.0
    assert json.loads(json.dumps(found, allow_nan=False)) == found


def test_nothing_is_figured_where_the_crowd_is_of_two_minds_on_every_face() -> None:
    shares = np.full((3, 7), 1 / 7, np.float32)
    assert calibration.figures(shares, np.full(3, metrics.TIED), shares) == {"n": 0, "tied": 3}
