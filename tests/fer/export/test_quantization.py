"""A published network with eight-bit convolutions: smaller, nearly the same answers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import onnx
import pytest

from fer import cli, registry
from fer.data import loading, selection
from fer.export import formats, onnx as onnx_export, publish, quantization
from fer.model_card import InputSpec
from fer.networks import build as networks
from fer.runs.settings import TrainSettings

SETTINGS = TrainSettings("drawn", network="cnn4", labels="fer2013", input=InputSpec(24, 24))


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A `FER_MODELS` with "mine", "mine-small", which was made of it, and "flat" without
    convolutions."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("models")
        patch.setenv("FER_MODELS", str(folder))
        patch.setattr(quantization, "_CALIBRATION_FACES", 100)
        for network, name in (("cnn4", "mine"), ("mlp", "flat")):
            settings = replace(SETTINGS, network=network)
            keras.utils.set_random_seed(1)
            publish.publish(
                networks.build(network, settings.input),
                settings,
                selection.prepared(settings.data, labels=settings.labels, limit=settings.limit),
                name=name,
                card_settings={"network": network},
                facts={"protocol": "mine"},
            )
        priors = ("--mixed", MIXED, "--default", "mixed")
        assert cli.main(["card", "--model", "mine", "--data", "drawn", *priors]) == 0
        assert quantize("--model", "mine", "--data", "drawn", "--name", "mine-small") == 0
        yield folder


MIXED = "angry=1,disgust=1,fear=1,happy=1,sad=1,surprise=1,neutral=4"
pytestmark = pytest.mark.usefixtures("models")


def quantize(*arguments: str) -> int:
    return cli.main(["quantize", *arguments])


def test_it_answers_nearly_the_same_and_is_smaller() -> None:
    mine, small = registry.load("mine"), registry.load("mine-small")
    assert registry.engine_bytes("mine-small") < 0.5 * registry.engine_bytes("mine")
    pixels = loading.load("drawn").split("validation").inputs(SETTINGS.input)
    exact = formats.onnx_predictions(registry.folder() / "mine/model.onnx", pixels)
    rough = formats.onnx_predictions(registry.folder() / "mine-small/model.onnx", pixels)
    difference = np.abs(exact - rough).max()
    assert 0 < difference < 0.05
    card = small.card
    assert card.settings == {"quantized_from": {"mine": {"network": "cnn4"}}}
    assert card.metrics["protocol"].endswith("quantised to eight bits; mine")
    assert 0 < card.metrics["quantization_difference"] <= difference + 1e-6
    assert (card.parameters, card.multiply_adds) == (mine.card.parameters, mine.card.multiply_adds)
    assert card.prior_names == ("mixed", "balanced", "training"), "as the one it was made of"
    assert card.priors["mixed"]["shares"] == mine.card.priors["mixed"]["shares"]
    said = small.with_prior("training").probabilities(pixels).argmax(axis=1)
    truth = loading.load("drawn").split("validation").labels
    assert card.metrics["accuracy"] == pytest.approx((said == truth).mean(), abs=1e-4)


def test_every_convolution_computes_with_eight_bits() -> None:
    graph = onnx.load(registry.folder() / "mine-small/model.onnx").graph
    makers = {output: node.op_type for node in graph.node for output in node.output}
    given = [makers[name] for node in graph.node if node.op_type == "Conv" for name in node.input]
    assert set(given) == {"DequantizeLinear"}
    integers = [tensor for tensor in graph.initializer if tensor.data_type == onnx.TensorProto.INT8]
    assert max(abs(onnx.numpy_helper.to_array(tensor)).max() for tensor in integers) <= 64


@pytest.mark.parametrize("format", ["onnx", "keras", "tflite"])
def test_exports_of_it_are_sound(tmp_path: Path, format: str) -> None:
    done = onnx_export.export("mine-small", format, tmp_path)
    assert done.is_sound
    engine = registry.folder() / "mine-small/model.onnx"
    assert (done.files[0].read_bytes() == engine.read_bytes()) is (format == "onnx")


@pytest.mark.parametrize(
    ("model", "data", "name", "words"),
    [
        ("nobody", "drawn", "new", "nobody"),
        ("mine", "nowhere.csv", "new", "does not exist"),
        ("mine", "drawn", "mine", "a model 'mine' already"),
        ("mine-small", "drawn", "new", "quantised already"),
        ("flat", "drawn", "new", "no convolutions"),
    ],
)
def test_what_does_not_fit_is_a_sentence(
    model: str, data: str, name: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert quantize("--model", model, "--data", data, "--name", name) == 2
    message = capsys.readouterr().err
    assert words in message and "Traceback" not in message
