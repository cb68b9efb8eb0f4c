"""Reasons for one answer: a network whose reason is planted, and the shipped ones on a face."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from hypothesis import given, strategies as st
from onnx import TensorProto, helper, numpy_helper

from fer import registry
from fer.emotions import EMOTIONS
from fer.errors import BadModel
from fer.inference import cropping, detection, explanation
from fer.inference.activation import class_activation
from fer.inference.explanation import GRID, Deletion, HeatMap
from fer.model_card import InputSpec
from tests.helpers import astronaut, make_card, publish_tiny

PATCH = (slice(12, 24), slice(28, 40))
HAPPY = EMOTIONS.index("happy")
SPEC = InputSpec()


def planted_engine(squared: bool = False, with_features: bool = True) -> onnx.ModelProto:
    """Says "happy" the surer, the brighter one patch is; its features are 4×4 averages, of which a
    mask keeps the patch's. With `squared` more than their average and a dense layer follows."""
    keep = np.zeros((1, 12, 12, 1), np.float32)
    keep[:, PATCH[0].start // 4 : PATCH[0].stop // 4, PATCH[1].start // 4 : PATCH[1].stop // 4] = 1
    weights = np.zeros((1, 7), np.float32)
    weights[0, HAPPY] = 0.02 if squared else 0.6
    bias = np.zeros(7, np.float32)
    bias[HAPPY] = -3.0
    nodes = [
        helper.make_node("Transpose", ["pixels"], ["first"], perm=[0, 3, 1, 2]),
        helper.make_node("AveragePool", ["first"], ["pooled"], kernel_shape=[4, 4], strides=[4, 4]),
        helper.make_node("Transpose", ["pooled"], ["last"], perm=[0, 2, 3, 1]),
        helper.make_node("Mul", ["last", "keep"], ["features"]),
        helper.make_node("ReduceMean", ["features"], ["mean"], axes=[1, 2], keepdims=0),
        helper.make_node("MatMul", ["mean", "weights"], ["product"]),
        helper.make_node("Add", ["product", "bias"], ["logits"]),
        helper.make_node("Softmax", ["logits"], ["probabilities"], axis=1),
    ]
    if squared:
        nodes.insert(5, helper.make_node("Mul", ["mean", "mean"], ["squared"]))
        nodes[6].input[0] = "squared"
    inputs = helper.make_tensor_value_info("pixels", TensorProto.FLOAT, [None, *SPEC.shape])
    outputs = [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, [None, 7])]
    if with_features:
        shape = [None, 12, 12, 1]
        outputs.append(helper.make_tensor_value_info("features", TensorProto.FLOAT, shape))
    constants = [
        numpy_helper.from_array(array, name)
        for name, array in (("keep", keep), ("weights", weights), ("bias", bias))
    ]
    graph = helper.make_graph(nodes, "planted", [inputs], outputs, constants)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)


def publish(folder: Path, engine: onnx.ModelProto, name: str = "planted") -> registry.Model:
    file = folder / "made.onnx"
    onnx.save(engine, file)
    registry.publish(make_card(name), {"model.onnx": file})
    return registry.load(name)


def face_with_patch() -> np.ndarray:
    """Mid-grey noise (48, 48, 1) with a bright patch where the planted network looks."""
    pixels = np.random.default_rng(1).integers(60, 120, SPEC.shape, dtype=np.uint8)
    pixels[PATCH] = 250
    return pixels


def middle(values: np.ndarray) -> tuple[float, float]:
    """Pixel row and column of the middle of a map's highest place."""
    row, column = np.unravel_index(values.argmax(), values.shape)
    return (row + 0.5) * 48 / values.shape[0], (column + 0.5) * 48 / values.shape[1]


def inside_patch(place: tuple[float, float]) -> bool:
    return all(part.start <= at <= part.stop for part, at in zip(PATCH, place, strict=True))


def test_both_maps_find_the_planted_reason_and_beat_chance(
    models_folder: Path, tmp_path: Path
) -> None:
    model = publish(tmp_path, planted_engine())
    found = explanation.explain(model, face_with_patch())
    assert found.emotion == "happy"
    assert inside_patch(middle(found.occlusion.values))
    assert found.activation is not None
    assert inside_patch(middle(found.activation.values))
    outside = np.ones((12, 12), bool)
    outside[3:6, 7:10] = False
    assert np.abs(found.activation.values[outside]).max() == pytest.approx(0, abs=1e-6)
    for one in (found.occlusion, found.activation):
        assert one.deletion.means_something
        assert one.deletion.area < one.deletion.area_by_chance
    assert found.least_probability < found.probability
    assert (found.pixels == face_with_patch()).all()


def test_where_nothing_in_the_face_matters_no_map_means_anything(
    models_folder: Path, tmp_path: Path
) -> None:
    engine = planted_engine()
    weights = next(one for one in engine.graph.initializer if one.name == "weights")
    weights.CopyFrom(numpy_helper.from_array(np.zeros((1, 7), np.float32), "weights"))
    found = explanation.explain(publish(tmp_path, engine), face_with_patch())
    assert np.abs(found.occlusion.values).max() < 1e-5
    assert found.occlusion.deletion.num_beaten == 0
    assert not found.occlusion.deletion.means_something


def test_a_map_by_chance_seldom_beats_chance(models_folder: Path, tmp_path: Path) -> None:
    """Random maps, scored as if they were reasons, pass about one time in twenty."""
    model = publish(tmp_path, planted_engine())
    random = np.random.default_rng(5)
    maps = [random.normal(size=(6, 6)).astype(np.float32) for _ in range(40)]
    scores = explanation._deletions(model, face_with_patch(), HAPPY, maps)
    assert sum(one.means_something for one in scores) <= 10


@pytest.mark.parametrize(
    "engine", [planted_engine(with_features=False), planted_engine(squared=True)]
)
def test_no_activation_map_is_made_up(
    models_folder: Path, tmp_path: Path, engine: onnx.ModelProto
) -> None:
    """Neither without feature maps, nor where more than their average decides."""
    found = explanation.explain(publish(tmp_path, engine), face_with_patch())
    assert found.activation is None
    assert inside_patch(middle(found.occlusion.values))


def test_a_network_of_another_kind_has_the_occlusion_map_alone(tiny_models: Path) -> None:
    pixels = np.full(SPEC.shape, 200, np.uint8)
    found = explanation.explain(registry.load("tiny"), pixels)
    assert found.activation is None
    assert found.occlusion.values.shape == (GRID, GRID)


def test_colour_and_inputs_that_are_not_square(models_folder: Path) -> None:
    spec = InputSpec(height=40, width=56, channels=3)
    publish_tiny("wide", input=spec)
    pixels = np.random.default_rng(0).integers(0, 256, spec.shape, dtype=np.uint8)
    found = explanation.explain(registry.load("wide"), pixels, "sad")
    assert found.emotion == "sad"
    assert found.probability == pytest.approx(found.prediction.as_dict()["sad"])


def test_a_second_output_that_is_no_feature_maps_gives_no_activation_map(
    tiny_models: Path, tmp_path: Path
) -> None:
    engine = planted_engine()
    given = engine.graph.output[1]
    given.ClearField("type")
    given.name = "more"
    given.type.tensor_type.elem_type = TensorProto.STRING
    engine.graph.node.append(
        helper.make_node("Cast", ["features"], ["more"], to=TensorProto.STRING)
    )
    found = explanation.explain(publish(tmp_path, engine), face_with_patch())
    assert found.emotion == "happy"
    assert found.activation is None


def test_another_input_than_the_models_is_a_sentence(tiny_models: Path) -> None:
    with pytest.raises(BadModel, match="Analyse it again"):
        explanation.explain(registry.load("tiny"), np.zeros((96, 96, 3), np.uint8))


def test_the_default_model_sees_a_smile_at_the_mouth() -> None:
    model = registry.load(registry.DEFAULT)
    faces = detection.detect(astronaut(), detection.DEFAULT)
    pixels = cropping.model_input(astronaut(), faces, model.card.input)[0]
    found = explanation.explain(model, pixels)
    assert found.emotion == "happy"
    assert found.activation is not None
    assert found.activation.values.shape == (6, 6)
    assert found.occlusion.deletion.means_something
    row, column = middle(found.occlusion.values)
    assert row > 24
    assert 10 < column < 38


def test_the_activation_map_adds_up_to_the_answer() -> None:
    model = registry.load("crowd")
    faces = detection.detect(astronaut(), detection.DEFAULT)
    pixels = cropping.model_input(astronaut(), faces, model.card.input)[0]
    maps = [class_activation(model, pixels, place) for place in range(7)]
    sums = np.array([one.sum() for one in maps if one is not None])
    answer = model.session.run(["probabilities"], {"pixels": pixels[None].astype(np.float32)})[0][0]
    logits = np.log(answer) - np.log(answer).mean()
    assert np.corrcoef(sums, logits)[0, 1] > 0.99


@given(
    st.lists(st.floats(0, 1, width=32), min_size=2, max_size=20),
    st.integers(1, 12),
    st.floats(0, 1, width=32),
)
def test_areas_are_between_nothing_and_one(curve: list[float], n: int, level: float) -> None:
    flat = np.full((n, len(curve)), level, np.float32)
    score = Deletion(np.array(curve, np.float32), flat)
    assert 0 <= score.area <= 1 + 1e-6
    assert score.area_by_chance == pytest.approx(level, abs=1e-6)
    assert score.num_beaten in (0, n)


def test_a_map_that_is_no_number_is_refused() -> None:
    score = Deletion(np.zeros(3, np.float32), np.zeros((2, 3), np.float32))
    with pytest.raises(ValueError, match="finite"):
        HeatMap(np.full((2, 2), np.nan, np.float32), score)
    with pytest.raises(ValueError, match="by chance"):
        Deletion(np.zeros(3, np.float32), np.zeros((2, 4), np.float32))
