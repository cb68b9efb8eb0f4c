"""The commands `networks` and `models`."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from fer import registry
from fer.cli import main
from fer.emotions import EMOTIONS
from fer.model_card import InputSpec, ModelCard
from fer.runs import network_specs


@pytest.fixture(autouse=True)
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FER_MODELS", str(tmp_path / "models"))


def publish(tmp_path: Path, name: str) -> None:
    (tmp_path / "model.onnx").write_bytes(b"an engine")
    card = ModelCard(
        name=name,
        network="mlp",
        question="crowd",
        labels=EMOTIONS,
        input=InputSpec(),
        temperature=1.0,
        uncertain_below=0.3,
        data={},
        settings={},
        metrics={"accuracy": 0.5, "n": 10},
        parameters=1000,
        multiply_adds=1000,
        created="2026-01-01T00:00:00+00:00",
        intended_use="tests",
        not_for="anything else",
        files={},
    )
    registry.publish(card, {"model.onnx": tmp_path / "model.onnx"})


@pytest.mark.slow
def test_networks_as_json_are_all_there_is_to_choose(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["networks", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [one["name"] for one in found] == network_specs.names()
    assert all(one["layers"] and one["multiply_adds"] for one in found)


def test_one_network_with_its_layers(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["networks", "--network", "cnn4", "--size", "24", "--freeze", "3"]
    assert main(arguments) == 0
    text = capsys.readouterr().out
    assert "24×24×1" in text and "backbone, frozen" in text and "head" in text


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--network", "vgg"], "unknown network 'vgg'"),
        (["--network", "cnn4", "--size", "9"], "at least 16×16"),
        (["--network", "cnn4", "--size", "9999"], "lies between 8 and 512"),
        (["--network", "cnn4", "--freeze", "x"], "freeze is 'x'"),
    ],
)
def test_wrong_wishes_end_in_2(
    arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["networks", *arguments]) == 2
    assert sentence in capsys.readouterr().err


def test_models_and_the_active_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models"]) == 0
    assert "no models yet" in capsys.readouterr().out
    publish(tmp_path, registry.DEFAULT)
    publish(tmp_path, "other")
    assert main(["models", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [(one["name"], one["active"]) for one in found] == [("crowd", True), ("other", False)]
    assert main(["models"]) == 0
    assert "crowd (active)" in capsys.readouterr().out


def test_a_broken_model_is_named_and_the_rest_listed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    publish(tmp_path, "sound")
    publish(tmp_path, "broken")
    (registry.folder() / "broken" / "card.json").write_text("{}")
    assert main(["models", "--json"]) == 1
    printed = capsys.readouterr()
    found = json.loads(printed.out)
    assert [one["name"] for one in found] == ["sound", "broken"]
    assert "card of the model 'broken'" in found[1]["error"]
    assert "'broken'" in printed.err


def test_listing_models_loads_no_tensorflow() -> None:
    code = (
        "import sys; from fer.cli import main; main(['models']); "
        "sys.exit('tensorflow' in sys.modules or 'keras' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True).returncode == 0


@pytest.mark.parametrize(
    "command",
    ["train", "networks", "models", "export", "find-rate", "evaluate", "robustness", "quantize"],
)
def test_every_command_helps_with_an_example(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="0"):
        main([command, "--help"])
    assert f"example: python -m fer {command}" in capsys.readouterr().out
