"""A training job from the command line to a published model that answers."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import fer
from fer import cli, registry
from fer.data import dataset, loading
from fer.inference import cropping
from fer.model_card import InputSpec
from fer.runs import launcher, processes, status as run_status, store
from fer.runs.settings import TrainSettings, from_dict, from_file
from fer.training import job
from fer.training.reporter import Reporter
from tests.helpers import astronaut, publish_tiny

RECIPES = Path(__file__).resolve().parents[3] / "docs"
TRAIN = [
    *("--data", "drawn", "--limit", "140", "--seed", "3"),
    *("--labels", "fer2013", "--batch-size", "16"),
]


def train(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "fer", "train", *arguments]
    return subprocess.run(command, capture_output=True, text=True)


@pytest.mark.usefixtures("models_folder")
def test_a_network_is_trained_published_and_answers() -> None:
    done = train(*TRAIN, "--network", "mlp", "--epochs", "2", "--name", "mine")
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    (run,) = store.listing()
    rows = run.metrics()
    assert rows[1]["loss"] < rows[0]["loss"]
    assert {"epoch", "seconds", "learning_rate", "val_loss", "val_accuracy", "recall"} <= set(
        rows[0]
    )
    assert run.status().state == "finished"
    card = registry.card("mine")
    assert card.network == "mlp"
    assert card.metrics["export_difference"] < 1e-4
    assert set(card.files) == {"model.onnx", "model.keras"}
    result = fer.analyze(astronaut(), model="mine")
    assert result.faces[0].prediction.probabilities.sum() == pytest.approx(1, abs=1e-5)


@pytest.fixture
def own_signals() -> Iterator[None]:
    """Signals are handled afterwards as they were before."""
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in handlers.items():
        signal.signal(number, handler)


@pytest.mark.usefixtures("models_folder", "own_signals")
def test_a_run_that_is_interrupted_checkpoints_and_goes_on(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    add_metrics = store.Run.add_metrics

    def interrupted(run: store.Run, row: dict[str, Any]) -> None:
        add_metrics(run, row)
        os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(store.Run, "add_metrics", interrupted)
    command = ["train", *TRAIN, "--network", "mlp", "--epochs", "2", "--name", "wanted"]
    assert cli.main(command) == 130
    (run,) = store.listing()
    assert run.status().state == "stopped"
    assert f"--resume {run.id}" in capsys.readouterr().err
    (before,) = run.metrics()
    monkeypatch.setattr(store.Run, "add_metrics", add_metrics)

    publish_tiny("wanted")  # somebody else takes the name meanwhile
    assert cli.main(["train", "--resume", run.id]) == 0
    assert run.metrics()[0] == before and len(run.metrics()) == 2
    assert run.status().model == "wanted-2"
    assert registry.card("wanted-2").network == "mlp"
    assert registry.card("wanted").network == "tiny"
    told = capsys.readouterr().err
    assert "the name wanted was taken during the run" in told
    assert "published the model wanted-2" in told


@pytest.mark.usefixtures("models_folder")
def test_once_goes_on_with_the_same_settings_and_then_has_nothing_to_do(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job, "handle_signals", lambda stop: stop.set())
    command = ["train", *TRAIN, "--network", "mlp", "--epochs", "1", "--once", "--name", "again"]
    assert cli.main(command) == 130
    assert cli.main([*command, "--seed", "4", "--name", "another"]) == 130
    assert len(store.listing()) == 2
    monkeypatch.setattr(job, "handle_signals", lambda stop: None)
    assert cli.main(command) == 0
    assert len(store.listing()) == 2
    assert cli.main(command) == 0
    assert "the model again exists already" in capsys.readouterr().err
    assert cli.main(command[:-2]) == 2


def wait_for(run: store.Run, condition: Callable[[run_status.RunStatus], object]) -> None:
    until = time.monotonic() + 250
    while not condition(run.status()):
        assert time.monotonic() < until, (run.status(), run.log())
        time.sleep(0.01)


def curve(run: store.Run) -> list[dict[str, Any]]:
    """A run's epochs without what differs from one time to the next."""
    return [{key: value for key, value in row.items() if key != "seconds"} for row in run.metrics()]


SHORT = TrainSettings(
    *("drawn", "mlp"), epochs=4, batch_size=16, limit=140, labels="fer2013", optimizer="adam"
)


@pytest.mark.usefixtures("models_folder")
@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_a_killed_run_loses_an_epoch_at_most_and_goes_the_same_way(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(launcher, "JOB", "tests.killed_job")
    monkeypatch.setattr(processes, "NICENESS", 0)  # or it starves while a machine is busy
    run = launcher.start(SHORT)
    wait_for(run, lambda status: status.state == "lost")
    assert "memory" in (run.status().error or "")
    assert "exact duplicates" in run.log()
    before = run.metrics()
    assert len(before) == 2

    launcher.claim(run)
    assert job.run(run, threading.Event()) == "finished"
    whole = store.create(SHORT)
    assert job.run(whole, threading.Event()) == "finished"
    assert run.metrics()[0] == before[0]  # not trained again
    assert curve(run) == curve(whole)
    assert registry.names() == sorted([run.id, whole.id])


@pytest.mark.usefixtures("models_folder")
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limits of this kind")
def test_a_full_disk_ends_as_failed_and_the_run_goes_on_later() -> None:
    import resource

    run = store.create(replace(SHORT, epochs=1))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    try:
        assert job.run(run, threading.Event()) == "failed"
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert "the disk is full" in (run.status().error or "")
    assert not list(run.path.glob("*.part"))
    assert registry.names() == []
    launcher.claim(run)
    assert job.run(run, threading.Event()) == "finished"
    assert registry.names() == [run.id]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--network", "mlp"], "--data"),
        (["--data", "nowhere.csv"], "does not exist"),
        ([*TRAIN, "--network", "hal"], "unknown network"),
        ([*TRAIN, "--network", "mlp", "--learning-rate", "0"], "learning_rate"),
        ([*TRAIN, "--network", "mlp", "--learning-rate", "1e9"], "learning_rate"),
        ([*TRAIN, "--network", "mlp", "--learning-rate", "abc"], "invalid float"),
        ([*TRAIN, "--network", "mlp", "--name", "Not A Name"], "cannot name a model"),
        (["--resume", "nothing"], "no run"),
        (["--resume", "nothing", "--epochs", "3"], "leave out --epochs"),
    ],
)
def test_wrong_use_is_a_sentence_before_any_work(
    arguments: list[str], words: str, runs_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        code = cli.main(["train", *arguments])
    except SystemExit as stop:
        code = int(stop.code or 0)
    assert code == 2
    assert words in capsys.readouterr().err
    assert not runs_folder.exists()


@pytest.mark.parametrize("file", sorted(RECIPES.glob("*/*.json")), ids=lambda file: file.name)
def test_every_recipe_in_the_documents_is_one(file: Path) -> None:
    settings = from_dict({"data": "drawn", **from_file(file)})
    told = " ".join((RECIPES / name).read_text() for name in ("seeds.md", "../Makefile"))
    assert f"{file.parent.name}/{file.name}" in told
    for name in (settings.weights, *settings.teachers):
        made_here = (RECIPES / "models" / f"{name}.json").is_file() or f"--name {name}" in told
        assert name is None or made_here, f"{name}: nothing tells how it is made"


@pytest.mark.parametrize(
    "values",
    [
        {"data": 5},
        {"name": 5},
        {"votes": 5},
        {"network": ["mlp"]},
        {"optimizer": ["sgd"]},
        {"input": 5},
        {"input": {"preprocessing": 5}},
        {"input": {"height": 48.5, "width": 48.5}},
        {"input": {"margin": "wide"}},
        {"epochs": "many"},
        {"weights": 5},
    ],
)
def test_settings_of_a_wrong_type_are_a_sentence(
    values: dict[str, object],
    tmp_path: Path,
    runs_folder: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    file = tmp_path / "settings.json"
    file.write_text(json.dumps({"data": "drawn", "network": "mlp", **values}))
    assert cli.main(["train", "--settings", str(file)]) == 2
    assert "Traceback" not in capsys.readouterr().err
    assert not runs_folder.exists()


@pytest.mark.usefixtures("tiny_models")
def test_a_rate_is_found_for_a_name_that_is_there_already(
    capsys: pytest.CaptureFixture[str],
) -> None:
    publish_tiny("teacher", question="fer2013")
    command = ["find-rate", *TRAIN, "--network", "mlp", "--name", "tiny", "--steps", "20"]
    assert cli.main(command) == 0
    assert json.loads(capsys.readouterr().out)["suggested"] > 0


def test_one_picture_gives_one_input_by_every_way(tmp_path: Path) -> None:
    spec = InputSpec(40, 40)
    data = loading.load("drawn").split("validation").rows(np.arange(5))
    in_training = data.inputs(spec)
    for picture, expected in zip(data.pictures, in_training, strict=True):
        image = dataset.as_rgb(picture)
        in_use = cropping.model_input(image, [cropping.whole_face(image)], spec)
        assert (in_use[0] == expected).all()


@pytest.mark.usefixtures("models_folder")
def test_a_run_killed_after_publishing_ends_as_finished(monkeypatch: pytest.MonkeyPatch) -> None:
    run = store.create(replace(SHORT, epochs=1, name="mine"))
    with monkeypatch.context() as killed:
        killed.setattr(Reporter, "state", die_when_finished(Reporter.state))
        with pytest.raises(SystemExit):
            job.run(run, threading.Event())
    assert registry.names() == ["mine"]
    assert run.status().state != "finished"
    job.run(run, threading.Event())
    assert (run.status().state, run.status().model) == ("finished", "mine")
    assert registry.names() == ["mine"]


def die_when_finished(real: Callable[..., None]) -> Callable[..., None]:
    def state(reporter: Reporter, name: str, **facts: str | None) -> None:
        if name == "finished":
            raise SystemExit  # nothing of what comes after is done, as after SIGKILL
        real(reporter, name, **facts)

    return state


@pytest.mark.usefixtures("models_folder")
@pytest.mark.parametrize("data", [b"", b"no archive", b"PK\x03\x04" + bytes(200)])
def test_a_run_with_a_damaged_checkpoint_says_so_and_can_start_over(data: bytes) -> None:
    run = store.create(replace(SHORT, epochs=1))
    run.checkpoint.write_bytes(data)
    assert job.run(run, threading.Event()) == "failed"
    error = run.status().error or ""
    assert "checkpoint.npz cannot be restored" in error and "start it over" in error
    launcher.claim(run)
    assert job.run(run, threading.Event()) == "finished"
    assert [row["epoch"] for row in run.metrics()] == [1]


@pytest.mark.usefixtures("models_folder")
def test_damaged_weights_of_the_best_epoch_are_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    run = store.create(replace(SHORT, epochs=1))

    def damaged(learner: object, path: Path) -> None:
        path.write_bytes(b"PK")

    monkeypatch.setattr("fer.training.learner.Learner.save_average", damaged)
    assert job.run(run, threading.Event()) == "failed"
    assert "best.npz cannot be restored" in (run.status().error or "")
    assert not run.checkpoint.exists()
