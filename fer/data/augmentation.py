"""Variations of training faces; the same random generator gives the same faces."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fer.data import transforms
from fer.data.transforms import Pixels


@dataclass(frozen=True, slots=True)
class Strength:
    """How far faces are varied. Shifts and scale are shares of the side, rotation is in degrees,
    contrast and brightness shares of the range; the rest are probabilities."""

    flip: float = 0.0
    shift: float = 0.0
    rotation: float = 0.0
    scale: float = 0.0
    contrast: float = 0.0
    brightness: float = 0.0
    low_resolution: float = 0.0
    jpeg: float = 0.0
    erase: float = 0.0


STRENGTHS: dict[str, Strength] = {
    "none": Strength(),
    "light": Strength(flip=0.5, shift=0.08, rotation=10, scale=0.1),
    "strong": Strength(
        flip=0.5,
        shift=0.1,
        rotation=12,
        scale=0.15,
        contrast=0.3,
        brightness=0.15,
        low_resolution=0.3,
        jpeg=0.1,
        erase=0.3,
    ),
}


def augmented(faces: Pixels, strength: Strength, random: np.random.Generator) -> Pixels:
    """Every face of (N, H, W, C) varied on its own; border pixels are repeated outwards."""
    if strength == STRENGTHS["none"]:
        return faces
    return np.stack([_varied(face, strength, random) for face in faces])


def mixed(
    faces: Pixels, targets: NDArray[np.float32], alpha: float, random: np.random.Generator
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Mixup (Zhang et al. 2018, arXiv 1710.09412): faces blended in pairs, targets likewise."""
    share = random.beta(alpha, alpha, len(faces)).astype(np.float32)
    share = np.maximum(share, 1 - share)
    other = random.permutation(len(faces))
    by_face = share[:, None, None, None]
    blended = by_face * faces + (1 - by_face) * faces[other]
    return blended, share[:, None] * targets + (1 - share[:, None]) * targets[other]


def _varied(face: Pixels, strength: Strength, random: np.random.Generator) -> Pixels:
    draw = random.random(16)
    signed = 2 * draw - 1
    if draw[4] < strength.flip:
        face = face[:, ::-1]
    varied = transforms.moved(
        face,
        right=strength.shift * signed[2],
        down=strength.shift * signed[3],
        degrees=strength.rotation * signed[1],
        scale=1 + strength.scale * signed[0],
    )
    if strength.contrast or strength.brightness:
        gain, brighter = 1 + strength.contrast * signed[5], strength.brightness * signed[6]
        varied = transforms.relit(varied, gain, brighter)
    if draw[7] < strength.low_resolution:
        varied = transforms.resampled(varied, share=0.4 + 0.4 * draw[8])
    if draw[9] < strength.jpeg:
        varied = transforms.through_jpeg(varied, quality=int(20 + 50 * draw[10]))
    if draw[11] < strength.erase:
        _erase(varied, draw[12:16], random)
    return varied


def _erase(face: Pixels, draw: NDArray[np.float64], random: np.random.Generator) -> None:
    """Random erasing (Zhong et al. 2020, arXiv 1708.04896): 2–20% of the face becomes noise."""
    height, width, channels = face.shape
    area = (0.02 + 0.18 * draw[0]) * height * width
    aspect = np.exp(np.log(3.0) * (2 * draw[1] - 1))
    patch_height = min(height, max(1, int(np.sqrt(area * aspect))))
    patch_width = min(width, max(1, int(np.sqrt(area / aspect))))
    top = int(draw[2] * (height - patch_height + 1))
    left = int(draw[3] * (width - patch_width + 1))
    noise = random.integers(0, 256, (patch_height, patch_width, channels), dtype=np.uint8)
    face[top : top + patch_height, left : left + patch_width] = noise
