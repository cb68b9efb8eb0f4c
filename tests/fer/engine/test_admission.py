"""A model folder that somebody copied here is tried before this process opens its engine."""

from __future__ import annotations

from pathlib import Path

import pytest

from fer import registry
from fer.engine import admission, open_model, trial
from fer.errors import BadModel
from fer.model_card import InputSpec, ModelCard
from tests.helpers import publish_tiny


@pytest.fixture
def copied(tiny_models: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[ModelCard, Path]:
    """A model that came into the folder by hand."""
    card = publish_tiny("copied")
    (tiny_models / admission.RECORD).unlink()
    monkeypatch.setattr(admission, "_known", set())
    return card, tiny_models / "copied"


@pytest.fixture
def tried(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The models whose engines were tried."""
    names: list[str] = []
    monkeypatch.setattr(trial, "check", lambda file, *_: names.append(file.parent.name))
    return names


def test_a_copied_model_is_tried_once_by_all_processes(
    copied: tuple[ModelCard, Path], tried: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(2):
        open_model(*copied)
        monkeypatch.setattr(admission, "_known", set())  # as in another process
    assert tried == ["copied"]


@pytest.mark.parametrize("damage", ["{", '{"engines": 3}', '{"engines": [3, null]}'])
def test_a_damaged_record_admits_nothing(
    copied: tuple[ModelCard, Path], tried: list[str], damage: str
) -> None:
    (copied[1].parent / admission.RECORD).write_text(damage)
    open_model(*copied)
    assert tried == ["copied"]


def test_a_copied_model_that_is_refused_is_not_opened(
    copied: tuple[ModelCard, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(file: Path, spec: InputSpec, called: str) -> None:
        raise BadModel(f"{called} ends the program that runs it.")

    monkeypatch.setattr(trial, "check", refuse)
    monkeypatch.setattr("fer.engine.opening.session_of", lambda *_: pytest.fail("it was opened"))
    for _ in range(2):
        with pytest.raises(BadModel, match="'copied' ends the program"):
            registry.load("copied")


def test_a_folder_that_cannot_be_written_is_remembered_by_the_process(
    copied: tuple[ModelCard, Path], tried: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError("read-only file system")

    monkeypatch.setattr("fer.storage.files.replace_file", full)
    for _ in range(2):
        open_model(*copied)
    assert tried == ["copied"]


def test_what_is_shipped_or_published_here_starts_without_a_trial(
    tiny_models: Path, tried: list[str]
) -> None:
    publish_tiny("made-here")
    registry.load("made-here")
    assert not tried


def test_the_shipped_engines_are_known() -> None:
    shipped = {registry.card(name).files["model.onnx"] for name in registry.SHIPPED}
    assert shipped == admission.SHIPPED


def test_few_are_remembered(tiny_models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(admission, "MOST_REMEMBERED", 3)
    for number in range(5):
        publish_tiny(f"model-{number}", reads_levels=20.0 + number)
    assert len(admission._recorded()) == 3
