"""Weights to begin with: what fits is loaded into its part, what does not ends in a sentence."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest

from fer import registry
from fer.emotions import EMOTIONS
from fer.errors import BadSettings, FerError
from fer.model_card import InputSpec, ModelCard
from fer.networks import build as networks, classic, initial_weights
from fer.runs import settings, weights
from fer.runs.settings import TrainSettings

SMALL = InputSpec(16, 16)


@pytest.fixture(autouse=True)
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FER_MODELS", str(tmp_path / "models"))


def wish(weights: object, network: str = "cnn4", spec: InputSpec = SMALL) -> TrainSettings:
    return TrainSettings("drawn", network=network, weights=str(weights), input=spec)


def publish(tmp_path: Path, name: str = "teacher", network: str = "cnn4") -> keras.Model:
    model = networks.build(network, SMALL)
    model.save(tmp_path / "model.keras")
    card = ModelCard(
        name=name,
        network=network,
        question="crowd",
        labels=EMOTIONS,
        input=SMALL,
        temperature=1.0,
        uncertain_below=0.3,
        data={},
        settings={},
        metrics={},
        parameters=model.count_params(),
        multiply_adds=1,
        created="2026-01-01",
        intended_use="tests",
        not_for="anything else",
        files={},
    )
    registry.publish(card, {"model.keras": tmp_path / "model.keras"})
    return model


def same(a: keras.Model, b: keras.Model) -> bool:
    return all(np.array_equal(x, y) for x, y in zip(a.get_weights(), b.get_weights(), strict=True))


@pytest.mark.parametrize("ending", [".weights.h5", ".keras", ".h5"])
def test_files_of_the_whole_network(tmp_path: Path, ending: str) -> None:
    saved, fresh = networks.build("cnn4", SMALL), networks.build("cnn4", SMALL)
    file = tmp_path / f"some{ending}"
    saved.save_weights(file) if ending == ".weights.h5" else saved.save(file)
    assert not same(saved, fresh)
    initial_weights.load(fresh, wish(file))
    assert same(saved, fresh)


@pytest.mark.parametrize("ending", [".weights.h5", ".h5"])
def test_a_no_top_file_goes_into_the_backbone(tmp_path: Path, ending: str) -> None:
    spec = InputSpec(32, 32)
    application = classic.application("MobileNetV2", (40, 40, 3))
    file = tmp_path / f"no_top{ending}"
    application.save_weights(file) if ending == ".weights.h5" else application.save(file)
    model = networks.build("mobilenet_v2", spec)
    top = model.layers[-1].get_weights()[0].copy()
    initial_weights.load(model, wish(file, "mobilenet_v2", spec))
    assert same(application, model.get_layer("backbone"))
    assert np.array_equal(top, model.layers[-1].get_weights()[0])


def test_a_published_model_gives_its_weights(tmp_path: Path) -> None:
    teacher = publish(tmp_path)
    fresh = networks.build("cnn4", SMALL)
    initial_weights.load(fresh, wish("teacher"))
    assert same(teacher, fresh)


def test_a_published_model_of_another_kind_is_refused(tmp_path: Path) -> None:
    publish(tmp_path)
    with pytest.raises(BadSettings, match="'teacher' is a cnn4; its weights do not fit resnet"):
        weights.source(wish("teacher", "resnet"))
    with pytest.raises(BadSettings, match=r"takes 16×16×1 .* settings say 24×24×1"):
        weights.source(wish("teacher", spec=InputSpec(24, 24)))
    (registry.folder() / "teacher" / "model.keras").write_bytes(b"something else")
    with pytest.raises(BadSettings, match=r"no sound model\.keras"):
        weights.source(wish("teacher"))


def test_weights_of_another_network_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "other.weights.h5"
    networks.build("vgg_blocks", SMALL).save_weights(file)
    with pytest.raises(BadSettings, match=r"other\.weights\.h5 do not fit the network cnn4.*holds"):
        initial_weights.check(wish(file))


@pytest.mark.parametrize("name", ["a.keras", "a.weights.h5", "a.h5"])
def test_a_damaged_file_is_refused_before_tensorflow(tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    file.write_bytes(b"PK\x03\x04 not what it says")
    with pytest.raises(BadSettings, match=f"weights file {name} cannot be read"):
        weights.source(wish(file))


def test_a_truncated_keras_file_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "model.keras"
    networks.build("cnn4", SMALL).save(file)
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    with pytest.raises(BadSettings, match=r"model\.keras cannot be read"):
        weights.source(wish(file))


def test_weights_that_are_no_numbers_are_refused(tmp_path: Path) -> None:
    model = networks.build("mlp", SMALL)
    model.layers[-1].bias.assign([np.nan] * 7)
    model.save_weights(tmp_path / "nan.weights.h5")
    with pytest.raises(BadSettings, match="no finite numbers"):
        initial_weights.check(wish(tmp_path / "nan.weights.h5", "mlp"))


def test_names_that_mean_nothing_are_refused(tmp_path: Path) -> None:
    publish(tmp_path)
    with pytest.raises(BadSettings, match=r"'nope' are no file, no published model \(teacher\)"):
        weights.source(wish("nope"))
    (tmp_path / "notes.txt").write_text("hello")
    with pytest.raises(BadSettings, match=r"notes\.txt is no file of weights"):
        weights.source(wish(tmp_path / "notes.txt"))
    with pytest.raises(BadSettings, match="no ImageNet weights for cnn4; there are for mobilenet,"):
        weights.source(wish("imagenet"))


def test_imagenet_without_a_network_says_how_to_pass_a_file(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    spec = InputSpec(32, 32)
    model = networks.build("mobilenet", spec)

    def offline(*_: object) -> None:
        raise Exception("URL fetch failure on https://example.org: None -- no route")  # as Keras

    monkeypatch.setattr(classic, "application", offline)
    with pytest.raises(BadSettings, match=r"could not be downloaded .*pass it: --weights FILE"):
        initial_weights.load(model, wish("imagenet", "mobilenet", spec))


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"freeze": "some", "weights": "x"}, "use all, none, or the number of top layers"),
        ({"freeze": "0", "weights": "x"}, "freeze is '0'"),
        ({"freeze": "all"}, "freeze all without weights would keep random layers"),
        ({"head_epochs": 2}, "head_epochs 2 without weights"),
        ({"head_epochs": -1}, "must lie between 0 and 1000"),
        ({"weights": ""}, "name a published model, imagenet or a file"),
        ({"freeze": "all", "weights": "x", "network": "mlp"}, "mlp has no backbone"),
        ({"network": "vgg"}, "unknown network 'vgg'"),
        ({"network": ["mlp"]}, "unknown network"),
        ({"network": "resnet50", "input": {"height": 16, "width": 16}}, "at least 32×32"),
        ({"input": [48, 48]}, "the input of the settings is wrong"),
    ],
)
def test_wrong_settings_end_in_sentences(values: dict[str, object], sentence: str) -> None:
    with pytest.raises(FerError, match=sentence):
        settings.from_dict({"data": "drawn", **values})


def test_what_settings_leave_open_suits_the_network() -> None:
    chosen = settings.from_dict({"data": "drawn", "network": "threshold_cnn"})
    assert (chosen.optimizer, chosen.learning_rate) == ("adam", 1e-3)
    assert chosen.input.preprocessing == "threshold:128"
    assert settings.from_dict(chosen.as_dict()) == chosen
    assert settings.from_dict({"data": "drawn", "optimizer": "adam"}).learning_rate == 1e-3
    number = settings.from_dict({"data": "drawn", "freeze": 3, "weights": "x"})
    assert number.freeze == "3"
