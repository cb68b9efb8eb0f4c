"""Teachers: what they say of faces and mirror images, kept for runs that outlive them."""

from __future__ import annotations

import shutil
import tempfile
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from fer import cli, registry
from fer.data import loading
from fer.errors import BadSettings
from fer.runs import launcher, settings, store
from fer.runs.settings import TrainSettings
from fer.training import distillation, job
from tests.helpers import make_card, publish_tiny

SHORT = TrainSettings(
    "drawn",
    "mlp",
    epochs=2,
    learning_rate=1e-3,
    batch_size=16,
    optimizer="adam",
    limit=140,
    labels="fer2013",
)


def publish_teacher(name: str, seed: int) -> None:
    """A network that tells a face from its mirror image."""
    size = int(np.prod(SHORT.input.shape))
    layer = np.random.default_rng(seed).normal(0, 1e-4, (size, 7)).astype(np.float32)
    nodes = [
        helper.make_node("Flatten", ["pixels"], ["vector"]),
        helper.make_node("MatMul", ["vector", "layer"], ["scores"]),
        helper.make_node("Softmax", ["scores"], ["probabilities"]),
    ]
    ends = [
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, [None, *sizes])]
        for name, sizes in (("pixels", SHORT.input.shape), ("probabilities", (7,)))
    ]
    graph = helper.make_graph(nodes, name, *ends, [numpy_helper.from_array(layer, "layer")])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    with tempfile.TemporaryDirectory() as folder:
        onnx.save(model, Path(folder, "model.onnx"))
        registry.publish(make_card(name), {"model.onnx": Path(folder, "model.onnx")})


@pytest.mark.usefixtures("models_folder")
def test_the_mean_of_all_teachers_for_faces_and_mirror_images() -> None:
    publish_teacher("first", seed=0)
    publish_teacher("second", seed=1)
    faces = loading.load("drawn").split("train").rows(np.arange(300))
    shares: list[float] = []
    found = distillation.predictions(["first", "second"], faces, on_share=shares.append)
    assert found is not None
    assert found.shape == (300, 7) and found.dtype == np.float32
    first, second = registry.load("first"), registry.load("second")
    pixels = faces.inputs(first.card.input)
    mirrored = np.ascontiguousarray(pixels[:, :, ::-1])
    assert not np.allclose(first.probabilities(pixels), first.probabilities(mirrored), atol=1e-3)
    views = [model.probabilities(view) for model in (first, second) for view in (pixels, mirrored)]
    np.testing.assert_allclose(found, np.mean(views, axis=0), atol=1e-5)
    assert shares == sorted(shares) and shares[-1] == 1


@pytest.mark.usefixtures("models_folder")
def test_a_student_of_one_teacher_alone_predicts_as_the_teacher_does() -> None:
    publish_tiny("teacher", question="fer2013")
    distilled = replace(SHORT, epochs=6, teachers=("teacher",), teacher_share=1.0, name="student")
    assert job.run(store.create(distilled), threading.Event()) == "finished"
    assert registry.card("student").settings["teachers"] == ["teacher"]
    faces = loading.load("drawn").split("validation").rows(np.arange(100))
    student, teacher = (
        registry.load(name, "training").probabilities(faces.inputs(SHORT.input)).argmax(axis=1)
        for name in ("student", "teacher")
    )
    assert (student == teacher).mean() > 0.9
    assert (faces.labels == teacher).mean() < 0.5


@pytest.mark.usefixtures("models_folder")
def test_a_run_goes_on_without_its_teachers(models_folder: Path) -> None:
    publish_tiny("teacher", question="fer2013")
    run = store.create(replace(SHORT, teachers=("teacher",)))
    stop = threading.Event()
    learner = job.learner_for

    def stopping(*arguments: object, **named: object) -> object:
        stop.set()
        return learner(*arguments, **named)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(job, "learner_for", stopping)
        assert job.run(run, stop) == "stopped"
    teacher_probabilities = np.load(run.teacher_probabilities)["answers"]
    assert len(teacher_probabilities) == SHORT.limit
    np.testing.assert_allclose(teacher_probabilities.sum(axis=1), 1, atol=1e-5)
    shutil.rmtree(models_folder / "teacher")
    launcher.claim(run)
    assert job.run(run, threading.Event()) == "finished"


@pytest.mark.usefixtures("models_folder")
def test_asking_stops_when_told_to(tmp_path: Path) -> None:
    publish_tiny("teacher")
    faces = loading.load("drawn").rows(np.arange(300))
    asked: list[float] = []
    file = tmp_path / "taught.npz"
    found = distillation.cached_predictions(
        file, ["teacher"], faces, lambda: bool(asked), asked.append
    )
    assert found is None and len(asked) == 1
    assert list(tmp_path.iterdir()) == [tmp_path / "models"]


@pytest.mark.parametrize("damage", [b"", b"nothing", b"PK\x03\x04"])
@pytest.mark.usefixtures("models_folder")
def test_what_was_kept_but_is_damaged_is_asked_again(tmp_path: Path, damage: bytes) -> None:
    publish_tiny("teacher")
    faces = loading.load("drawn").rows(np.arange(8))
    file = tmp_path / "taught.npz"
    file.write_bytes(damage)
    found = distillation.cached_predictions(file, ["teacher"], faces, lambda: False, lambda _: None)
    assert found is not None
    np.testing.assert_array_equal(np.load(file)["answers"], found)


@pytest.mark.usefixtures("models_folder")
def test_answers_of_other_faces_are_not_taken(tmp_path: Path) -> None:
    publish_tiny("teacher")
    faces = loading.load("drawn").rows(np.arange(8))
    asked: list[float] = []
    for data in (faces, faces, replace(faces, hash="another")):
        distillation.cached_predictions(
            tmp_path / "taught.npz", ["teacher"], data, lambda: False, asked.append
        )
    assert len(asked) == 2


def test_targets_are_blended_by_the_share() -> None:
    label = np.eye(7, dtype=np.float32)[:2]
    teacher_probabilities = np.full((2, 7), 1 / 7, np.float32)
    assert (distillation.blended(label, teacher_probabilities, 0.0) == label).all()
    assert (distillation.blended(label, teacher_probabilities, 1.0) == teacher_probabilities).all()
    blended = distillation.blended(label, teacher_probabilities, 0.6)
    assert blended[0, 0] == pytest.approx(0.4 + 0.6 / 7)
    assert blended.dtype == np.float32


def test_settings_name_teachers_in_a_list() -> None:
    given = {"data": "drawn", "network": "mlp", "teachers": ["a", "b"], "teacher_share": 0.7}
    read = settings.from_dict(given)
    assert read.teachers == ("a", "b")
    assert settings.from_dict(read.as_dict()) == read


@pytest.mark.parametrize("teachers", ["crowd", [1], [""], {"a": 1}, None])
def test_what_is_no_list_of_names_is_refused(teachers: object) -> None:
    with pytest.raises(BadSettings, match="list names of published models"):
        settings.from_dict({"data": "drawn", "teachers": teachers})


@pytest.mark.usefixtures("tiny_models")
@pytest.mark.parametrize(
    ("name", "words"),
    [("nobody", "nobody"), ("tiny", "predicts 'crowd'"), ("broken", "cannot teach")],
)
def test_a_teacher_that_cannot_teach_is_a_sentence_before_any_work(
    name: str,
    words: str,
    tmp_path: Path,
    tiny_models: Path,
    runs_folder: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    publish_tiny("broken", question="fer2013")
    (tiny_models / "broken" / "model.onnx").write_bytes(b"no network")
    file = tmp_path / "settings.json"
    file.write_text(f'{{"data": "drawn", "labels": "fer2013", "teachers": ["{name}"]}}')
    assert cli.main(["train", "--settings", str(file)]) == 2
    message = capsys.readouterr().err
    assert words in message and "Traceback" not in message
    assert not runs_folder.exists()
