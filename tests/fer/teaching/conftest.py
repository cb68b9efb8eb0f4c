"""Captures of one face that shows two things, in several takes."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from fer.geometry import Image
from fer.teaching.captures import Captures
from tests.helpers import cut_face


def variant(emotion: str, seed: int) -> Image:
    """The sample's face with a wide or a covered mouth, moved and lit a little otherwise."""
    random = np.random.default_rng(seed)
    face = cv2.resize(cut_face(), (96, 96), interpolation=cv2.INTER_AREA).astype(np.float32)
    if emotion == "sad":
        face[62:84, 26:70] = face[50:60, 20:76].mean(axis=(0, 1))
    turn = cv2.getRotationMatrix2D((48, 48), random.uniform(-5, 5), random.uniform(0.95, 1.08))
    turn[:, 2] += random.uniform(-2, 2, 2)
    face = cv2.warpAffine(face, turn, (96, 96), borderMode=cv2.BORDER_REPLICATE)
    return np.clip(
        face * random.uniform(0.85, 1.1) + random.normal(0, 3, face.shape), 0, 255
    ).astype(np.uint8)


def two_emotions(takes: int, faces: int = 5) -> Captures:
    captures = Captures()
    for take in range(takes):
        for emotion in ("happy", "sad"):
            crops = [(variant(emotion, 100 * take + i), i / 10) for i in range(faces)]
            captures = captures.with_take(emotion, 2.0, crops)
    return captures


@pytest.fixture(scope="session")
def five_takes() -> Captures:
    return two_emotions(5, faces=3)
