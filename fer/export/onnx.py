"""A trained Keras model as the engine file that pages and commands use, and as downloads."""

from __future__ import annotations

import statistics
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import onnx
import skimage.data
import tensorflow as tf
import tf2onnx
from numpy.typing import NDArray

from fer import registry
from fer.data.augmentation import STRENGTHS, augmented
from fer.errors import BadModel, BadSettings
from fer.export import formats
from fer.export.formats import FORMATS, Predictor
from fer.geometry import Box
from fer.inference import cropping
from fer.model_card import InputSpec, ModelCard
from fer.networks.build import FEATURES
from fer.results import Face
from fer.storage.files import reason_of

OPSET = 17
LARGEST_DIFFERENCE = 1e-4
"""An export whose probabilities differ by more from the original's is refused."""

_ASTRONAUT = Face(Box(160, 60, 290, 190), 1.0)
NUM_FACES = 32
_TIMED_CALLS = 20


@dataclass(frozen=True, slots=True)
class Exported:
    """An export: its files, its largest probability difference to the original, median time for one
    face, and its size."""

    model: str
    format: str
    files: tuple[Path, ...]
    difference: float
    milliseconds: float
    megabytes: float

    @property
    def is_sound(self) -> bool:
        return self.difference <= LARGEST_DIFFERENCE


def export(name: str, format: str, folder: Path) -> Exported:
    """Writes a published model in a format, reads it back and compares them on real faces.

    `NAME.keras`, `NAME.onnx`, `NAME.tflite`, or `NAME.weights.h5` with `NAME.json`; what was there
    is replaced. Raises `FerError` if there is no such model or format, or no room.
    """
    if format not in FORMATS:
        raise BadSettings(f"unknown format {format!r}; choose one of {', '.join(FORMATS)}.")
    card = registry.card(name)
    model = load(card)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder, prefix=".export-") as temporary:
            written = FORMATS[format].write(model, card, Path(temporary))
            files = tuple(file.replace(folder / file.name) for file in written)
    except OSError as error:
        reason = reason_of(error)
        raise BadSettings(f"the export could not be written to {folder}: {reason}.") from None
    faces, predict = real_faces(card.input), FORMATS[format].read(files)
    original = _original(model, card, format)(faces)
    return Exported(
        model=name,
        format=format,
        files=files,
        difference=float(np.abs(predict(faces) - original).max()),
        milliseconds=round(_milliseconds(predict, faces[:1]), 3),
        megabytes=round(sum(file.stat().st_size for file in files) / 1e6, 3),
    )


def is_quantized(card: ModelCard) -> bool:
    """Whether a model's engine file computes with fewer bits than the network it was made from."""
    return "quantized_from" in card.settings


def _original(model: keras.Model, card: ModelCard, format: str) -> Predictor:
    """What an export must agree with: a quantised engine file has no other original."""
    if format == "onnx" and is_quantized(card):
        return formats.onnx_predictor((registry.path_of(card.name) / "model.onnx",))
    return formats.keras_predictor(model)


def load(card: ModelCard) -> keras.Model:
    """The Keras model of a model folder, without running code that it may hold."""
    return formats.read_keras(registry.keras_file(card.name))


def real_faces(spec: InputSpec) -> NDArray[np.float32]:
    """Photographed faces as a network takes them: float32 (32, height, width, channels), 0–255.

    An astronaut's portrait in variations, then faces of the LFW data set: both come with
    scikit-image.
    """
    pictures: Any = skimage.data
    portrait = cropping.face_crop(pictures.astronaut(), _ASTRONAUT)
    portraits = np.repeat(portrait[None], NUM_FACES // 2, axis=0)
    varied = augmented(portraits, STRENGTHS["strong"], np.random.default_rng(0))
    others = np.repeat((255 * pictures.lfw_subset())[: NUM_FACES // 2, :, :, None], 3, axis=3)
    crops = [*varied, *others.astype(np.uint8)]
    return np.stack([cropping.network_pixels(crop, spec) for crop in crops]).astype(np.float32)


def to_onnx(model: keras.Model, spec: InputSpec, path: Path) -> None:
    """Writes `model.onnx`: input `pixels`, output `probabilities`, then the feature maps if any."""
    outputs = {"probabilities": model.output}
    if any(layer.name == FEATURES for layer in model.layers):
        outputs["features"] = model.get_layer(FEATURES).output
    both = keras.Model(model.input, list(outputs.values()))

    def predict(pixels: tf.Tensor) -> list[tf.Tensor]:
        return list(tf.nest.flatten(both(pixels, training=False)))

    signature = [tf.TensorSpec((None, *spec.shape), tf.float32, name="pixels")]
    graph, _ = tf2onnx.convert.from_function(
        tf.function(predict, input_signature=signature), input_signature=signature, opset=OPSET
    )
    _name_outputs(graph, list(outputs))
    onnx.save(graph, path)


def largest_difference(model: keras.Model, engine: Path, pixels: NDArray[np.uint8]) -> float:
    """The largest probability difference between a Keras model and its engine file on faces
    (N, height, width, channels)."""
    batch = pixels.astype(np.float32)
    original = np.asarray(model(batch, training=False))
    return float(np.abs(formats.onnx_predictor((engine,))(batch) - original).max())


def check(model: keras.Model, engine: Path, pixels: NDArray[np.uint8]) -> float:
    """`largest_difference`, if it is small. Raises `BadModel` otherwise."""
    difference = largest_difference(model, engine, pixels)
    if not difference <= LARGEST_DIFFERENCE:
        raise BadModel(
            "the predictions of the exported network differ from those of the original: "
            f"{difference:.2g}."
        )
    return difference


def _milliseconds(predict: Predictor, face: NDArray[np.float32]) -> float:
    """Median time for one face (1, height, width, channels), once warm."""
    seconds = []
    for _ in range(_TIMED_CALLS):
        began = time.perf_counter()
        predict(face)
        seconds.append(time.perf_counter() - began)
    return 1000 * statistics.median(seconds)


def _name_outputs(graph: onnx.ModelProto, names: list[str]) -> None:
    """Renames the graph's outputs in order."""
    renamed = {out.name: name for out, name in zip(graph.graph.output, names, strict=True)}
    for out in graph.graph.output:
        out.name = renamed[out.name]
    for node in graph.graph.node:
        for edges in (node.input, node.output):
            for index, edge in enumerate(edges):
                edges[index] = renamed.get(edge, edge)
