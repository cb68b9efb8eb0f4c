"""A trained Keras model as the engine file that pages and commands answer with."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import onnx
import onnxruntime
import tensorflow as tf
import tf2onnx
from numpy.typing import NDArray

from fer.errors import BadModel
from fer.training.networks import FEATURES
from fer.values import InputSpec

OPSET = 17
LARGEST_DIFFERENCE = 1e-4
"""An export whose probabilities differ by more from the original's is refused."""


def to_onnx(model: keras.Model, spec: InputSpec, path: Path) -> None:
    """Writes `model.onnx`: input `pixels`, output `probabilities`, then the last feature maps if any."""
    outputs = {"probabilities": model.output}
    if any(layer.name == FEATURES for layer in model.layers):
        outputs["features"] = model.get_layer(FEATURES).output
    answers = keras.Model(model.input, list(outputs.values()))

    @tf.function(input_signature=[tf.TensorSpec((None, *spec.shape), tf.float32, name="pixels")])
    def answer(pixels: tf.Tensor) -> list[tf.Tensor]:
        return list(answers(pixels, training=False))

    graph, _ = tf2onnx.convert.from_function(
        answer, input_signature=answer.input_signature, opset=OPSET
    )
    _name_outputs(graph, list(outputs))
    onnx.save(graph, path)


def largest_difference(model: keras.Model, engine: Path, pixels: NDArray[np.uint8]) -> float:
    """max |Δp| between a Keras model and its engine file on faces (N, height, width, channels)."""
    batch = pixels.astype(np.float32)
    session = onnxruntime.InferenceSession(str(engine), providers=["CPUExecutionProvider"])
    exported = session.run(["probabilities"], {"pixels": batch})[0]
    original = np.asarray(model(batch, training=False))
    return float(np.abs(exported - original).max())


def check(model: keras.Model, engine: Path, pixels: NDArray[np.uint8]) -> float:
    """`largest_difference`, if it is small. Raises `BadModel` otherwise."""
    difference = largest_difference(model, engine, pixels)
    if not difference <= LARGEST_DIFFERENCE:
        raise BadModel(
            f"the exported network answers otherwise than the original: {difference:.2g}."
        )
    return difference


def _name_outputs(graph: onnx.ModelProto, names: list[str]) -> None:
    """Renames the graph's outputs in order."""
    renamed = {out.name: name for out, name in zip(graph.graph.output, names, strict=True)}
    for out in graph.graph.output:
        out.name = renamed[out.name]
    for node in graph.graph.node:
        for edges in (node.input, node.output):
            for place, edge in enumerate(edges):
                edges[place] = renamed.get(edge, edge)
