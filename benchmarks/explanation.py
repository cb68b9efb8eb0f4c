"""Time of one explanation, and how often each kind of map does better than chance.

    python -m benchmarks.explanation DATA [FACES]

DATA is a labelled data set as `fer train` reads it; FACES (default 50) of its validation or test
split are drawn by a seed.
"""

from __future__ import annotations

import statistics
import sys
import time

import numpy as np

from fer import registry
from fer.data import loading
from fer.inference import explanation


def main(path: str, num_faces: int) -> None:
    data = loading.load(path)
    split = "test" if (data.splits == "test").any() else "validation"
    rows = np.flatnonzero(data.splits == split)
    chosen = np.sort(np.random.default_rng(0).permutation(rows)[:num_faces])
    print("| model | seconds, median | occlusion map means something | activation map |")
    print("|---|---|---|---|")
    for name in registry.SHIPPED:
        model = registry.load(name)
        seconds, occlusion, activation = [], [], []
        for pixels in data.rows(chosen).inputs(model.card.input):
            started = time.perf_counter()
            found = explanation.explain(model, pixels)
            seconds.append(time.perf_counter() - started)
            occlusion.append(found.occlusion.deletion.means_something)
            if found.activation is not None:
                activation.append(found.activation.deletion.means_something)
        told = f"{np.mean(activation):.0%}" if activation else "none"
        print(f"| {name} | {statistics.median(seconds):.2f} | {np.mean(occlusion):.0%} | {told} |")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 50)
