"""What an engine takes while it works, and keeps afterwards."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from fer import engine, registry
from fer.model_card import InputSpec
from tests.helpers import publish_tiny
from tests.memory import CAN_MEASURE, growth_megabytes

RESIDENT = """
def resident():
    with open("/proc/self/status") as status:
        return int(next(line for line in status if line.startswith("VmRSS:")).split()[1]) / 1024
"""


@pytest.mark.slow
@pytest.mark.skipif(not CAN_MEASURE, reason="reads Linux's own count")
def test_a_crowd_of_faces_leaves_no_memory_taken() -> None:
    before = f"""
import numpy as np
from fer import registry
{RESIDENT}
model = registry.load("crowd")
faces = np.zeros((256, *model.card.input.shape), np.uint8)
model.probabilities(faces[:1])
idle = resident()
"""
    measured = "model.probabilities(faces)\nassert resident() - idle < 60, resident() - idle"
    assert growth_megabytes(before, measured) < 250


@pytest.mark.parametrize(("side", "at_once"), [(48, 64), (96, 16), (400, 1)])
def test_large_inputs_come_in_smaller_batches(
    side: int, at_once: int, models_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish_tiny("wide", spec=InputSpec(side, side))
    model, batches = registry.load("wide"), []
    outputs = engine.Model._outputs

    def counted(self: engine.Model, pixels: np.ndarray) -> np.ndarray:
        batches.append(len(pixels))
        return outputs(self, pixels)

    monkeypatch.setattr(engine.Model, "_outputs", counted)
    probabilities = model.probabilities(np.zeros((at_once + 1, side, side, 1), np.uint8))
    assert batches == [at_once, 1]
    assert len(probabilities) == at_once + 1
