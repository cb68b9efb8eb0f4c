"""Exports answer like the original on photographed faces; a broken one is called so."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import onnxruntime
import pytest

from fer import registry
from fer.cli import main
from fer.emotions import EMOTIONS
from fer.errors import BadModel, BadSettings
from fer.export import formats, onnx as onnx_export
from fer.export.formats import FORMATS, Format
from fer.model_card import InputSpec, ModelCard
from fer.networks import build as networks

SMALL = InputSpec(16, 16)
FILES = {
    "keras": ["tiny.keras"],
    "h5": ["tiny.weights.h5", "tiny.json"],
    "onnx": ["tiny.onnx"],
    "tflite": ["tiny.tflite"],
}


def publish(folder: Path, model: keras.Model, spec: InputSpec = SMALL) -> None:
    """The model `tiny` in the registry."""
    model.save(folder / "model.keras")
    onnx_export.to_onnx(model, spec, folder / "model.onnx")
    card = ModelCard(
        name="tiny",
        network=model.name,
        question="crowd",
        labels=EMOTIONS,
        input=spec,
        temperature=1.0,
        uncertain_below=0.3,
        data={},
        settings={},
        metrics={},
        parameters=model.count_params(),
        multiply_adds=networks.multiply_adds(model),
        created="2026-01-01",
        intended_use="tests",
        not_for="anything else",
        files={},
    )
    registry.publish(card, {file: folder / file for file in ("model.keras", "model.onnx")})


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of models with `tiny` in it."""
    folder = tmp_path_factory.mktemp("published")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FER_MODELS", str(folder / "models"))
        keras.utils.set_random_seed(0)
        publish(folder, networks.build("cnn4", SMALL))
    return folder / "models"


@pytest.fixture(autouse=True)
def models(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FER_MODELS", str(tiny))


@pytest.mark.parametrize("format", FORMATS)
def test_every_format_answers_like_the_original(
    format: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    done = onnx_export.export("tiny", format, tmp_path / "out")
    assert [file.name for file in done.files] == FILES[format]
    assert sorted(file.name for file in (tmp_path / "out").iterdir()) == sorted(FILES[format])
    assert done.is_sound and done.difference <= 1e-5
    assert done.milliseconds > 0 and done.megabytes > 0.1
    assert capsys.readouterr().out == ""


def test_the_command_prints_the_difference(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["export", "--model", "tiny", "--format", "h5", "--out", str(tmp_path)]
    assert main(arguments) == 0
    assert "largest probability difference" in capsys.readouterr().out
    assert (tmp_path / "tiny.weights.h5").is_file()


@pytest.mark.parametrize("off", [2e-4, np.nan])
def test_an_export_that_answers_otherwise_ends_in_1(
    off: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def read(files: tuple[Path, ...]) -> formats.Predictor:
        answer = FORMATS["onnx"].read(files)
        return lambda pixels: np.asarray(answer(pixels) + off, np.float32)

    monkeypatch.setitem(FORMATS, "keras", Format(FORMATS["onnx"].write, read))
    arguments = ["export", "--model", "tiny", "--format", "keras", "--out", str(tmp_path)]
    assert main(arguments) == 1
    assert "do not use it" in capsys.readouterr().err


def test_the_check_of_a_published_engine(tiny: Path) -> None:
    model = networks.build("cnn4", SMALL)
    faces = onnx_export.real_faces(SMALL).astype(np.uint8)
    with pytest.raises(BadModel, match="differ from those of the original"):
        onnx_export.check(model, tiny / "tiny" / "model.onnx", faces)


def test_real_faces_are_cut_like_all_others() -> None:
    faces = onnx_export.real_faces(InputSpec(20, 24, 3))
    assert faces.shape == (onnx_export.NUM_FACES, 20, 24, 3)
    assert faces.dtype == np.float32 and faces.min() >= 0 and faces.max() > 200
    assert set(np.unique(onnx_export.real_faces(InputSpec(preprocessing="threshold:128")))) == {
        0,
        255,
    }


def test_feature_maps_are_a_second_output_where_a_network_has_them(tmp_path: Path) -> None:
    onnx_export.to_onnx(networks.build("resnet", SMALL), SMALL, tmp_path / "resnet.onnx")
    onnx_export.to_onnx(networks.build("mlp", SMALL), SMALL, tmp_path / "mlp.onnx")

    def outputs(name: str) -> list[str]:
        session = onnxruntime.InferenceSession(str(tmp_path / name))
        return [output.name for output in session.get_outputs()]

    assert outputs("resnet.onnx") == ["probabilities", "features"]
    assert outputs("mlp.onnx") == ["probabilities"]


def test_a_model_with_code_of_its_own_is_not_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    x = keras.Input(SMALL.shape, name="pixels")
    y = keras.layers.Lambda(lambda pixels: pixels * 2)(x)
    y = keras.layers.Dense(7, "softmax", name="probabilities")(keras.layers.Flatten()(y))
    monkeypatch.setenv("FER_MODELS", str(tmp_path / "models"))
    publish(tmp_path, keras.Model(x, y, name="mlp"))
    with pytest.raises(BadModel, match=r"model\.keras is no Keras model that can be read"):
        onnx_export.export("tiny", "h5", tmp_path / "out")


def test_wrong_wishes_end_in_sentences(
    tmp_path: Path, tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(BadSettings, match="unknown format 'zip'; choose one of keras, h5, onnx"):
        onnx_export.export("tiny", "zip", tmp_path)
    with pytest.raises(BadModel, match="unknown model 'nope'; the models are: tiny"):
        onnx_export.export("nope", "onnx", tmp_path)
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(BadSettings, match="could not be written"):
        onnx_export.export("tiny", "onnx", tmp_path / "file")
    other = tmp_path / "models"
    monkeypatch.setenv("FER_MODELS", str(other))
    (other / "tiny").mkdir(parents=True)
    (other / "tiny" / "card.json").write_bytes((tiny / "tiny" / "card.json").read_bytes())
    with pytest.raises(BadModel, match=r"has no file model\.keras"):
        onnx_export.export("tiny", "onnx", tmp_path / "out")
    (other / "tiny" / "model.keras").write_bytes(b"another file")
    with pytest.raises(BadModel, match="is not the file its card describes"):
        onnx_export.export("tiny", "onnx", tmp_path / "out")
