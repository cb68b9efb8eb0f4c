"""Two models trained from the same weights, averaged into a third."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from fer import cli, registry
from fer.data import loading
from fer.export import onnx as onnx_export, publish as publishing
from fer.networks import build as networks
from fer.runs.settings import TrainSettings
from fer.training import job

pytestmark = pytest.mark.usefixtures("models_folder")


def publish(name: str, seed: int, network: str = "mlp") -> keras.Model:
    settings = TrainSettings("drawn", network=network, labels="fer2013")
    keras.utils.set_random_seed(seed)
    model = networks.build(network, settings.input)
    data = job.checked_data(settings)
    publishing.publish(model, settings, data, name=name, told={"seed": seed}, facts={})
    return model


def average(*arguments: str) -> int:
    return cli.main(["average", *arguments])


def test_the_average_has_the_mean_of_all_weights_and_a_card_of_its_own() -> None:
    parts = [publish("one", 1), publish("two", 2)]
    assert average("--model", "one,two", "--data", "drawn", "--name", "both") == 0
    both = onnx_export.load(registry.card("both"))
    for mean, *each in zip(*(model.get_weights() for model in (both, *parts)), strict=True):
        np.testing.assert_allclose(mean, np.mean(each, axis=0), rtol=1e-6)
    card = registry.card("both")
    assert card.settings == {"average_of": {"one": {"seed": 1}, "two": {"seed": 2}}}
    assert "equal average of the weights of one and two" in card.metrics["protocol"]
    validation = loading.load("drawn").split("validation")
    said = registry.load("both").probabilities(validation.inputs(card.input)).argmax(axis=1)
    assert card.metrics["accuracy"] == pytest.approx((said == validation.labels).mean(), abs=1e-4)


@pytest.mark.parametrize(
    ("model", "data", "name", "words"),
    [
        ("one", "drawn", "both", "at least two different models"),
        ("one,one", "drawn", "both", "at least two different models"),
        ("one,nobody", "drawn", "both", "nobody"),
        ("one,wider", "drawn", "both", "differ in network, input, question or data"),
        ("one,two", "nowhere.csv", "both", "does not exist"),
        ("one,two", "drawn", "one", "a model 'one' already"),
    ],
)
def test_what_does_not_fit_is_a_sentence(
    model: str, data: str, name: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    publish("one", 1)
    publish("two", 2)
    if "wider" in model:
        publish("wider", 1, "threshold_cnn")
    assert average("--model", model, "--data", data, "--name", name) == 2
    assert words in capsys.readouterr().err
