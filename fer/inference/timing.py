"""How long a model takes on this machine."""

from __future__ import annotations

import statistics
import time

import numpy as np

from fer.registry import Model

_WARM_UP, _CALLS = 5, 50


def milliseconds(model: Model) -> float:
    """Median time for one face, cut and scaled already, by the engine that pages answer with.

    Raises `BadModel` if the network answers with anything but probabilities.
    """
    face = np.random.default_rng(0).integers(0, 256, (1, *model.card.input.shape), dtype=np.uint8)
    for _ in range(_WARM_UP):
        model.probabilities(face)
    seconds = []
    for _ in range(_CALLS):
        began = time.perf_counter()
        model.probabilities(face)
        seconds.append(time.perf_counter() - began)
    return 1000 * statistics.median(seconds)
