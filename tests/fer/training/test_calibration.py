"""Figures of a card, for any number of faces."""

from __future__ import annotations

import numpy as np
import pytest

from fer import metrics
from fer.training import calibration


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
