"""Milliseconds a face of every shipped model, side by side, for one face and for sixteen at once.

    python -m benchmarks.engines

Three trials; in each the models take turns of twenty calls, of which five are to warm up.
"""

from __future__ import annotations

import statistics
import time

import numpy as np

from benchmarks.pictures import photographs
from fer import registry
from fer.inference import cropping, detection

TURNS, CALLS, WARM = 4, 20, 5
MANY = 16


def main() -> None:
    picture = photographs()[0]
    faces = detection.detect(picture, detection.DEFAULT)
    models = {name: registry.load(name) for name in registry.SHIPPED}
    print("| trial | faces | " + " | ".join(models) + " |")
    print("|---|---|" + "---|" * len(models))
    for trial in range(1, 4):
        for count in (1, MANY):
            seconds: dict[str, list[float]] = {name: [] for name in models}
            for _ in range(TURNS):
                for name, model in models.items():
                    cut = cropping.model_input(picture, faces, model.card.input)
                    pixels = np.resize(cut, (count, *cut.shape[1:]))
                    seconds[name] += _calls(model, pixels)[WARM:]
            cells = [f"{1000 * statistics.median(times):.2f}" for times in seconds.values()]
            print(f"| {trial} | {count} | {' | '.join(cells)} |")
    print(f"\nMilliseconds a face: medians of {TURNS * (CALLS - WARM)} calls.")


def _calls(model: registry.Model, pixels: np.ndarray) -> list[float]:
    """Seconds a face of some calls in a row."""
    seconds = []
    for _ in range(CALLS):
        began = time.perf_counter()
        model.probabilities(pixels)
        seconds.append((time.perf_counter() - began) / len(pixels))
    return seconds


if __name__ == "__main__":
    main()
