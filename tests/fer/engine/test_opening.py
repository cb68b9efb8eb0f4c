"""Engines that cannot serve are refused in a sentence when they are opened."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from fer import registry
from fer.engine import limited, opening
from fer.engine.external_data import has_external_data
from fer.errors import BadModel
from fer.model_card import InputSpec
from tests.helpers import make_card, tiny_engine

FLOAT = TensorProto.FLOAT
Value = onnx.ValueInfoProto


def pixels(kind: int = FLOAT, faces: int | None = None, name: str = "pixels") -> Value:
    return helper.make_tensor_value_info(name, kind, [faces, 48, 48, 1])


def output(kind: int = FLOAT, shape: Sequence[int | None] | None = (None, 7)) -> Value:
    return helper.make_tensor_value_info("probabilities", kind, shape)


def constant(values: object, name: str = "constant") -> onnx.TensorProto:
    return numpy_helper.from_array(np.asarray(values), name)


def engine(
    nodes: Sequence[onnx.NodeProto],
    inputs: Sequence[Value],
    outputs: Sequence[Value],
    *constants: onnx.TensorProto,
) -> onnx.ModelProto:
    graph = helper.make_graph(list(nodes), "g", list(inputs), list(outputs), list(constants))
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)


def without_input() -> onnx.ModelProto:
    even = constant(np.full((2, 7), 1 / 7, np.float32))
    return engine(
        [helper.make_node("Identity", ["constant"], ["probabilities"])], [], [output()], even
    )


def changed_ends(change: Callable[[onnx.GraphProto], object]) -> onnx.ModelProto:
    model = tiny_engine(InputSpec())
    change(model.graph)
    return model


def with_two_inputs() -> onnx.ModelProto:
    return changed_ends(lambda graph: graph.input.append(pixels(name="more")))


def with_bytes() -> onnx.ModelProto:
    model = tiny_engine(InputSpec())
    model.graph.input[0].CopyFrom(pixels(TensorProto.UINT8))
    model.graph.node.insert(0, helper.make_node("Cast", ["pixels"], ["levels"], to=FLOAT))
    model.graph.node[1].input[0] = "levels"
    return model


def with_fixed_batch() -> onnx.ModelProto:
    return changed_ends(lambda graph: graph.input[0].CopyFrom(pixels(faces=1)))


def failing() -> onnx.ModelProto:
    """Reshapes any number of faces to five."""
    node = helper.make_node("Reshape", ["pixels", "constant"], ["probabilities"])
    return engine([node], [pixels()], [output()], constant(np.array([5, 7], np.int64)))


def with_text() -> onnx.ModelProto:
    nodes = [helper.make_node("Cast", ["pixels"], ["probabilities"], to=TensorProto.STRING)]
    return engine(nodes, [pixels()], [output(TensorProto.STRING, None)])


def with_scalar() -> onnx.ModelProto:
    nodes = [helper.make_node("ReduceMean", ["pixels"], ["probabilities"], keepdims=0)]
    return engine(nodes, [pixels()], [output(shape=())])


def endless() -> onnx.ModelProto:
    """A loop of 2⁶² rounds."""
    body = helper.make_graph(
        [
            helper.make_node("Identity", ["going"], ["goes_on"]),
            helper.make_node("Identity", ["state"], ["next"]),
        ],
        "body",
        [
            helper.make_tensor_value_info("round", TensorProto.INT64, []),
            helper.make_tensor_value_info("going", TensorProto.BOOL, []),
            helper.make_tensor_value_info("state", FLOAT, None),
        ],
        [
            helper.make_tensor_value_info("goes_on", TensorProto.BOOL, []),
            helper.make_tensor_value_info("next", FLOAT, None),
        ],
    )
    node = helper.make_node("Loop", ["rounds", "true", "pixels"], ["probabilities"], body=body)
    constants = constant(2**62, "rounds"), constant(True, "true")
    return engine([node], [pixels()], [output(shape=None)], *constants)


def publish(model: onnx.ModelProto, folder: Path) -> None:
    file = folder / "model.onnx"
    file.write_bytes(model.SerializeToString())
    registry.publish(make_card("odd"), {"model.onnx": file})


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (without_input, "has 0 inputs"),
        (with_two_inputs, "has 2 inputs"),
        (with_bytes, r"takes tensor\(uint8\)"),
        (with_fixed_batch, "takes exactly 1 faces"),
        (failing, "fails on 2 faces"),
        (with_text, r"returns tensor\(string\)"),
        (with_scalar, r"returns the shape \(\)"),
    ],
)
def test_an_engine_that_cannot_serve_is_a_sentence(
    tiny_models: Path, tmp_path: Path, make: Callable[[], onnx.ModelProto], message: str
) -> None:
    publish(make(), tmp_path)
    with pytest.raises(BadModel, match=message):
        registry.activate("odd")
    assert registry.active() == "tiny"


def test_an_endless_engine_is_given_up(
    tiny_models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "TRIAL_SECONDS", 0.3)
    publish(endless(), tmp_path)
    with pytest.raises(BadModel, match=r"longer than 0\.3 seconds"):
        registry.load("odd")


def endless_for_bright_pixels() -> onnx.ModelProto:
    """A loop of as many rounds as the pixels' maximum times 10¹⁵, which passes the trial."""
    model = tiny_engine(InputSpec())
    body = endless().graph.node[0].attribute[0].g
    model.graph.node[-1].output[0] = "sure"
    model.graph.node.extend(
        [
            helper.make_node("ReduceMax", ["pixels"], ["largest"], keepdims=0),
            helper.make_node("Mul", ["largest", "many"], ["product"]),
            helper.make_node("Cast", ["product"], ["rounds"], to=TensorProto.INT64),
            helper.make_node("Loop", ["rounds", "true", "sure"], ["probabilities"], body=body),
        ]
    )
    model.graph.initializer.extend([constant(np.float32(1e15), "many"), constant(True, "true")])
    return model


def test_an_engine_that_is_endless_for_some_faces_is_given_up_and_others_go_on(
    tiny_models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(endless_for_bright_pixels(), tmp_path)
    model = registry.load("odd")
    faces = np.zeros((2, 48, 48, 1), np.uint8)
    for _ in range(2):
        assert model.probabilities(faces).shape == (2, 7)
        monkeypatch.setattr(limited, "SECONDS", 0.3)
        with pytest.raises(BadModel, match=r"longer than 0\.3 seconds for 2 faces"):
            model.probabilities(faces + 1)
        monkeypatch.setattr(limited, "SECONDS", 60)


def external(tensor: onnx.TensorProto) -> None:
    """The tensor lies in weights.bin from now on."""
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="weights.bin")


def test_weights_in_another_file_are_refused(tiny_models: Path, tmp_path: Path) -> None:
    model = tiny_engine(InputSpec())
    slope = model.graph.initializer[0]
    weights = slope.raw_data
    external(slope)
    publish(model, tmp_path)
    (tiny_models / "odd" / "weights.bin").write_bytes(weights)
    with pytest.raises(BadModel, match="weights in another file"):
        registry.load("odd")


def test_weights_in_another_file_are_found_wherever_a_model_may_have_them() -> None:
    assert not has_external_data(tiny_engine(InputSpec()).SerializeToString())
    assert not has_external_data(endless().SerializeToString())
    hidden = constant(np.zeros(3, np.float32))
    external(hidden)
    node = helper.make_node("Constant", [], ["c"], value=hidden)
    in_node = engine([node], [pixels()], [output()])
    assert has_external_data(in_node.SerializeToString())
    in_loop = endless()
    in_loop.graph.node[0].attribute[0].g.node.append(node)
    assert has_external_data(in_loop.SerializeToString())
    in_function = tiny_engine(InputSpec())
    in_function.functions.append(
        helper.make_function("own", "f", [], ["c"], [node], [helper.make_opsetid("", 17)])
    )
    assert has_external_data(in_function.SerializeToString())


@pytest.mark.parametrize("data", [b"no network", b"\x3a\x7f", b"\xff" * 40, b"\x0b"])
def test_what_is_no_protobuf_is_an_error(data: bytes) -> None:
    with pytest.raises(ValueError, match="no ONNX file"):
        has_external_data(data)


def test_a_network_that_fails_on_some_batches_is_a_sentence(
    tiny_models: Path, tmp_path: Path
) -> None:
    """It reshapes to two faces, which the trial call has."""
    even = constant(np.full((1, 7), 1 / 7, np.float32), "even")
    nodes = [
        helper.make_node("ReduceMean", ["pixels"], ["means"], axes=[1, 2, 3], keepdims=0),
        helper.make_node("Reshape", ["means", "constant"], ["column"]),
        helper.make_node("Mul", ["column", "zero"], ["zeros"]),
        helper.make_node("Add", ["zeros", "even"], ["probabilities"]),
    ]
    constants = constant(np.array([2, 1], np.int64)), constant(np.float32(0), "zero"), even
    publish(engine(nodes, [pixels()], [output()], *constants), tmp_path)
    model = registry.load("odd")
    with pytest.raises(BadModel, match="fails on 3 faces"):
        model.probabilities(np.zeros((3, 48, 48, 1), np.uint8))
