"""Reads the apparent expression of faces, says how sure it is and when it does not know.

>>> import fer
>>> fer.analyze("photo.jpg").faces[0].prediction.words
'happy'
"""

from fer.emotions import COLOURS, EMOTIONS
from fer.errors import FerError
from fer.inference.recognizer import Recognizer, analyze
from fer.values import Box, Face, FaceResult, FrameResult, ModelCard, Prediction

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
