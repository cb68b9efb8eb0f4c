"""Builders that tests share: pictures, faces, and small models made without TensorFlow."""

from __future__ import annotations

import io
import tempfile
import time
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import onnx
import psutil
from onnx import TensorProto, helper, numpy_helper

from dashboard import samples
from fer import images, registry
from fer.emotions import EMOTIONS
from fer.geometry import Box, Image, clip_box
from fer.model_card import InputSpec, ModelCard
from fer.results import Face, FaceResult, FrameResult, Prediction, Quality

_LEVEL = 36

ASTRONAUT_FACE = (178, 68, 270, 190)
"""Left, top, right, bottom of the sample's face, as a person sees it."""


def within_seconds(seconds: float, condition: Callable[[], object]) -> None:
    """Waits until the condition holds; a busy machine may take its time."""
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it did not happen"
        time.sleep(0.01)


def is_alive(pid: int) -> bool:
    """Whether such a process does anything any more."""
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def astronaut() -> Image:
    return samples.astronaut()


def cut_face() -> Image:
    """The sample's face as a square picture."""
    left, top, right, bottom = ASTRONAUT_FACE
    side = bottom - top
    middle = (left + right) // 2
    return np.ascontiguousarray(astronaut()[top:bottom, middle - side // 2 : middle + side // 2])


def group_photo(columns: int = 3, rows: int = 2, width: int = 1024) -> Image:
    """A picture with the sample's face once in each field of a grid, varied in size and side."""
    field = width // columns
    portrait = astronaut()[20:280, 90:350]
    picture = np.full((rows * field, columns * field, 3), 128, np.uint8)
    for index in range(columns * rows):
        side = int(field * (0.6 + 0.4 * index / (columns * rows)))
        face = cv2.resize(portrait, (side, side), interpolation=cv2.INTER_AREA)
        face = face[:, ::-1] if index % 2 else face
        top, left = index // columns * field, index % columns * field
        picture[top : top + side, left : left + side] = face
    return picture


def make_face(left: int = 10, top: int = 20, side: int = 40, score: float = 0.9) -> Face:
    box = clip_box(left, top, left + side, top + side, 10_000, 10_000)
    assert box is not None
    return Face(box, score)


def make_prediction(
    label: str = "happy", confidence: float = 0.9, uncertain: bool = False
) -> Prediction:
    probabilities = np.full(7, (1 - confidence) / 6, np.float32)
    probabilities[EMOTIONS.index(label)] = confidence
    return Prediction(probabilities, uncertain)


def make_face_result(
    label: str = "happy", confidence: float = 0.9, uncertain: bool = False
) -> FaceResult:
    quality = Quality(size=40, sharpness=100.0, brightness=128.0)
    return FaceResult(make_face(), make_prediction(label, confidence, uncertain), quality)


def result_of(image: Image, *boxes: Box, label: str = "happy") -> FrameResult:
    """A result for a picture with a face in each box."""
    face = make_face_result(label)
    faces = tuple(replace(face, face=Face(box, 0.9), track=n) for n, box in enumerate(boxes, 1))
    return FrameResult(faces, image.shape[1], image.shape[0])


def make_card(name: str = "tiny", spec: InputSpec | None = None, **changes: object) -> ModelCard:
    values: dict[str, object] = {
        "name": name,
        "network": "tiny",
        "question": "crowd",
        "labels": EMOTIONS,
        "input": spec or InputSpec(),
        "temperature": 1.0,
        "uncertain_below": 0.3,
        "data": {"name": "made up", "hash": "0", "licence": "none", "train": 1, "validation": 1},
        "settings": {},
        "metrics": {
            "protocol": "none: a test's model",
            "n": 10,
            "accuracy": 0.5,
            "accuracy_interval": [0.2, 0.8],
        },
        "parameters": 7,
        "multiply_adds": 7,
        "created": "2026-01-01T00:00:00+00:00",
        "intended_use": "tests",
        "not_for": "anything else",
        "files": {},
    }
    return ModelCard(**{**values, **changes})  # type: ignore[arg-type]


def epoch_row(epoch: int = 1, **changes: object) -> dict[str, object]:
    """A line of `metrics.jsonl`."""
    return {
        **{"epoch": epoch, "seconds": 1.5, "learning_rate": 0.01},
        **{"loss": 1.9, "accuracy": 0.25, "val_loss": 1.8, "val_accuracy": 0.5},
        **{"recall": dict.fromkeys(EMOTIONS, 0.5), "confusion": [[1] * 7] * 7},
        **changes,
    }


def tiny_engine(
    spec: InputSpec,
    broken: bool = False,
    reads_levels: float | None = None,
    shares: Sequence[float] | None = None,
) -> onnx.ModelProto:
    """Softmax of seven weights times the mean brightness; with `broken`, of infinities.

    With `reads_levels` it answers `level_of(emotion)` with that emotion, the surer the higher, and
    with `shares` as if the emotions were so common: it is Bayes' rule for levels that are normally
    distributed around `level_of(emotion)`, with the variance `level_variance(reads_levels)`.
    """
    slope, bias = np.linspace(0.0, 0.02, 7, dtype=np.float32)[None], np.zeros(7, np.float32)
    if reads_levels is not None:
        order = np.arange(7, dtype=np.float32)
        slope = np.asarray(2 * reads_levels * order / _LEVEL, np.float32)[None]
        bias = -reads_levels * (order**2 + order)
    if shares is not None:
        bias = bias + np.log(np.array(shares, np.float32))
    if broken:
        slope = slope * np.float32(np.nan)
    nodes = [
        helper.make_node("ReduceMean", ["pixels"], ["mean"], axes=[1, 2, 3], keepdims=0),
        helper.make_node("Unsqueeze", ["mean", "axis"], ["column"]),
        helper.make_node("MatMul", ["column", "slope"], ["weighed"]),
        helper.make_node("Add", ["weighed", "bias"], ["logits"]),
        helper.make_node("Softmax", ["logits"], ["probabilities"], axis=1),
    ]
    inputs = helper.make_tensor_value_info("pixels", TensorProto.FLOAT, [None, *spec.shape])
    output = helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, [None, 7])
    constants = [
        numpy_helper.from_array(slope.astype(np.float32), "slope"),
        numpy_helper.from_array(bias.astype(np.float32), "bias"),
        numpy_helper.from_array(np.array([1], np.int64), "axis"),
    ]
    graph = helper.make_graph(nodes, "tiny", [inputs], [output], constants)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)


def level_of(emotion: int) -> int:
    """The grey level that a model with `reads_levels` takes for an emotion."""
    return int((emotion + 0.5) * _LEVEL)


def level_variance(reads_levels: float) -> float:
    """See `tiny_engine`."""
    return _LEVEL**2 / (2 * reads_levels)


def publish_tiny(
    name: str = "tiny",
    broken: bool = False,
    reads_levels: float | None = None,
    shares: Sequence[float] | None = None,
    **changes: object,
) -> ModelCard:
    """A model in the present `FER_MODELS` that likes later emotions in brighter faces.

    With `shares`, the card says that they were those of its training, unless `changes` do.
    """
    if shares is not None:
        changes = {"training_shares": tuple(shares), **changes}
    card = make_card(name, **changes)  # type: ignore[arg-type]
    with tempfile.TemporaryDirectory() as folder:
        engine = Path(folder, "model.onnx")
        onnx.save(tiny_engine(card.input, broken, reads_levels, shares), engine)
        return registry.publish(card, {"model.onnx": engine})


def labelled_zip(
    labels: Sequence[int], predicted: Sequence[int], split: str = "test", first: int = 0
) -> bytes:
    """A zip of class folders with grey pictures, and what a model with `reads_levels` predicts.

    Pictures with different numbers, counted from `first`, are no copies.
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for number, (label, prediction) in enumerate(zip(labels, predicted, strict=True), first):
            picture = np.full((48, 48, 3), level_of(prediction), np.uint8)
            picture[number % 48, number // 48] += 1  # no two alike
            name = f"{split}/{EMOTIONS[label]}/{number}.png"
            archive.writestr(name, images.encode_png(picture))
    return buffer.getvalue()
