"""The formats a model can be downloaded in: how each is written, and read back to check it."""

from __future__ import annotations

import contextlib
import io
import shutil
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
import onnxruntime
import tensorflow as tf
from numpy.typing import NDArray

from fer import registry
from fer.errors import BadModel
from fer.model_card import ModelCard

Predictor = Callable[[NDArray[np.float32]], NDArray[np.float32]]
"""Float32 pixels (N, height, width, channels), 0–255, to probabilities (N, 7)."""

Files = tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class Format:
    """`write` makes the files of a model in a folder, `read` makes a function of such files."""

    write: Callable[[keras.Model, ModelCard, Path], Files]
    read: Callable[[Files], Predictor]


def read_keras(file: Path) -> keras.Model:
    """A Keras model whose file may run no code of its own. Raises `BadModel` if it is damaged."""
    try:
        return keras.models.load_model(file, compile=False, safe_mode=True)
    except Exception as error:  # noqa: BLE001 - Keras raises whatever its readers do
        reason = (str(error).splitlines() or [type(error).__name__])[0][:160]
        raise BadModel(f"{file.name} is no Keras model that can be read: {reason}.") from None


def keras_predictor(model: keras.Model) -> Predictor:
    predict = tf.function(lambda pixels: model(pixels, training=False), reduce_retracing=True)
    return lambda pixels: np.asarray(predict(tf.constant(pixels)))


def onnx_predictor(files: Files) -> Predictor:
    session = onnxruntime.InferenceSession(str(files[0]), providers=["CPUExecutionProvider"])
    return lambda pixels: np.asarray(session.run(["probabilities"], {"pixels": pixels})[0])


def onnx_predictions(file: Path, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """The predictions (N, 7) of an engine file for faces uint8 (N, height, width, channels)."""
    predict = onnx_predictor((file,))
    starts = range(0, len(pixels), registry.BATCH)
    parts = [pixels[start : start + registry.BATCH].astype(np.float32) for start in starts]
    return np.concatenate([predict(part) for part in parts])


def _copy(card: ModelCard, folder: Path, ending: str) -> Files:
    if ending == ".keras":
        source = registry.keras_file(card.name)
    else:
        source = registry.path_of(card.name) / f"model{ending}"
    return (Path(shutil.copyfile(source, folder / f"{card.name}{ending}")),)


def _write_h5(model: keras.Model, card: ModelCard, folder: Path) -> Files:
    """The weights as HDF5 and the architecture as JSON."""
    weights, architecture = folder / f"{card.name}.weights.h5", folder / f"{card.name}.json"
    model.save_weights(weights)
    architecture.write_text(model.to_json(), "utf-8")
    return weights, architecture


def _h5_predictor(files: Files) -> Predictor:
    weights, architecture = files
    model = keras.models.model_from_json(architecture.read_text("utf-8"))
    model.load_weights(weights)
    return keras_predictor(model)


def _write_tflite(model: keras.Model, card: ModelCard, folder: Path) -> Files:
    """Float32 throughout, as the original."""
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    file = folder / f"{card.name}.tflite"
    with contextlib.redirect_stdout(io.StringIO()):  # it prints hundreds of tensor names
        file.write_bytes(converter.convert())
    return (file,)


def _tflite_predictor(files: Files) -> Predictor:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*tf.lite.Interpreter is deprecated.*")
        interpreter = tf.lite.Interpreter(str(files[0]))
    interpreter.allocate_tensors()
    inputs, outputs = interpreter.get_input_details()[0], interpreter.get_output_details()[0]

    def predict(pixels: NDArray[np.float32]) -> NDArray[np.float32]:
        interpreter.set_tensor(inputs["index"], pixels)
        interpreter.invoke()
        return np.asarray(interpreter.get_tensor(outputs["index"]))

    return lambda pixels: np.concatenate([predict(face[None]) for face in pixels])


FORMATS: dict[str, Format] = {
    "keras": Format(
        lambda model, card, folder: _copy(card, folder, ".keras"),
        lambda files: keras_predictor(read_keras(files[0])),
    ),
    "h5": Format(_write_h5, _h5_predictor),
    "onnx": Format(lambda model, card, folder: _copy(card, folder, ".onnx"), onnx_predictor),
    "tflite": Format(_write_tflite, _tflite_predictor),
}
