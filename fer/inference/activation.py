"""Class activation maps (Zhou et al. 2016): where a network found evidence for an emotion."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fer import registry
from fer.emotions import NUM_EMOTIONS
from fer.engine import Model, limited
from fer.engine.session import ENGINE_FILE

PERSONAL = "personal/"
"""Prefix of the names that a personal model's graph adds to the general one's."""
_LARGEST_GAP = 0.02
_SHAPELESS = ("Softmax", "Identity", "Cast", "Dropout", "Squeeze", "Reshape", "Flatten")


@dataclass(frozen=True, slots=True, eq=False)
class Correction:
    """What a personal model adds to the logits of the general one, by as much as its gate opens:
    `weights` (F, 7), `bias` (7,), `gate_weights` (F,) and `gate_bias`."""

    weights: NDArray[np.float32]
    bias: NDArray[np.float32]
    gate_weights: NDArray[np.float32]
    gate_bias: float

    def gate(self, features: NDArray[np.float32]) -> float:
        """Between 0 and 1, for mean features (F,)."""
        return float(0.5 * (1 + np.tanh((features @ self.gate_weights + self.gate_bias) / 2)))


@dataclass(frozen=True, slots=True, eq=False)
class Classifier:
    """The last dense layer of a network: `weights` float32 (F, 7) and `bias` float32 (7,), and the
    `correction` of a personal model."""

    weights: NDArray[np.float32]
    bias: NDArray[np.float32]
    correction: Correction | None = None

    def corrected(self, features: NDArray[np.float32]) -> Classifier:
        """The layer that one face gets, by its feature maps (rows, columns, F): with its share of
        the correction."""
        added = self.correction
        if added is None:
            return self
        gate = added.gate(features.mean(axis=(0, 1)))
        return Classifier(self.weights + gate * added.weights, self.bias + gate * added.bias)

    def probabilities(self, features: NDArray[np.float32]) -> NDArray[np.float64]:
        """Softmax (7,) of the layer on the average of a feature map (rows, columns, F)."""
        logits = features.mean(axis=(0, 1)) @ self.weights + self.bias
        powers = np.exp((logits - logits.max()).astype(np.float64))
        return np.asarray(powers / powers.sum())


def class_activation(
    model: Model, pixels: NDArray[np.uint8], emotion: int, engine: bytes | None = None
) -> NDArray[np.float32] | None:
    """Evidence (rows, columns) of each part of an input (H, W, C) for an emotion against the mean
    of all seven; its sum and the bias's share are the emotion's logit above the mean logit. The
    gate of a personal model counts as it is for this face.

    `engine`: the bytes of the engine file of a model that is not in the registry.

    None where the network has no second output with its last feature maps, or where these, averaged
    and weighted by the last dense layer, do not give the network's own probabilities.
    """
    outputs = [output.name for output in model.session.get_outputs()][:2]
    if len(outputs) < 2:
        return None
    if engine is not None:
        layer = _last_layer(engine)
    elif model.card.name in registry.names():
        path = registry.path_of(model.card.name) / ENGINE_FILE
        layer = classifier(path, path.stat().st_mtime_ns)
    else:
        return None
    try:
        probabilities, maps = limited.run(model.session, outputs, pixels[None].astype(np.float32))
    except Exception:  # noqa: BLE001 - the engine raises types of its own, and the map is an extra
        return None
    if layer is None or not _are_maps(maps, len(layer.weights)):
        return None
    features = maps[0]
    layer = layer.corrected(features)
    gap = _log(layer.probabilities(features)) - _log(probabilities[0])
    if np.abs(gap).max() > _LARGEST_GAP:
        return None
    contrast = layer.weights[:, emotion] - layer.weights.mean(axis=1)
    rows, columns = features.shape[:2]
    return np.asarray(features @ contrast / (rows * columns), np.float32)


def _are_maps(output: Any, features: int) -> bool:
    """Whether a second output is finite feature maps (1, rows, columns, F)."""
    is_array = isinstance(output, np.ndarray) and output.dtype == np.float32 and output.ndim == 4
    return is_array and output.shape[3] == features and bool(np.isfinite(output).all())


def _log(probabilities: NDArray[Any]) -> NDArray[np.float64]:
    """Logarithms, in which two sure answers still differ."""
    return np.asarray(np.log(np.maximum(probabilities.astype(np.float64), 1e-6)))


@lru_cache(maxsize=8)
def classifier(path: Path, _changed: int) -> Classifier | None:
    """The dense layer before the first output of an engine file, or None where there is none."""
    return _last_layer(path.read_bytes())


def _last_layer(engine: bytes) -> Classifier | None:
    import onnx  # only when a map is asked for: the page process starts without it
    from onnx import numpy_helper

    graph = onnx.load_from_string(engine).graph
    constants = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    makers = {output: node for node in graph.node for output in node.output}
    correction = _correction(constants)
    name = graph.output[0].name if correction is None else f"{PERSONAL}general"
    layer = _layer_before(name, makers, constants)
    if layer is None or correction is None:
        return layer
    shapes = (correction.weights.shape, correction.bias.shape, correction.gate_weights.shape)
    if shapes != (layer.weights.shape, layer.bias.shape, (len(layer.weights),)):
        return None
    return replace(layer, correction=correction)


def _correction(constants: dict[str, NDArray[Any]]) -> Correction | None:
    names = ("weights", "bias", "gate_weights", "gate_bias")
    found = [constants[PERSONAL + name] for name in names if PERSONAL + name in constants]
    if len(found) < len(names) or found[3].size != 1:
        return None
    weights, bias, gate_weights, gate_bias = found
    return Correction(weights, bias, gate_weights.ravel(), float(gate_bias.item()))


def _layer_before(
    name: str, makers: dict[str, Any], constants: dict[str, NDArray[Any]]
) -> Classifier | None:
    """The dense layer whose softmax has that name."""
    bias = np.zeros(NUM_EMOTIONS, np.float32)
    while name in makers:
        node = makers[name]
        inputs = [constants.get(tensor) for tensor in node.input]
        known = [tensor for tensor in inputs if tensor is not None]
        if node.op_type in _SHAPELESS:
            name = node.input[0]
        elif node.op_type == "Add" and len(known) == 1 and known[0].size == NUM_EMOTIONS:
            bias = bias + known[0].reshape(NUM_EMOTIONS)
            name = node.input[0 if inputs[0] is None else 1]
        elif node.op_type in ("MatMul", "Gemm") and inputs[1] is not None:
            return _dense(node, inputs, bias)
        else:
            return None
    return None


def _dense(node: Any, inputs: list[NDArray[Any] | None], bias: NDArray[Any]) -> Classifier | None:
    """Of a MatMul or Gemm node, whose second input is the constant weights."""
    flags = {attribute.name: attribute.i for attribute in node.attribute}
    weights = np.asarray(inputs[1], np.float32)
    if flags.get("transB"):
        weights = weights.T
    if len(inputs) > 2 and inputs[2] is not None:
        bias = bias + inputs[2]
    if weights.ndim != 2 or weights.shape[1] != NUM_EMOTIONS or np.shape(bias) != (NUM_EMOTIONS,):
        return None
    return Classifier(weights, np.asarray(bias, np.float32))
