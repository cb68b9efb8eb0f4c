"""Faces that this program draws, so that training works for anyone at once; no person is in them.

Each expression moves brows, lids and mouth by the action units that Ekman and Friesen's Facial
Action Coding System describes it with (AU 12 pulls the lip corners up, AU 4 lowers the brows, …).
Head, hair, skin, pose, light and noise vary. They prove nothing about people.
"""

from __future__ import annotations

import functools
import hashlib

import cv2
import numpy as np
from numpy.typing import NDArray

from fer.data.dataset import NUM_VOTES, Dataset, Picture
from fer.data.synthetic.drawing import Drawing
from fer.emotions import EMOTIONS, NUM_EMOTIONS

NAME = "synthetic drawings (demo only)"
LICENCE = "drawn by this program; no person is shown, and anyone may use them"
ACTION_UNITS: dict[str, dict[int, float]] = {
    "angry": {4: 1.0, 5: 0.5, 7: 0.7, 23: 1.0},
    "disgust": {4: 0.45, 7: 0.6, 9: 1.0, 15: 0.6, 16: 0.8},
    "fear": {1: 1.0, 2: 0.7, 4: 0.6, 5: 0.9, 20: 1.0, 26: 0.35},
    "happy": {6: 0.9, 12: 1.0, 25: 0.7},
    "sad": {1: 1.0, 4: 0.5, 15: 1.0},
    "surprise": {1: 0.9, 2: 1.0, 5: 0.9, 26: 1.0},
    "neutral": {},
}
"""How far each expression, at its strongest, moves each action unit: 0 (at rest) to 1."""

SIDE = 48
WEAKEST = 0.35
NUM_VOTERS = 10

_OVERSAMPLING = 3
_ALIKE = {
    "angry": "disgust",
    "disgust": "angry",
    "fear": "surprise",
    "happy": "neutral",
    "sad": "neutral",
    "surprise": "fear",
    "neutral": "sad",
}
_NOT_NAMED = (0.0, 0.03, 0.0)
"""Share of votes for contempt, unknown and no face."""


@functools.lru_cache(maxsize=1)
def dataset(n_train: int = 1400, n_validation: int = 350, seed: int = 0) -> Dataset:
    """Drawn faces, the seven emotions in turn, with a label and ten votes each; no two are alike.

    The same numbers give the same faces; the last ones are kept, since drawing takes seconds. The
    votes for a weak expression lie partly with neutral.
    """
    n = n_train + n_validation
    random = np.random.default_rng(seed)
    labels = np.arange(n) % NUM_EMOTIONS
    strengths = random.uniform(WEAKEST, 1.0, n)
    pictures = [
        face(EMOTIONS[label], random, strength)
        for label, strength in zip(labels, strengths, strict=True)
    ]
    votes = [
        random.multinomial(NUM_VOTERS, vote_shares(EMOTIONS[label], strength))
        for label, strength in zip(labels, strengths, strict=True)
    ]
    for picture in pictures:
        picture.flags.writeable = False
    return Dataset(
        name=NAME,
        hash=hashlib.sha256(b"".join(map(np.ndarray.tobytes, pictures))).hexdigest(),
        pictures=tuple(pictures),
        labels=labels.astype(np.int64),
        votes=np.array(votes, np.int64).reshape(n, NUM_VOTES),
        splits=np.where(np.arange(n) < n_train, "train", "validation"),
        licence=LICENCE,
    )


def vote_shares(emotion: str, strength: float) -> NDArray[np.float64]:
    """What share of a crowd would vote for each of the ten FER+ columns, (10,), summing to 1."""
    shares = np.zeros(NUM_VOTES)
    shares[NUM_EMOTIONS:] = _NOT_NAMED
    agreed = 0.45 + 0.5 * strength
    unsure = 1 - agreed
    shares[EMOTIONS.index(emotion)] = agreed
    shares[EMOTIONS.index("neutral")] += 0.7 * unsure
    shares[EMOTIONS.index(_ALIKE[emotion])] += 0.3 * unsure
    return np.asarray(shares / shares.sum())


def face(
    emotion: str, random: np.random.Generator, strength: float = 1.0, side: int = SIDE
) -> Picture:
    """One grey face (side, side) that shows `emotion`, more or less (`strength` from 0 to 1)."""
    drawing = Drawing(side * _OVERSAMPLING, _moved(emotion, strength, random), random)
    canvas = drawing.drawn()
    small = cv2.resize(canvas, (side, side), interpolation=cv2.INTER_AREA)  # smooths the edges
    return _photographed(np.asarray(small, np.float64), random)


def _moved(emotion: str, strength: float, random: np.random.Generator) -> dict[int, float]:
    """How far one face moves each action unit: nobody moves all alike or holds quite still."""
    units = {}
    for unit in (1, 2, 4, 5, 6, 7, 9, 12, 15, 16, 20, 23, 25, 26):
        full = ACTION_UNITS[emotion].get(unit, 0.0)
        units[unit] = max(0.0, full * strength * random.uniform(0.75, 1.2) + random.normal(0, 0.04))
    return units


def _photographed(image: NDArray[np.float64], random: np.random.Generator) -> Picture:
    """The drawing (H, W) under a light from one side, a little blurred, with noise."""
    side = len(image)
    down, right = np.mgrid[-1 : 1 : side * 1j, -1 : 1 : side * 1j]
    angle = random.uniform(0, 2 * np.pi)
    light = 1 + random.uniform(0, 0.25) * (np.cos(angle) * right + np.sin(angle) * down)
    lit = (image * light - 128) * random.uniform(0.8, 1.1) + 128 + random.uniform(-15, 15)
    blurred = cv2.GaussianBlur(lit, (0, 0), random.uniform(0.2, 0.6) * side / SIDE)
    noisy = blurred + random.normal(0, random.uniform(1, 7), image.shape)
    return np.asarray(np.clip(noisy, 0, 255), np.uint8)
