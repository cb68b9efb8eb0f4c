"""Steps are taken as the settings say: weight decay acts with every optimiser."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from fer.runs.settings import OPTIMIZERS, TrainSettings
from fer.training import optimization


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("decay", [0.0, 0.2])
def test_weight_decay_shrinks_kernels_alone_with_every_optimizer(
    optimizer: str, decay: float
) -> None:
    settings = TrainSettings("drawn", optimizer=optimizer, learning_rate=0.5, weight_decay=decay)
    names = ("kernel", "bias", "gamma", "beta")
    variables = [keras.Variable(np.ones(3, np.float32), name=name) for name in names]
    without_gradient = [keras.ops.zeros(3) for _ in variables]
    chosen = optimization.optimizer_of(settings)
    chosen.build(variables)
    chosen.apply_gradients(zip(without_gradient, variables, strict=True))
    kernel, *others = [variable.numpy() for variable in variables]
    np.testing.assert_allclose(kernel, 1 - 0.5 * decay, rtol=1e-6)
    assert all((values == 1).all() for values in others)
