"""Variations of training faces; the same random generator gives the same faces."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from fer.data import transforms
from fer.data.augmentation import occlusion
from fer.data.transforms import Pixels


@dataclass(frozen=True, slots=True)
class Strength:
    """How far faces are varied. Shifts and scale are shares of the side, rotation is in degrees,
    contrast and brightness shares of the range, gamma is the largest power of 2 of the exponent;
    the rest are probabilities. `zoom` moves the middle of the scales: below 0 faces are smaller on
    average than their data set frames them."""

    flip: float = 0.0
    shift: float = 0.0
    rotation: float = 0.0
    scale: float = 0.0
    zoom: float = 0.0
    contrast: float = 0.0
    brightness: float = 0.0
    low_resolution: float = 0.0
    jpeg: float = 0.0
    erase: float = 0.0
    gamma: float = 0.0
    local_contrast: float = 0.0
    sharpen: float = 0.0
    blur: float = 0.0
    motion_blur: float = 0.0
    noise: float = 0.0
    resampling: float = 0.0
    occlusion: float = 0.0

    @property
    def is_photographic(self) -> bool:
        """Whether it asks for more than moving, contrast, shrinking, JPEG and erasing."""
        return any((self.gamma, self.local_contrast, self.sharpen, self.blur, self.motion_blur))


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
    "photo": Strength(
        flip=0.5,
        shift=0.1,
        rotation=15,
        scale=0.21,
        zoom=-0.09,
        contrast=0.3,
        brightness=0.15,
        jpeg=0.1,
        erase=0.15,
        gamma=0.6,
        local_contrast=0.1,
        sharpen=0.1,
        blur=0.1,
        motion_blur=0.04,
        noise=0.1,
        resampling=0.3,
        occlusion=0.15,
    ),
}
_BORDERS = (cv2.BORDER_REPLICATE, cv2.BORDER_REFLECT_101)
_SHRINK = (cv2.INTER_AREA, cv2.INTER_AREA, cv2.INTER_LINEAR, cv2.INTER_NEAREST)
_ENLARGE = (cv2.INTER_LINEAR, cv2.INTER_CUBIC, cv2.INTER_LANCZOS4, cv2.INTER_NEAREST)


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
    further = random.random(20) if strength.is_photographic else None
    if further is not None:
        face = _relit(face, strength, further)
        if further[4] < strength.occlusion:
            face = occlusion.covered(face, random)
    varied = transforms.moved(
        face,
        right=strength.shift * signed[2],
        down=strength.shift * signed[3],
        degrees=strength.rotation * signed[1],
        scale=1 + strength.zoom + strength.scale * signed[0],
        border=_BORDERS[0 if further is None else int(2 * further[18])],
    )
    if strength.contrast or strength.brightness:
        gain, brighter = 1 + strength.contrast * signed[5], strength.brightness * signed[6]
        varied = transforms.relit(varied, gain, brighter)
    if further is not None:
        varied = _photographed(varied, strength, further, random)
    if draw[7] < strength.low_resolution:
        varied = transforms.resampled(varied, share=0.4 + 0.4 * draw[8])
    if draw[9] < strength.jpeg:
        varied = transforms.through_jpeg(varied, quality=int(20 + 50 * draw[10]))
    if draw[11] < strength.erase:
        _erase(varied, draw[12:16], random)
    return varied


def _relit(face: Pixels, strength: Strength, draw: NDArray[np.float64]) -> Pixels:
    """Light as it falls and as cameras and programs change it."""
    if strength.gamma:
        face = transforms.gamma_corrected(face, 2 ** (strength.gamma * (2 * draw[0] - 1)))
    if draw[1] < strength.local_contrast:
        face = transforms.locally_equalized(face, 1 + 3 * draw[2])
    return face


def _photographed(
    face: Pixels, strength: Strength, draw: NDArray[np.float64], random: np.random.Generator
) -> Pixels:
    """Blur, resolution, sharpening and noise, in the order in which a picture meets them."""
    if draw[5] < strength.blur:
        face = transforms.blurred(face, 0.4 + 0.9 * draw[6])
    if draw[7] < strength.motion_blur:
        face = transforms.motion_blurred(face, 2 + 3 * draw[8], 180 * draw[9])
    if draw[10] < strength.resampling:
        shrink = _SHRINK[int(len(_SHRINK) * draw[11])]
        enlarge = _ENLARGE[int(len(_ENLARGE) * draw[12])]
        face = transforms.resampled(face, 0.4 + 0.5 * draw[13], shrink, enlarge)
    if draw[14] < strength.noise:
        face = transforms.with_noise(face, 2 + 10 * draw[15] ** 2, random)
    if draw[16] < strength.sharpen:
        face = transforms.sharpened(face, 0.3 + 1.2 * draw[17])
    return face


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
