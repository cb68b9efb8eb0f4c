"""The learning-rate finder: rising rates, smoothed losses, a rate that makes sense."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fer.errors import BadSettings
from fer.model_card import InputSpec
from fer.networks import build as networks
from fer.runs.settings import TrainSettings
from fer.training import rate_finder
from fer.training.batches import Examples
from fer.training.learner import Learner

SMALL = InputSpec(16, 16)
SETTINGS = TrainSettings(
    "drawn", network="mlp", optimizer="sgd", batch_size=16, augmentation="none", input=SMALL
)


def make_learner(settings: TrainSettings = SETTINGS) -> Learner:
    random = np.random.default_rng(0)
    labels = random.integers(0, 7, 64)
    faces = random.integers(0, 90, (64, *SMALL.shape), dtype=np.uint8)
    faces[np.arange(64), 2 * labels + 1] += 120
    examples = Examples(faces, np.eye(7, dtype=np.float32)[labels], labels)
    return Learner(settings, examples, examples)


def test_the_curve_of_a_small_network() -> None:
    curve = rate_finder.find(make_learner(), steps=60, lowest=1e-5, highest=100.0)
    assert list(curve.rates) == sorted(curve.rates)
    assert len(curve.rates) == len(curve.losses) <= 60
    assert 1e-4 < curve.suggested < 1.0
    assert np.isfinite(curve.losses).all()
    assert curve.as_dict()["suggested"] == curve.suggested


def test_the_same_seed_gives_the_same_curve() -> None:
    first, second = (rate_finder.find(make_learner(), steps=20) for _ in range(2))
    assert first == second


def test_a_frozen_backbone_is_no_hindrance(tmp_path: Path) -> None:
    file = tmp_path / "begin.weights.h5"
    networks.build("cnn4", SMALL).save_weights(file)
    settings = replace(SETTINGS, network="cnn4", weights=str(file), freeze="all")
    assert len(rate_finder.find(make_learner(settings), steps=20).rates) == 20


def test_a_suggestion_is_a_tenth_of_the_best_rate() -> None:
    assert rate_finder.suggestion([1e-3, 1e-2, 1e-1, 1.0], [2.0, 1.5, 1.2, 3.0]) == 0.01


@pytest.mark.parametrize("wish", [{"steps": 5}, {"lowest": 0.0}, {"lowest": 2.0, "highest": 1.0}])
def test_wrong_wishes_end_in_a_sentence(wish: dict[str, float]) -> None:
    with pytest.raises(BadSettings, match="20 to 10,000 steps and rates that rise"):
        rate_finder.find(make_learner(), **wish)
