"""Class activation maps (Zhou et al. 2016): where a network found evidence for an emotion."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fer import registry
from fer.emotions import NUM_EMOTIONS
from fer.engine import Model, limited

_LARGEST_GAP = 0.02
_SHAPELESS = ("Softmax", "Identity", "Cast", "Dropout", "Squeeze", "Reshape", "Flatten")


@dataclass(frozen=True, slots=True, eq=False)
class Classifier:
    """The last dense layer of a network: `weights` float32 (F, 7) and `bias` float32 (7,)."""

    weights: NDArray[np.float32]
    bias: NDArray[np.float32]

    def probabilities(self, features: NDArray[np.float32]) -> NDArray[np.float64]:
        """Softmax (7,) of the layer on the average of a feature map (rows, columns, F)."""
        logits = features.mean(axis=(0, 1)) @ self.weights + self.bias
        powers = np.exp((logits - logits.max()).astype(np.float64))
        return np.asarray(powers / powers.sum())


def class_activation(
    model: Model, pixels: NDArray[np.uint8], emotion: int
) -> NDArray[np.float32] | None:
    """Evidence (rows, columns) of each part of an input (H, W, C) for an emotion against the mean
    of all seven; its sum and the bias's share are the emotion's logit above the mean logit.

    None where the network has no second output with its last feature maps, or where these, averaged
    and weighted by the last dense layer, do not give the network's own probabilities.
    """
    outputs = [output.name for output in model.session.get_outputs()][:2]
    if len(outputs) < 2 or model.card.name not in registry.names():
        return None
    path = registry.path_of(model.card.name) / "model.onnx"
    layer = classifier(path, path.stat().st_mtime_ns)
    try:
        probabilities, maps = limited.run(model.session, outputs, pixels[None].astype(np.float32))
    except Exception:  # noqa: BLE001 - the engine raises types of its own, and the map is an extra
        return None
    if layer is None or not _are_maps(maps, len(layer.weights)):
        return None
    features = maps[0]
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
    import onnx  # only when a map is asked for: the page process starts without it
    from onnx import numpy_helper

    graph = onnx.load(str(path), load_external_data=False).graph
    constants = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    makers = {output: node for node in graph.node for output in node.output}
    name, bias = graph.output[0].name, np.zeros(NUM_EMOTIONS, np.float32)
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
