"""Times are of the model that was asked."""

from __future__ import annotations

from pathlib import Path

import pytest

from fer import registry
from fer.errors import BadModel
from fer.inference import timing
from tests.helpers import publish_tiny


def test_a_model_is_timed(models_folder: Path) -> None:
    publish_tiny("tiny")
    assert 0 < timing.milliseconds(registry.load("tiny")) < 1000


def test_a_model_that_gives_no_probabilities_is_told(models_folder: Path) -> None:
    publish_tiny("tiny", broken=True)
    with pytest.raises(BadModel, match="seven finite probabilities"):
        timing.milliseconds(registry.load("tiny"))
