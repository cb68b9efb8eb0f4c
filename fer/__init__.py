"""Reads the apparent expression of faces, says how sure it is and when it does not know.

>>> import fer
>>> fer.analyze("photo.jpg").faces[0].prediction.display_label
'happy'
"""

import os

# Since 1.32 ONNX Runtime's Linux wheel collects usage events and sends them to Microsoft. It asks
# for this when it is first imported.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

from fer.emotions import COLOURS, EMOTIONS
from fer.errors import FerError
from fer.geometry import Box
from fer.inference.recognizer import Recognizer, analyze
from fer.model_card import ModelCard
from fer.results import Face, FaceResult, FrameResult, Prediction

__all__ = [
    "COLOURS",
    "EMOTIONS",
    "Box",
    "Face",
    "FaceResult",
    "FerError",
    "FrameResult",
    "ModelCard",
    "Prediction",
    "Recognizer",
    "analyze",
]
