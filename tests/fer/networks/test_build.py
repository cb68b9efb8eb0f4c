"""Every network takes its inputs as they are, answers with probabilities and is described truly."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

from fer.errors import BadSettings, UnknownNetwork
from fer.model_card import InputSpec
from fer.networks import build as networks
from fer.runs import network_specs

APPLICATIONS = {
    "mobilenet": keras.applications.mobilenet,
    "mobilenet_v2": keras.applications.mobilenet_v2,
    "resnet50": keras.applications.resnet50,
}


def pixels(spec: InputSpec, n: int = 2, seed: int = 0) -> np.ndarray:
    random = np.random.default_rng(seed)
    return random.integers(0, 256, (n, *spec.shape)).astype(np.float32)


def smallest(name: str, channels: int = 1) -> InputSpec:
    side = network_specs.get(name).smallest
    return InputSpec(side, side + 5, channels)


@pytest.mark.parametrize("name", network_specs.names())
def test_every_network_answers_with_probabilities_and_is_described(name: str) -> None:
    spec = smallest(name)
    keras.utils.set_random_seed(0)
    model = networks.build(name, spec)
    answer = np.asarray(model(pixels(spec), training=False))
    assert answer.shape == (2, 7)
    assert answer.dtype == np.float32
    np.testing.assert_allclose(answer.sum(axis=1), 1, atol=1e-5)

    facts = networks.describe(name, spec)
    assert facts["input"] == spec.as_dict()
    assert facts["parameters"] == model.count_params()
    assert sum(row["parameters"] for row in facts["layers"]) == model.count_params()
    assert facts["layers"][0]["shape"] == list(spec.shape)
    assert facts["layers"][-1] == {
        **facts["layers"][-1],
        "type": "Dense",
        "shape": [7],
        "part": "head",
        "frozen": False,
    }
    assert facts["learning_rate"] > 0 and facts["multiply_adds"] > 0


@pytest.mark.parametrize("name", APPLICATIONS)
def test_applications_scale_as_keras_does(name: str) -> None:
    spec = InputSpec(32, 32, 3)
    model = networks.build(name, spec)
    scaled = next(layer for layer in model.layers if isinstance(layer, keras.layers.Rescaling))
    faces = pixels(spec)
    ours = np.asarray(keras.Model(model.input, scaled.output)(faces))
    keras_own = APPLICATIONS[name].preprocess_input(faces.copy())
    np.testing.assert_allclose(ours, keras_own, atol=1e-4)


@pytest.mark.parametrize("name", APPLICATIONS)
def test_grey_faces_are_repeated_to_three_channels(name: str) -> None:
    grey, colour = InputSpec(32, 32, 1), InputSpec(32, 32, 3)
    of_grey, of_colour = networks.build(name, grey), networks.build(name, colour)
    of_colour.set_weights(of_grey.get_weights())
    faces = pixels(grey)
    np.testing.assert_allclose(
        of_grey(faces, training=False),
        of_colour(np.repeat(faces, 3, axis=3), training=False),
        atol=1e-6,
    )


def test_a_saved_application_answers_the_same(tmp_path: Path) -> None:
    spec = InputSpec(32, 32, 3)
    model = networks.build("resnet50", spec)
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras", safe_mode=True)
    faces = pixels(spec)
    np.testing.assert_allclose(
        again(faces, training=False), model(faces, training=False), atol=1e-6
    )


def test_resnet_is_the_network_of_the_published_models() -> None:
    facts = networks.describe("resnet")
    assert (facts["parameters"], facts["multiply_adds"]) == (1_251_011, 142_244_864)
    model = networks.build("resnet", InputSpec())
    assert model.get_layer(networks.FEATURES).output.shape == (None, 6, 6, 256)
    assert [type(layer).__name__ for layer in model.layers[-4:]] == [
        "Activation",
        "GlobalAveragePooling2D",
        "Dropout",
        "Dense",
    ]


def test_multiply_adds_of_dense_and_depthwise_layers() -> None:
    spec = InputSpec(8, 8)
    model = networks.build("mlp", spec)
    assert networks.multiply_adds(model) == 64 * 256 + 256 * 128 + 128 * 7
    x = keras.Input((8, 8, 4))
    depthwise = keras.Model(x, keras.layers.DepthwiseConv2D(3, padding="same")(x))
    assert networks.multiply_adds(depthwise) == 8 * 8 * 3 * 3 * 4


@pytest.mark.parametrize("name", ["cnn4", "mobilenet_v2"])
def test_freezing_all_but_the_top_layers(name: str) -> None:
    table = networks.describe(name, smallest(name), freeze_how="5")["layers"]
    backbone = [row["frozen"] for row in table if row["part"] == "backbone"]
    assert backbone == [True] * (len(backbone) - 5) + [False] * 5
    assert not any(row["frozen"] for row in table if row["part"] == "head")
    everything = networks.describe(name, smallest(name), freeze_how="all")
    head = [row["parameters"] for row in everything["layers"] if row["part"] == "head"]
    assert everything["trainable_parameters"] == sum(head)


def test_frozen_batch_norm_keeps_its_statistics() -> None:
    spec = InputSpec(16, 16)
    model = networks.build("cnn4", spec)
    before = [np.asarray(weight) for weight in model.weights]
    networks.freeze(model, "all")
    model(pixels(spec), training=True)
    assert all(np.array_equal(a, b) for a, b in zip(before, model.weights, strict=True))
    networks.freeze(model, "none")
    model(pixels(spec), training=True)
    assert not all(np.array_equal(a, b) for a, b in zip(before, model.weights, strict=True))


def test_threshold_cnn_asks_for_faces_in_black_and_white() -> None:
    assert network_specs.get("threshold_cnn").input.preprocessing == "threshold:128"


def test_wrong_wishes_end_in_sentences() -> None:
    with pytest.raises(UnknownNetwork, match="unknown network 'vgg'; choose one of mlp, cnn4"):
        networks.build("vgg", InputSpec())
    with pytest.raises(BadSettings, match="mobilenet needs faces of at least 32×32"):
        networks.build("mobilenet", InputSpec(31, 40))


def test_what_pages_import_loads_no_tensorflow() -> None:
    code = (
        "import sys, fer.cli, fer.runs.network_specs, fer.runs.settings, "
        "fer.runs.weights, fer.runs.checks, fer.runs.launcher, fer.training.job; "
        "print([name for name in sys.modules if name in ('tensorflow', 'keras')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_batch_normalisation_in_half_precision_is_that_of_full_precision() -> None:
    spec = InputSpec(16, 16)
    keras.utils.set_random_seed(2)
    full, half = networks.build("resnet", spec), networks.build("resnet", spec, "bfloat16")
    half.set_weights(full.get_weights())
    faces = np.random.default_rng(0).integers(0, 256, (32, 16, 16, 1)).astype(np.float32)
    for model in (full, half):
        model(faces, training=True)
    statistics = [
        np.concatenate([one.numpy() for one in model.weights if "moving" in one.path])
        for model in (full, half)
    ]
    assert np.allclose(*statistics, rtol=0.1, atol=0.02)


def test_weights_pass_between_precisions_by_file(tmp_path: Path) -> None:
    spec = InputSpec(16, 16)
    file = tmp_path / "model.keras"
    full, half = networks.build("resnet", spec), networks.build("resnet", spec, "bfloat16")
    full.save(file)
    half.load_weights(file)
    assert all(map(np.array_equal, full.get_weights(), half.get_weights()))
