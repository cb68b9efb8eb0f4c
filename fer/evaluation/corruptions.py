"""Ten ways in which pictures of faces get worse, each in five strengths."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from fer.data.transforms import moved, relit, resampled, through_jpeg
from fer.geometry import Image

Change = Callable[[Image, float, np.random.Generator], Image]

_GREY = 128


@dataclass(frozen=True, slots=True)
class Corruption:
    """`change(face, strength, random)` for a face (H, W, 3); `text` is a pattern for a strength.

    `named` is the strength that model cards name, if there is one.
    """

    name: str
    change: Change
    strengths: tuple[float, ...]
    text: str
    named: float | None = None

    def describe(self, strength: float) -> str:
        return self.text.format(strength)


def _blur(face: Image, share: float, random: np.random.Generator) -> Image:
    sigma = share * face.shape[0]
    return np.asarray(cv2.GaussianBlur(face, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE))


def _noise(face: Image, levels: float, random: np.random.Generator) -> Image:
    """The same noise in all channels, so that grey pictures stay grey."""
    noise = random.normal(0, levels, (*face.shape[:2], 1))
    return np.clip(face + noise, 0, 255).astype(np.uint8)


def _darkness(face: Image, gain: float, random: np.random.Generator) -> Image:
    return relit(face, gain, brighter=-_GREY * (1 - gain) / 255)


def _contrast(face: Image, gain: float, random: np.random.Generator) -> Image:
    return relit(face, gain)


def _jpeg(face: Image, quality: float, random: np.random.Generator) -> Image:
    return through_jpeg(face, int(quality))


def _low_resolution(face: Image, side: float, random: np.random.Generator) -> Image:
    share = side / max(face.shape[:2])
    return face if share >= 1 else resampled(face, share)


def _rotation(face: Image, degrees: float, random: np.random.Generator) -> Image:
    return moved(face, degrees=degrees * _sign(random))


def _occlusion(face: Image, share: float, random: np.random.Generator) -> Image:
    """A grey square over a share of the face, anywhere on it."""
    height, width = face.shape[:2]
    side = max(1, round(np.sqrt(share * height * width)))
    top = int(random.random() * (height - side + 1))
    left = int(random.random() * (width - side + 1))
    covered = face.copy()
    covered[top : top + side, left : left + side] = _GREY
    return covered


def _shift(face: Image, share: float, random: np.random.Generator) -> Image:
    return moved(face, right=share * _sign(random), down=share * _sign(random))


def _size(face: Image, share: float, random: np.random.Generator) -> Image:
    return moved(face, scale=1 + share * _sign(random))


def _sign(random: np.random.Generator) -> int:
    return 1 if random.random() < 0.5 else -1


ALL: tuple[Corruption, ...] = (
    Corruption("blur", _blur, (0.01, 0.02, 0.03, 0.045, 0.06), "sigma {:.1%} of the side"),
    Corruption("noise", _noise, (5, 10, 20, 35, 50), "{:.0f} grey levels"),
    Corruption("darkness", _darkness, (0.8, 0.6, 0.4, 0.25, 0.15), "light × {:g}"),
    Corruption("contrast", _contrast, (0.8, 0.6, 0.4, 0.25, 0.15), "contrast × {:g}"),
    Corruption("jpeg", _jpeg, (70, 50, 30, 15, 5), "quality {:.0f} at four-fold size", named=30),
    Corruption(
        "low resolution", _low_resolution, (40, 32, 24, 16, 12), "down to {:.0f} px", named=24
    ),
    Corruption("rotation", _rotation, (5, 10, 15, 20, 30), "±{:.0f}°", named=10),
    Corruption("occlusion", _occlusion, (0.02, 0.05, 0.1, 0.2, 0.3), "{:.0%} of the face"),
    Corruption("shift", _shift, (0.05, 0.1, 0.15, 0.2, 0.25), "±{:.0%} both ways", named=0.1),
    Corruption("size", _size, (0.05, 0.1, 0.15, 0.2, 0.3), "±{:.0%}", named=0.1),
)
"""From the weakest strength to the strongest; what has two directions takes one at random."""


def applied(face: Image, corruption: Corruption, strength: float, row: int) -> Image:
    """The face made worse; the same for the same row, and of one direction in all strengths."""
    index = ALL.index(corruption)
    return corruption.change(face, strength, np.random.default_rng([index, row]))


def named() -> Sequence[tuple[Corruption, float]]:
    """The corruptions of model cards, each with its strength."""
    return [(corruption, corruption.named) for corruption in ALL if corruption.named is not None]
