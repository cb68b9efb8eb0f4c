"""Which faces are nearly the same picture: frames a moment apart, or a copy that was saved anew."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from fer.geometry import Image
from fer.inference import cropping
from fer.model_card import InputSpec

DIFFERENT_FROM = 2.5
"""Mean difference in grey levels from which on two faces are two pictures."""
_SIDE, _BLOCK = 24, 4
_SPEC = InputSpec(height=_SIDE, width=_SIDE, channels=1)
_ROWS_AT_ONCE = 256

Thumbnail = NDArray[np.float32]
"""Grey levels (576,) of a face, made small."""


def thumbnail(crop: Image) -> Thumbnail:
    """What is compared of a face, RGB uint8 (S, S, 3)."""
    return cropping.network_pixels(crop, _SPEC)[:, :, 0].astype(np.float32).ravel()


def is_new(face: Thumbnail, others: Sequence[Thumbnail]) -> bool:
    """Whether a face differs from all others."""
    return all(np.abs(face - other).mean() >= DIFFERENT_FROM for other in others)


def pairs(faces: Sequence[Thumbnail]) -> list[tuple[int, int]]:
    """The indices of any two that are nearly the same, the smaller one first.

    The mean difference of two pictures is at least that of their blocks' means, which few pairs of
    different pictures have small: those alone are compared in full.
    """
    from scipy.spatial.distance import cdist

    if len(faces) == 0:
        return []
    full = np.stack(faces)
    per_side = _SIDE // _BLOCK
    blocks = full.reshape(-1, per_side, _BLOCK, per_side, _BLOCK).mean(axis=(2, 4))
    blocks = blocks.reshape(len(full), -1)
    limit = DIFFERENT_FROM * blocks.shape[1]
    found: list[tuple[int, int]] = []
    for start in range(0, len(full), _ROWS_AT_ONCE):
        near = cdist(blocks[start : start + _ROWS_AT_ONCE], blocks, "cityblock") < limit
        first, second = np.nonzero(near)
        for one, other in zip((first + start).tolist(), second.tolist(), strict=True):
            if one < other and np.abs(full[one] - full[other]).mean() < DIFFERENT_FROM:
                found.append((one, other))
    return found
