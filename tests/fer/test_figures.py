"""Figures of cards: what training writes is read whole, what is odd is refused with its place."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from fer import metrics, registry
from fer.emotions import EMOTIONS
from fer.figures import Figures, checked
from tests.helpers import make_card


def test_what_a_training_writes_is_read_whole() -> None:
    shares = np.random.default_rng(0).dirichlet(np.ones(7), 300).astype(np.float32)
    predicted = metrics.with_temperature(shares, 2.0)
    summary = metrics.card_summary(predicted, shares.argmax(axis=1), shares, np.arange(300) < 150)
    figures = make_card(metrics=summary).figures("training")
    for name in ("accuracy", "macro_f1", "brier", "ece", "ece_votes", "ece_votes_crossfit"):
        assert getattr(figures, name) == summary[name]
        assert list(figures.interval(name) or ()) == summary[f"{name}_interval"]
    for name in ("recall", "precision"):
        assert figures.of_emotions(name) == summary[name]
        assert list(figures.intervals_of_emotions(name)) == list(EMOTIONS)
        assert all(figures.intervals_of_emotions(name).values())
    assert figures.confusion == summary["confusion"]
    assert len(figures.coverage_curve) == len(summary["coverage_curve"])
    assert len(figures.calibration_bins) == len(summary["calibration_bins"])


def test_shipped_cards_have_figures() -> None:
    for name in registry.SHIPPED:
        card = registry.card(name)
        figures = card.figures("training")
        assert figures.accuracy is not None and figures.interval("accuracy") is not None
        assert figures.robustness is not None and figures.robustness.corruptions
        assert card.data_facts.train is not None


@pytest.mark.parametrize(
    ("values", "where"),
    [
        ({"accuracy": "high"}, "accuracy"),
        ({"accuracy": True}, "accuracy"),
        ({"accuracy": 1.2}, "accuracy"),
        ({"accuracy": float("nan")}, "accuracy"),
        ({"brier": float("inf")}, "brier"),
        ({"n": 10**400}, "n"),
        ({"n": -1}, "n"),
        ({"accuracy_interval": [0.4]}, "accuracy_interval"),
        ({"recall": [1]}, "recall"),
        ({"recall": {"happy": "often"}}, "recall"),
        ({"confusion": [[1]]}, "confusion"),
        ({"confusion": [["1"] * 7] * 7}, "confusion"),
        ({"coverage_curve": "x"}, "coverage_curve"),
        ({"calibration_bins": [{}]}, "calibration_bins"),
        ({"robustness": {"corruptions": {"blur": 1}}}, "robustness"),
    ],
)
def test_what_is_odd_is_refused_with_its_place(values: dict[str, Any], where: str) -> None:
    with pytest.raises(ValueError, match=rf"metrics: .*\$\.{where}"):
        checked(Figures, values, "metrics")
    with pytest.raises(ValueError, match=rf"\$\.{where}"):
        make_card(metrics=values)
    shares = (1 / 7,) * 7
    with pytest.raises(ValueError, match=rf"\$\.{where}"):
        make_card(training_shares=shares, priors={"balanced": {"metrics": values}})


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"data": {"train": "many"}}, "data: .*train"),
        ({"elsewhere": [{"name": "others"}]}, "elsewhere: .*missing required field `n`"),
        ({"elsewhere": 3}, "elsewhere"),
    ],
)
def test_other_parts_of_a_card_are_checked_too(changes: dict[str, Any], where: str) -> None:
    with pytest.raises(ValueError, match=where):
        make_card(**changes)
