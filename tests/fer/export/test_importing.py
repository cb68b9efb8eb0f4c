"""Networks that others trained: imported with the same predictions, or refused with a sentence."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import onnx
import pytest
from keras import layers
from onnx import TensorProto, helper, numpy_helper

import fer
from fer import cli, registry
from fer.emotions import EMOTIONS
from fer.errors import BadModel, BadSettings
from fer.export import importing, onnx as onnx_export
from fer.export.importing import onnx_files
from fer.model_card import InputSpec
from fer.runs.import_classes import parse_classes
from tests.fer.engine.test_opening import endless
from tests.fer.engine.test_trial import greedy
from tests.helpers import astronaut

pytestmark = pytest.mark.usefixtures("models_folder")
LABELS = ",".join(EMOTIONS)


def mini_xception(side: int = 64) -> keras.Model:
    """Arriaga et al. 2017, arXiv 1710.07557: the network that many projects carry as HDF5."""
    pixels = keras.Input((side, side, 1))
    x = pixels
    for _ in range(2):
        x = layers.Conv2D(8, 3, use_bias=False, kernel_regularizer="l2")(x)
        x = layers.Activation("relu")(layers.BatchNormalization()(x))
    for filters in (16, 32, 64, 128):
        shortcut = layers.Conv2D(filters, 1, strides=2, padding="same", use_bias=False)(x)
        shortcut = layers.BatchNormalization()(shortcut)
        x = layers.SeparableConv2D(filters, 3, padding="same", use_bias=False)(x)
        x = layers.Activation("relu")(layers.BatchNormalization()(x))
        x = layers.SeparableConv2D(filters, 3, padding="same", use_bias=False)(x)
        x = layers.MaxPooling2D(3, 2, padding="same")(layers.BatchNormalization()(x))
        x = layers.add([x, shortcut])
    x = layers.GlobalAveragePooling2D()(layers.Conv2D(7, 3, padding="same")(x))
    return keras.Model(pixels, layers.Activation("softmax", name="predictions")(x))


def as_keras_2(model: keras.Model) -> dict[str, Any]:
    """A functional network's description as Keras 2 wrote it."""
    described = []
    for layer in model.layers:
        config = {
            key: _initializer_of_keras_2(value)
            for key, value in layer.get_config().items()
            if key not in ("dtype", "synchronized", "batch_shape", "ragged", "keepdims")
        }
        if isinstance(layer, layers.InputLayer):
            config = {"batch_input_shape": list(model.input_shape), "name": layer.name}
        if isinstance(layer, layers.BatchNormalization):
            config |= {
                "axis": [3],
                "dtype": {"class_name": "Policy", "config": {"name": "float32"}},
            }
        if isinstance(layer, layers.SeparableConv2D):
            unused = ("kernel_initializer", "kernel_regularizer", "kernel_constraint")
            config |= {"groups": 1, **dict.fromkeys(unused)}
        nodes = [
            [[tensor._keras_history.operation.name, 0, 0, {}] for tensor in node.input_tensors]
            for node in layer._inbound_nodes
            if node.input_tensors
        ]
        described.append(
            {
                "name": layer.name,
                "class_name": type(layer).__name__,
                "config": config,
                "inbound_nodes": nodes,
            }
        )
    ends = {"input_layers": model.layers[0].name, "output_layers": model.layers[-1].name}
    return {
        "class_name": "Model",
        "config": {
            "name": "model_1",
            "layers": described,
            **{key: [[name, 0, 0]] for key, name in ends.items()},
        },
    }


def _initializer_of_keras_2(value: Any) -> Any:
    if not isinstance(value, dict) or "class_name" not in value:
        return value
    if value["class_name"] == "L2":
        return {"class_name": "L1L2", "config": {"l1": 0.0, **value["config"]}}
    unknown = ("input_axes", "output_axes")
    config = {key: item for key, item in value["config"].items() if key not in unknown}
    return {"class_name": value["class_name"], "config": {**config, "dtype": "float32"}}


def expected(model: keras.Model, factor: float, offset: float, side: int) -> np.ndarray:
    faces = onnx_export.real_faces(InputSpec(side, side))
    return np.asarray(model(factor * faces + offset, training=False))


def predicted(name: str, side: int) -> np.ndarray:
    faces = onnx_export.real_faces(InputSpec(side, side)).astype(np.uint8)
    return registry.load(name).probabilities(faces)


def test_the_original_mini_xception_is_imported(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = mini_xception()
    file = tmp_path / "fer2013_mini_XCEPTION.102-0.66.hdf5"
    model.save(file)
    with h5py.File(file, "r+") as opened:
        opened.attrs["model_config"] = json.dumps(as_keras_2(model))
        opened.attrs["keras_version"] = "2.0.5"
    assert cli.main(["import", str(file), "--labels", LABELS, "--scale", "-1..1"]) == 0
    told = capsys.readouterr().out
    assert "takes 64×64 grey pixels, scaled -1..1" in told
    assert "angry, disgust, fear, happy, sad, surprise, neutral" in told
    name = "fer2013_mini_xception"
    assert f"published the model {name}" in told
    card = registry.card(name)
    assert card.parameters == model.count_params()
    assert (card.question, card.predicts) == ("own", "the labels of its own training data")
    assert card.metrics["import_difference"] < 1e-4
    np.testing.assert_allclose(predicted(name, 64), expected(model, 1 / 127.5, -1, 64), atol=1e-4)
    assert len(fer.analyze(astronaut(), model=name).faces) == 1
    assert onnx_export.export(name, "keras", tmp_path / "out").is_sound


def test_an_architecture_and_weights_of_keras_2_are_imported_class_by_class(
    tmp_path: Path,
) -> None:
    model = keras.Sequential(
        [keras.Input((16, 16, 1)), layers.Flatten(name="flat"), layers.Dense(4, name="dense")]
    )
    model.save(tmp_path / "whole.h5")
    with h5py.File(tmp_path / "whole.h5") as whole, h5py.File(tmp_path / "w.h5", "w") as only:
        for key in whole["model_weights"]:
            whole.copy(f"model_weights/{key}", only)
        only.attrs.update(whole["model_weights"].attrs)
    described = [
        {
            "class_name": "Flatten",
            "config": {"name": "flat", "batch_input_shape": [None, 16, 16, 1]},
        },
        {"class_name": "Dense", "config": {"name": "dense", "units": 4, "activation": "linear"}},
    ]
    (tmp_path / "a.json").write_text(json.dumps({"class_name": "Sequential", "config": described}))
    files = [tmp_path / "a.json", tmp_path / "w.h5"]
    done = importing.import_model(files, "sad, Happiness, contempt, anger", "0..1", "four")
    assert "a softmax makes probabilities" in " ".join(done.findings)
    assert "none of the seven: contempt" in " ".join(done.findings)
    assert "Never predicted, because no class is: disgust, fear, surprise, neutral." in (
        done.findings
    )
    scores = expected(model, 1 / 255, 0, 16)
    shares = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    kept = shares[:, [3, 1, 0]] / shares[:, [3, 1, 0]].sum(axis=1, keepdims=True)
    found = predicted("four", 16)
    np.testing.assert_allclose(found[:, [0, 3, 4]], kept, atol=1e-4)
    assert (found[:, [1, 2, 5, 6]] < 1e-9).all()


def test_a_network_of_today_that_scales_itself_needs_no_scale(tmp_path: Path) -> None:
    model = keras.Sequential(
        [
            keras.Input((None, None, 1)),
            layers.Rescaling(1 / 255),
            layers.GlobalAveragePooling2D(),
            layers.Dense(7, activation="softmax"),
        ]
    )
    model.save(tmp_path / "today.keras")
    with pytest.raises(BadSettings, match="say with --size"):
        importing.import_model([tmp_path / "today.keras"], LABELS)
    importing.import_model([tmp_path / "today.keras"], LABELS, size=24)
    importing.import_model([tmp_path / "today.keras"], LABELS, size=24)
    assert registry.names() == ["today", "today-2"]
    np.testing.assert_allclose(predicted("today", 24), expected(model, 1, 0, 24), atol=1e-4)


def torch_like(num_classes: int = 8) -> onnx.ModelProto:
    """Channels first, a batch of one, scores: as people export networks from PyTorch."""
    random = np.random.default_rng(0)
    kernel = random.normal(size=(4, 3, 3, 3)).astype(np.float32)
    dense = random.normal(size=(4, num_classes)).astype(np.float32)
    nodes = [
        helper.make_node("Conv", ["pixels", "kernel"], ["maps"], pads=[1, 1, 1, 1]),
        helper.make_node("GlobalAveragePool", ["maps"], ["means"]),
        helper.make_node("Flatten", ["means"], ["vector"]),
        helper.make_node("Gemm", ["vector", "dense"], ["probabilities"]),
    ]
    graph = helper.make_graph(
        nodes,
        "net",
        [helper.make_tensor_value_info("pixels", TensorProto.FLOAT, [1, 3, 20, 20])],
        [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, [1, num_classes])],
        [numpy_helper.from_array(kernel, "kernel"), numpy_helper.from_array(dense, "dense")],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)


def test_an_onnx_network_with_channels_first_is_imported(tmp_path: Path) -> None:
    file = tmp_path / "net.onnx"
    onnx.save(torch_like(), file)
    labels = "neutral,happiness,surprise,sadness,anger,disgust,fear,contempt"
    done = importing.import_model([file], labels, "imagenet", "ferplus")
    assert "ONNX, channels first: takes 20×20 RGB pixels, scaled imagenet." in done.findings
    card = registry.card("ferplus")
    assert card.input.shape == (20, 20, 3)
    assert (card.parameters, card.multiply_adds) == (108 + 32, 400 * 108 + 32)
    assert done.difference < 1e-4
    assert len(fer.analyze(astronaut(), model="ferplus").faces) == 1


def refused(files: list[Path], labels: str = LABELS, scale: str | None = "0..1") -> str:
    with pytest.raises((BadModel, BadSettings)) as caught:
        importing.import_model(files, labels, scale)
    assert registry.names() == []
    return str(caught.value)


def lambda_file(folder: Path, ending: str) -> Path:
    flat = layers.Lambda(lambda x: keras.ops.mean(x, axis=(1, 2)), output_shape=(1,))
    model = keras.Sequential([keras.Input((16, 16, 1)), flat, layers.Dense(7)])
    file = folder / f"code{ending}"
    model.save(file)
    return file


@pytest.mark.parametrize("ending", [".keras", ".h5"])
def test_code_in_a_file_is_never_run(tmp_path: Path, ending: str) -> None:
    assert "Lambda" in refused([lambda_file(tmp_path, ending)])


def test_other_files_are_never_read(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "linked.h5", "w") as file:
        file.attrs["model_config"] = "{}"
        file["model_weights/dense"] = h5py.ExternalLink("/etc/hostname", "/")
    assert "lies in another file" in refused([tmp_path / "linked.h5"])
    model = torch_like()
    onnx.save(
        model,
        tmp_path / "split.onnx",
        save_as_external_data=True,
        location="weights.bin",
        size_threshold=0,
    )
    assert "weights lie in other files" in refused([tmp_path / "split.onnx"])


@pytest.mark.parametrize(
    ("write", "scale", "words"),
    [
        (lambda file: file.write_bytes(b"\x80\x04pickle"), "0..1", "cannot be imported"),
        (lambda file: onnx.save(torch_like(), file), "0..1", "has 8 classes, but --labels names 7"),
        (lambda file: onnx.save(torch_like(7), file), None, "--scale 0..1 or -1..1"),
    ],
)
def test_what_does_not_fit_is_a_sentence(
    write: Callable[[Path], object], scale: str | None, words: str, tmp_path: Path
) -> None:
    write(tmp_path / "net.onnx")
    assert words in refused([tmp_path / "net.onnx"], scale=scale)


def test_files_that_are_no_models_are_a_sentence(tmp_path: Path) -> None:
    assert "does not exist" in refused([tmp_path / "gone.h5"])
    (tmp_path / "model.pkl").write_bytes(b"\x80\x04")
    assert "known endings are" in refused([tmp_path / "model.pkl"])
    (tmp_path / "text.h5").write_text("no weights")
    assert "neither a Keras archive nor HDF5" in refused([tmp_path / "text.h5"])
    with h5py.File(tmp_path / "w.h5", "w") as file:
        file["layer"] = np.zeros(3)
    assert "weights alone" in refused([tmp_path / "w.h5"])


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        ("angry,hungry", "'hungry' is unknown"),
        ("0,1,2,3,4,5,6", "'0' is unknown"),
        ("sad,sadness,happy", "two of the classes are sad"),
        ("sad,contempt", "fewer than two"),
    ],
)
def test_classes_are_mapped_by_name_or_refused(labels: str, words: str) -> None:
    with pytest.raises(BadSettings, match=words):
        parse_classes(labels)


def test_a_network_that_never_ends_is_given_up(
    models_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(onnx_files, "TRIAL_SECONDS", 0.3)
    onnx.save(endless(), tmp_path / "net.onnx")
    assert "longer than 0.3 seconds" in refused([tmp_path / "net.onnx"])


@pytest.mark.skipif(sys.platform != "linux", reason="the system's limit")
def test_a_network_that_takes_all_memory_is_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    onnx.save(greedy(), tmp_path / "net.onnx")
    file = str(tmp_path / "net.onnx")
    assert cli.main(["import", file, "--labels", LABELS, "--scale", "0..255"]) == 2
    assert "the network cannot be run on" in capsys.readouterr().err


@pytest.mark.parametrize("file", ["deep.json", "huge.json"])
def test_a_hostile_architecture_is_a_sentence(tmp_path: Path, file: str) -> None:
    hostile = {"deep.json": "[" * 100_000 + "]" * 100_000, "huge.json": "9" * 5000}
    (tmp_path / file).write_text('{"class_name": ' + hostile[file] + "}")
    with h5py.File(tmp_path / "net.weights.h5", "w") as weights:
        weights["layers/dense/0"] = np.zeros(3, np.float32)
    assert "cannot be imported" in refused([tmp_path / file, tmp_path / "net.weights.h5"])
