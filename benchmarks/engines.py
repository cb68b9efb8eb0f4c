"""Milliseconds a face of every shipped model, side by side, for one face and for sixteen at once.

    python -m benchmarks.engines

Three trials; in each the models take turns, call by call.
"""

from __future__ import annotations

import statistics
import time

import numpy as np

from benchmarks.pictures import photographs
from fer import registry
from fer.inference import cropping, detection

CALLS = 60
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
            for _ in range(CALLS):
                for name, model in models.items():
                    cut = cropping.model_input(picture, faces, model.card.input)
                    pixels = np.resize(cut, (count, *cut.shape[1:]))
                    began = time.perf_counter()
                    model.probabilities(pixels)
                    seconds[name].append((time.perf_counter() - began) / count)
            cells = [f"{1000 * statistics.median(times):.2f}" for times in seconds.values()]
            print(f"| {trial} | {count} | {' | '.join(cells)} |")
    print("\nMilliseconds a face: medians of", CALLS, "calls.")


if __name__ == "__main__":
    main()
