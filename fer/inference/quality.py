"""Image quality of a face: what makes a prediction less reliable."""

from __future__ import annotations

import cv2
import numpy as np

from fer.geometry import Image
from fer.inference import cropping
from fer.model_card import InputSpec
from fer.results import Face, Quality

_GREY = InputSpec(height=48, width=48, channels=1)


def measure(crop: Image, face: Face) -> Quality:
    """Size, sharpness, brightness and pose of a face, `crop` being its `cropping.face_crop`."""
    grey = cropping.network_pixels(crop, _GREY)[:, :, 0]
    return Quality(
        size=min(face.box.width, face.box.height),
        sharpness=float(cv2.Laplacian(grey, cv2.CV_64F).var()),
        brightness=float(grey.mean()),
        roll=cropping.roll(face),
        yaw=_yaw(face),
    )


def _yaw(face: Face) -> float | None:
    """The nose's offset from the middle of the eyes along their line, in eye distances."""
    if face.landmarks is None:
        return None
    left, right, nose = face.landmarks[:3].astype(np.float64)
    eyes = right - left
    distance = float(np.hypot(*eyes))
    if distance < 1e-6:
        return None
    return float(np.dot(nose - (left + right) / 2, eyes) / distance**2)
