"""How many validation faces look like a training face, and what that face's label is worth.

    python -m benchmarks.near_copies fer2013 fer2013.parquet

Exact copies are removed before. Faces are compared at 16×16 pixels, also mirrored, by correlation.
"""

from __future__ import annotations

import itertools
import sys

import cv2
import numpy as np
from numpy.typing import NDArray

from fer import registry
from fer.data import selection

SIDE = 16
ENDS = (-1.0, 0.8, 0.85, 0.9, 0.93, 0.96, 1.01)


def main(name: str, path: str) -> None:
    model = registry.load(name)
    card = model.card
    data = selection.prepared(path, labels=card.question)
    train, validation = data.split("train"), data.split("validation")
    known, seen = train.inputs(card.input), validation.inputs(card.input)
    likeness = np.maximum(
        _small(seen) @ _small(known).T, _small(seen[:, :, ::-1]) @ _small(known).T
    )
    nearest, best = likeness.argmax(axis=1), likeness.max(axis=1)
    true = selection.truth(validation, card.question)
    neighbour = selection.truth(train, card.question)[nearest] == true
    right = model.probabilities(seen).argmax(axis=1) == true
    print(f"| correlation | faces of {len(true):,} | nearest face's label right | {name} right |")
    print("|---|---|---|---|")
    for low, high in itertools.pairwise(ENDS):
        rows = (best >= low) & (best < high)
        if rows.any():
            shares = f"{neighbour[rows].mean():.0%} | {right[rows].mean():.0%}"
            print(f"| {max(low, 0):.2f} to {min(high, 1):.2f} | {rows.sum()} | {shares} |")


def _small(faces: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Faces (N, H, W, 1) as unit vectors without their mean, (N, SIDE²)."""
    size = (SIDE, SIDE)
    small = [cv2.resize(face[..., 0], size, interpolation=cv2.INTER_AREA) for face in faces]
    flat = np.stack(small).reshape(len(faces), -1).astype(np.float32)
    flat -= flat.mean(axis=1, keepdims=True)
    return np.asarray(flat / np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-6))


if __name__ == "__main__":
    main(*sys.argv[1:3])
