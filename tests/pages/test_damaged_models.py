"""One bad model folder takes no page down for everybody."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from dashboard.camera import help as camera_help
from fer import cli, registry
from tests.helpers import publish_tiny
from tests.pages.conftest import Open

DEEP = "[" * 100_000 + "]" * 100_000
PAGES = ("home", "live", "photos", "models", "evaluate", "train", "about")


def damaged_cards(card: dict[str, Any]) -> dict[str, str]:
    """Cards that no page may trip over, by the names of their models."""
    values: dict[str, dict[str, Any]] = {
        "huge": {"parameters": 10**400},
        "surrogate": {"network": "\ud800"},
        "true-channels": {"input": {**card["input"], "channels": True}},
        "odd-data": {"data": {"name": ["x"]}},
        "odd-metrics": {"metrics": {"accuracy": {"a": 1}}},
        "odd-settings": {"settings": {"average_of": 5, "quantized_from": [1], "data": {"a": []}}},
        "odd-import": {"settings": {"imported_from": 7}},
        "odd-priors": {"priors": {"balanced": {"uncertain_below": "x"}}},
        "markup": {"network": "<b>[x](y)</b>" * 50, "created": "", "question": "?"},
    }
    texts = {name: json.dumps({**card, **changes}) for name, changes in values.items()}
    return {**texts, "deep": f'{{"a": {DEEP}}}', "empty": "", "list": "[1]", "bytes": "\x00"}


@pytest.fixture
def damaged(tiny_models: Path) -> list[str]:
    """The names of damaged models beside sound ones."""
    card = json.loads((tiny_models / "tiny" / "card.json").read_text())
    cards = damaged_cards(card)
    for name, text in cards.items():
        publish_tiny(name)
        (tiny_models / name / "card.json").write_text(text)
    publish_tiny("engine")
    engine = tiny_models / "engine" / "model.onnx"
    engine.write_bytes(b"no network")
    digest = hashlib.sha256(engine.read_bytes()).hexdigest()
    (tiny_models / "engine" / "card.json").write_text(
        json.dumps({**card, "files": {"model.onnx": digest}})
    )
    return [*cards, "engine"]


@pytest.fixture(autouse=True)
def no_camera(monkeypatch: pytest.MonkeyPatch) -> None:
    facts = {"secure": True, "cameras": 1, "permission": "prompt"}
    monkeypatch.setattr("streamlit_webrtc.component.get_this_session_info", lambda: None)
    monkeypatch.setattr(camera_help, "camera_facts", lambda: facts)


@pytest.mark.parametrize("stem", PAGES)
def test_every_page_opens_beside_damaged_models(
    open_page: Open, damaged: list[str], stem: str
) -> None:
    assert set(damaged) < set(registry.names())
    assert not open_page(stem).exception


@pytest.mark.parametrize("pane", ["Figures", "Making"])
def test_every_damaged_model_can_be_looked_at(
    open_page: Open, damaged: list[str], pane: str
) -> None:
    for name in damaged:
        page = open_page("models")
        page.selectbox(key="models-first").select(name).run()
        if page.segmented_control:
            page.segmented_control[0].set_value(pane).run()
        assert not page.exception, name


def test_a_damaged_active_model_is_a_sentence(
    open_page: Open, damaged: list[str], tiny_models: Path
) -> None:
    for name in ("deep", "engine", "huge"):
        (tiny_models / "active.json").write_text(json.dumps({"active": name}))
        for stem in PAGES:
            page = open_page(stem)
            assert not page.exception, (name, stem)


def test_the_command_lists_sound_models_beside_damaged_ones(
    damaged: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["models"]) == 1
    printed = capsys.readouterr()
    assert "tiny (active)" in printed.out
    assert "the card of the model 'deep' cannot be used" in printed.err
