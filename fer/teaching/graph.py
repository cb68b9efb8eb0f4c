"""The personal part as nodes of the model's own ONNX graph, so that it is a model as any other."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from fer.emotions import NUM_EMOTIONS
from fer.errors import BadModel
from fer.inference.activation import PERSONAL
from fer.teaching.learning import Personal

_AXES_ARE_INPUTS = 18
"""From this version of the operators on, ReduceMean takes its axes as an input."""
_LEAST = 1e-12


def with_personal(engine: Path, personal: Personal) -> bytes:
    """The bytes of an engine file whose answers are corrected; see `learning`. Its second output,
    the features, stays. Raises `BadModel` for an engine that has none."""
    model = onnx.load(str(engine), load_external_data=False)
    graph = model.graph
    if len(graph.output) < 2:
        raise BadModel("this model has no output with features, so it cannot be taught.")
    answers, features = (output.name for output in graph.output[:2])
    prefix = _free_prefix(graph)
    general = f"{prefix}general"
    for node in graph.node:
        for names in (node.input, node.output):
            names[:] = [general if name == answers else name for name in names]
    constants = {
        "least": np.array(_LEAST),
        "weights": personal.weights,
        "bias": personal.bias,
        "gate_weights": personal.gate_weights[:, None],
        "gate_bias": np.array([personal.gate_bias]),
    }
    graph.initializer.extend(
        numpy_helper.from_array(np.asarray(values, np.float32), prefix + name)
        for name, values in constants.items()
    )
    graph.node.extend([*_mean(model, features, prefix), *_corrected(general, answers, prefix)])
    output = helper.make_tensor_value_info(answers, TensorProto.FLOAT, ["N", NUM_EMOTIONS])
    graph.output[0].CopyFrom(output)
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString())


def _free_prefix(graph: onnx.GraphProto) -> str:
    """A personal model can be taught again."""
    taken = {name for node in graph.node for name in node.output}
    prefix = PERSONAL
    while any(name.startswith(prefix) for name in taken):
        prefix += PERSONAL
    return prefix


def _mean(model: onnx.ModelProto, features: str, prefix: str) -> list[onnx.NodeProto]:
    """The mean (N, F) of feature maps (N, rows, columns, F)."""
    version = next(opset.version for opset in model.opset_import if opset.domain in ("", "ai.onnx"))
    mean = f"{prefix}mean"
    if version < _AXES_ARE_INPUTS:
        return [helper.make_node("ReduceMean", [features], [mean], axes=[1, 2], keepdims=0)]
    axes = numpy_helper.from_array(np.array([1, 2], np.int64), f"{prefix}axes")
    model.graph.initializer.append(axes)
    return [helper.make_node("ReduceMean", [features, axes.name], [mean], keepdims=0)]


def _corrected(general: str, answers: str, prefix: str) -> list[onnx.NodeProto]:
    """softmax(log p + gate · correction)"""
    steps = (
        ("MatMul", ("mean", "weights"), "weighted"),
        ("Add", ("weighted", "bias"), "correction"),
        ("MatMul", ("mean", "gate_weights"), "gate_weighted"),
        ("Add", ("gate_weighted", "gate_bias"), "gate_logit"),
        ("Sigmoid", ("gate_logit",), "gate"),
        ("Mul", ("gate", "correction"), "gated"),
        ("Max", ("general", "least"), "positive"),
        ("Log", ("positive",), "logits"),
        ("Add", ("logits", "gated"), "corrected"),
    )
    nodes = [
        helper.make_node(kind, [prefix + name for name in taken], [prefix + given])
        for kind, taken, given in steps
    ]
    return [*nodes, helper.make_node("Softmax", [f"{prefix}corrected"], [answers], axis=1)]
