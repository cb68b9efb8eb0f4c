"""Teaching from captures to a model: what it knows then, what it keeps, and what it leaves."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

from fer import registry
from fer.cli import main
from fer.emotions import EMOTIONS
from fer.errors import BadCaptures, BadModel
from fer.inference import cropping
from fer.inference.activation import class_activation, classifier
from fer.inference.explanation import explain
from fer.runs.store import Run
from fer.teaching import archive, comparison, features, personal, teacher
from fer.teaching.captures import Captures
from fer.teaching.teacher import Taught
from tests.fer.teaching.conftest import two_emotions, variant
from tests.helpers import within_seconds


@pytest.fixture(scope="session")
def taught(five_takes: Captures, tmp_path_factory: pytest.TempPathFactory) -> Taught:
    return teacher.teach(five_takes, tmp_path_factory.mktemp("teaching") / "run")


def inputs(emotion: str, seeds: range) -> np.ndarray:
    spec = registry.card("crowd").input
    return cropping.network_input([variant(emotion, seed) for seed in seeds], spec)


def test_it_has_learned_what_it_was_shown(taught: Taught) -> None:
    model, general = personal.load(taught.zip), registry.load("crowd")
    for emotion in ("happy", "sad"):
        unseen = inputs(emotion, range(900, 910))
        right = [
            (one.probabilities(unseen).argmax(axis=1) == EMOTIONS.index(emotion)).mean()
            for one in (general, model)
        ]
        assert right[1] == 1.0, emotion
        assert right[1] >= right[0]
    assert taught.comparison.verdict == comparison.BETTER


def test_on_people_in_general_it_stays_near_what_it_knew(taught: Taught) -> None:
    """Noise is nobody's face: the gate is closed, and the answer is the general model's."""
    random = np.random.default_rng(1)
    pixels = random.integers(0, 256, (12, 48, 48, 1), np.uint8)
    general = registry.load("crowd").probabilities(pixels)
    assert np.abs(personal.load(taught.zip).probabilities(pixels) - general).max() < 0.05


def test_the_model_is_a_folder_as_any_other(taught: Taught) -> None:
    model = personal.load(taught.model)
    card = model.card
    assert (card.personal, card.taught) == (True, ("happy", "sad"))
    assert card.labels == EMOTIONS
    assert card.metrics["n"] == 30
    assert card.default_prior == registry.card("crowd").default_prior
    assert [output.name for output in model.session.get_outputs()] == ["probabilities", "features"]
    only_taught = model.with_prior(personal.TAUGHT_PRIOR)
    answers = only_taught.probabilities(inputs("sad", range(3)))
    assert answers[:, [EMOTIONS.index("happy"), EMOTIONS.index("sad")]].sum() == pytest.approx(3)
    assert explain(model, inputs("sad", range(1))[0]).occlusion.values.shape == (12, 12)


def test_its_activation_map_adds_up_to_its_own_answer(taught: Taught) -> None:
    """With the correction, as far as the gate is open for the face, and of no other model."""
    model, (_, engine) = personal.load(taught.zip), personal.contents(taught.zip)
    pixels, sad = inputs("sad", range(1))[0], EMOTIONS.index("sad")
    evidence = class_activation(model, pixels, sad, engine)
    general = class_activation(registry.load("crowd"), pixels, sad)
    assert evidence is not None and general is not None
    assert evidence.sum() > general.sum() + 1
    raw, maps = model.session.run(None, {"pixels": pixels[None].astype(np.float32)})
    logits = np.log(raw[0])
    layer = classifier(taught.model / "model.onnx", 0)
    assert layer is not None and layer.correction is not None
    bias = layer.corrected(maps[0]).bias
    expected = logits[sad] - logits.mean() - (bias[sad] - bias.mean())
    assert evidence.sum() == pytest.approx(expected, abs=0.01)
    assert explain(model, pixels, "sad", engine).activation is not None


def test_its_run_reads_like_one_of_training(taught: Taught) -> None:
    run = Run(taught.zip.parent)
    rows = run.metrics()
    assert run.status().state == "finished"
    assert run.settings.weights == "crowd"
    assert [row["epoch"] for row in rows] == list(range(1, len(rows) + 1))
    assert rows[-1]["loss"] < rows[0]["loss"]
    assert rows[-1]["held_back"] == 30
    assert run.log().splitlines()[0] == "30 faces: 15 happy, 15 sad; 5 folds of takes held back"
    assert comparison.read(run.path / teacher.COMPARISON) == taught.comparison


def test_a_personal_model_is_published_by_name_alone(
    taught: Taught, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FER_MODELS", str(tmp_path / "models"))
    assert registry.names() == []
    assert personal.publish(taught.zip.read_bytes(), "my-face").personal
    assert registry.names() == ["my-face"]
    assert registry.load("my-face").card.taught == ("happy", "sad")


def test_one_take_is_taught_but_not_judged(tmp_path: Path) -> None:
    done = teacher.teach(two_emotions(1), tmp_path / "run")
    assert done.comparison.verdict == comparison.UNKNOWN
    assert done.comparison.missing == {"happy": 1, "sad": 1}
    assert "accuracy" not in personal.load(done.zip).card.metrics
    assert Run(tmp_path / "run").metrics()[-1]["held_back"] == 0


def test_a_model_without_statistics_cannot_be_taught(five_takes: Captures, tmp_path: Path) -> None:
    with pytest.raises(BadModel, match=r"'fer2013' has no features\.npz"):
        teacher.teach(five_takes, tmp_path / "run", "fer2013")
    assert not (tmp_path / "run").exists()
    assert features.teachable() == ["crowd"]


def test_a_folder_in_use_is_left_alone(five_takes: Captures, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(BadCaptures, match="is not empty"):
        teacher.teach(five_takes, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_what_fails_is_in_the_status(
    five_takes: Captures, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise BadModel("the engine is broken.")

    monkeypatch.setattr(features, "seen", broken)
    with pytest.raises(BadModel):
        teacher.teach(five_takes, tmp_path / "run")
    status = Run(tmp_path / "run").status()
    assert (status.state, status.error) == ("failed", "the engine is broken.")


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"no zip", "is no zip"),
        (archive.to_zip(Captures()), "holds no card.json"),
    ],
)
def test_what_is_no_personal_model_gets_a_sentence(data: bytes, sentence: str) -> None:
    with pytest.raises(BadModel, match=sentence):
        personal.load(data)


def test_a_zip_that_was_damaged_on_its_way_gets_a_sentence(taught: Taught) -> None:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.write(taught.model / "card.json", "card.json")
    damaged = bytearray(whole.getvalue())
    damaged[60:200] = bytes(140)
    with pytest.raises(BadModel, match=r"card\.json in personal\.zip is damaged"):
        personal.load(bytes(damaged))


def test_another_model_and_a_changed_engine_are_refused(taught: Taught, tmp_path: Path) -> None:
    with pytest.raises(BadModel, match="no personal model, but another one"):
        personal.load(registry.path_of("crowd"))
    (tmp_path / "card.json").write_bytes((taught.model / "card.json").read_bytes())
    (tmp_path / "model.onnx").write_bytes(
        registry.path_of("crowd").joinpath("model.onnx").read_bytes()
    )
    with pytest.raises(BadModel, match="is not the file that its card describes"):
        personal.load(tmp_path)


@pytest.mark.slow
def test_the_command_teaches(five_takes: Captures, tmp_path: Path, capsys) -> None:
    file, target = tmp_path / "captures.zip", tmp_path / "me.zip"
    file.write_bytes(archive.to_zip(five_takes))
    assert main(["teach", str(file), "--output", str(target), "--json", "-"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert record["taught"] == ["happy", "sad"]
    assert record["comparison"]["verdict"] == "better"
    assert record["published"] is None
    assert personal.load(target).card.name == "personal"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["captures.zip", "me.zip"]


@pytest.mark.parametrize(
    ("captures", "sentence"),
    [
        (Captures().with_take("happy", 1.0, [(variant("happy", i), 0.0) for i in range(9)]), "two"),
        (two_emotions(1, faces=3), "at least 5 faces"),
        (Captures(), "so far: none"),
    ],
)
def test_too_little_to_teach_is_wrong_use(
    captures: Captures, sentence: str, tmp_path: Path, capsys
) -> None:
    file = tmp_path / "captures.zip"
    file.write_bytes(archive.to_zip(captures))
    assert main(["teach", str(file), "--output", str(tmp_path / "out")]) == 2
    assert sentence in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_what_may_not_be_published_is_not_taught(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    monkeypatch.setenv("FER_TRAINING", "off")
    file = tmp_path / "captures.zip"
    file.write_bytes(archive.to_zip(two_emotions(1, faces=5)))
    target = tmp_path / "out"
    assert main(["teach", str(file), "--output", str(target), "--publish", "mine"]) == 2
    assert "FER_TRAINING" in capsys.readouterr().err
    assert not target.exists()


@pytest.mark.slow
def test_a_command_that_is_killed_leaves_no_half_model(
    five_takes: Captures, tmp_path: Path
) -> None:
    file, folder = tmp_path / "captures.zip", tmp_path / "run"
    file.write_bytes(archive.to_zip(five_takes))
    command = [sys.executable, "-m", "fer", "teach", str(file), "--output", str(folder)]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        within_seconds(120, lambda: Run(folder).metrics() or process.poll() is not None)
        os.kill(process.pid, signal.SIGKILL)
    if Run(folder).status().state != "finished":  # it was faster than the signal
        assert Run(folder).status().state == "lost"
        assert not (folder / teacher.MODEL).exists() or personal.load(folder / teacher.MODEL)
    assert not (folder / teacher.ZIP).exists() or personal.load(folder / teacher.ZIP)
