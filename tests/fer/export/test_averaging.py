"""Two models trained from the same weights, averaged into a third."""

from __future__ import annotations

from collections.abc import Iterator

import keras
import numpy as np
import pytest

from fer import cli, registry
from fer.data import loading
from fer.export import onnx as onnx_export, publish as publishing
from fer.networks import build as networks
from fer.runs.settings import TrainSettings
from fer.training import job


def publish(name: str, seed: int, network: str = "mlp") -> keras.Model:
    settings = TrainSettings("drawn", network=network, labels="fer2013")
    keras.utils.set_random_seed(seed)
    model = networks.build(network, settings.input)
    data = job.checked_data(settings)
    publishing.publish(model, settings, data, name=name, card_settings={"seed": seed}, facts={})
    return model


@pytest.fixture(scope="module", autouse=True)
def models(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[keras.Model]]:
    """A `FER_MODELS` with "first", "second" and "wider"; gives the networks of the former two."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FER_MODELS", str(tmp_path_factory.mktemp("models")))
        publish("wider", 1, "threshold_cnn")
        yield [publish("first", 1), publish("second", 2)]


def average(*arguments: str) -> int:
    return cli.main(["average", *arguments])


def test_the_average_has_the_mean_of_all_weights_and_a_card_of_its_own(
    models: list[keras.Model],
) -> None:
    assert average("--model", "first,second", "--data", "drawn", "--name", "both") == 0
    both = onnx_export.load(registry.card("both"))
    for mean, *each in zip(*(model.get_weights() for model in (both, *models)), strict=True):
        np.testing.assert_allclose(mean, np.mean(each, axis=0), rtol=1e-6)
    card = registry.card("both")
    assert card.settings == {"average_of": {"first": {"seed": 1}, "second": {"seed": 2}}}
    assert "equal average of the weights of first and second" in card.metrics["protocol"]
    validation = loading.load("drawn").split("validation")
    predicted = registry.load("both").probabilities(validation.inputs(card.input)).argmax(axis=1)
    assert card.metrics["accuracy"] == pytest.approx(
        (predicted == validation.labels).mean(), abs=1e-4
    )


@pytest.mark.parametrize(
    ("model", "data", "name", "words"),
    [
        ("first", "drawn", "new", "at least two different models"),
        ("first,first", "drawn", "new", "at least two different models"),
        ("first,nobody", "drawn", "new", "nobody"),
        ("first,wider", "drawn", "new", "differ in network, input, training target or data"),
        ("first,second", "nowhere.csv", "new", "does not exist"),
        ("first,second", "drawn", "first", "a model 'first' already"),
    ],
)
def test_what_does_not_fit_is_a_sentence(
    model: str, data: str, name: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert average("--model", model, "--data", data, "--name", name) == 2
    assert words in capsys.readouterr().err
