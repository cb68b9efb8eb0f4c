"""What smoothing gains: faces seen several times, some views blurred, smeared or covered.

    python -m benchmarks.smoothing DATA [--faces 350] [--views 8]

DATA holds faces with the crowd's votes (`fer2013.parquet`); those not trained on are used.
"""

from __future__ import annotations

import argparse

import cv2
import numpy as np
from numpy.typing import NDArray

from fer import registry
from fer.data import loading, selection
from fer.live.smoothing import Smoother

FRAMES_PER_SECOND = 15


def degraded(face: NDArray[np.uint8], random: np.random.Generator) -> NDArray[np.uint8]:
    """Another view of a grey face (48, 48): moved, noisy, and in six of ten cases spoilt."""
    turn = cv2.getRotationMatrix2D((24, 24), random.normal(0, 6), random.uniform(0.85, 1.1))
    turn[:, 2] += random.normal(0, 1.5, 2)
    view = cv2.warpAffine(face, turn, (48, 48), borderMode=cv2.BORDER_REPLICATE)
    kind = random.random()
    if kind < 0.3:
        view = cv2.GaussianBlur(view, (0, 0), random.uniform(1.5, 3.5))
    elif kind < 0.5:
        length = int(random.integers(5, 15))
        smear = np.zeros((length, length), np.float32)
        smear[length // 2] = 1 / length
        view = cv2.filter2D(view, -1, smear)
    elif kind < 0.6:
        x, y = random.integers(0, 30, 2)
        view[y : y + 20, x : x + 20] = 120
    noisy = view + random.normal(0, 6, view.shape)
    return np.asarray(noisy.clip(0, 255), np.uint8)


def smoothed(readings: NDArray[np.float32], sharpness: NDArray[np.float64]) -> NDArray[np.float32]:
    """The last probabilities (faces, 7) of readings (faces, views, 7)."""
    smoother = Smoother(1.0)
    for view in range(readings.shape[1]):
        shown = [
            smoother.update(face, one, view / FRAMES_PER_SECOND, sharpness[face, view])
            for face, one in enumerate(readings[:, view])
        ]
    return np.stack([one.probabilities for one in shown])


def main(path: str, faces: int, views: int) -> None:
    random = np.random.default_rng(1)
    data = selection.answerable(loading.load(path).split("validation"), "crowd")
    data = data.rows(random.permutation(len(data))[:faces].astype(np.int64))
    truth = selection.truth(data, "crowd")
    data, truth = data.rows(np.flatnonzero(truth >= 0)), truth[truth >= 0]
    model = registry.load()
    seen = [
        degraded(face[:, :, 0], random)
        for face in data.inputs(model.card.input)
        for _ in range(views)
    ]
    pixels = np.stack(seen)[..., None]
    readings = model.probabilities(pixels).reshape(len(truth), views, 7)
    sharpness = np.array([cv2.Laplacian(one, cv2.CV_64F).var() for one in seen])
    rows = {
        "one reading": (readings.argmax(axis=2) == truth[:, None]).mean(),
        "plain mean": (readings.mean(axis=1).argmax(axis=1) == truth).mean(),
        "smoothing": (
            smoothed(readings, sharpness.reshape(len(truth), views)).argmax(axis=1) == truth
        ).mean(),
    }
    print(f"{len(truth)} faces, {views} views each, model {model.card.name}")
    for name, accuracy in rows.items():
        print(f"| {name} | {accuracy:.1%} |")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data")
    parser.add_argument("--faces", type=int, default=350)
    parser.add_argument("--views", type=int, default=8)
    asked = parser.parse_args()
    main(asked.data, asked.faces, asked.views)
