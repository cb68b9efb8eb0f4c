"""The page of models: cards whole, sparse or damaged; two beside each other; which one answers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from fer import registry
from fer.training import calibration
from tests.helpers import publish_tiny
from tests.pages.conftest import Open
from tests.pages.test_photos import words

PANES = ["Figures", "Emotions", "Certainty", "Robustness", "Size and speed", "Making"]


def real_figures() -> dict[str, Any]:
    """What training would write into a card, of random answers, with a table of robustness."""
    random = np.random.default_rng(0)
    probabilities = random.dirichlet(np.ones(7), 300).astype(np.float32)
    truth = np.where(random.random(300) < 0.7, probabilities.argmax(axis=1), 3)
    found = calibration.figures(probabilities, truth, random.dirichlet(np.ones(7), 300))
    row = {"accuracy": 0.6, "loss": 2.5, "loss_interval": [1.0, 4.0]}
    return {
        **found,
        "protocol": "made up for a test",
        "robustness": {"clean": 0.65, "n": 300, "corruptions": {"blur, 2 px": row}},
    }


def write_card(models: Path, name: str, change: dict[str, Any]) -> None:
    file = models / name / "card.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), **change}))


def show(page: AppTest, pane: str) -> AppTest:
    page.segmented_control[0].set_value(pane).run()
    assert not page.exception
    return page


def choose(page: AppTest, place: int, name: str) -> AppTest:
    page.selectbox[place].set_value(name).run()
    assert not page.exception
    return page


def test_a_whole_card_in_every_pane(open_page: Open, tiny_models: Path) -> None:
    write_card(tiny_models, "tiny", {"metrics": real_figures()})
    page = open_page("models")
    assert list(page.dataframe[0].value["model"]) == ["other", "tiny"]
    table = page.table[0].value
    accuracy = table[table.iloc[:, 0] == "Right (of all counted faces)"]["tiny"].iloc[0]
    expected = real_figures()
    assert accuracy.startswith(f"{expected['accuracy']:.1%} (")
    assert "made up for a test" in words(page)
    assert "Not for" in " ".join(one.value for one in page.error)
    assert len(show(page, "Emotions").get("plotly_chart")) == 3
    assert len(show(page, "Certainty").get("plotly_chart")) == 3
    assert "+2.5 (+1.0 to +4.0)" in show(page, "Robustness").table[0].value.to_string()
    assert "multiply-adds a face" in words(show(page, "Size and speed"))
    assert "Licence" in words(show(page, "Making"))


def test_two_models_of_different_questions(open_page: Open, tiny_models: Path) -> None:
    write_card(tiny_models, "tiny", {"metrics": real_figures()})
    write_card(tiny_models, "other", {"metrics": real_figures(), "question": "fer2013"})
    page = choose(open_page("models"), 1, "other")
    assert "cannot be set against each other" in page.warning[0].value
    assert list(page.table[0].value.columns[1:]) == ["tiny", "other"]
    for pane in PANES:
        show(page, pane)


@pytest.mark.parametrize(
    "metrics",
    [
        {},
        {"accuracy": "high", "recall": [1], "confusion": 3, "coverage_curve": "x", "n": None},
        {"calibration_bins": [{}], "confusion": [[1]], "robustness": {"corruptions": {"blur": 1}}},
        {"accuracy": 0.5, "accuracy_interval": [0.4], "robustness": [1]},
    ],
)
def test_what_a_card_lacks_is_said(
    open_page: Open, tiny_models: Path, metrics: dict[str, Any]
) -> None:
    write_card(tiny_models, "tiny", {"metrics": metrics})
    page = open_page("models")
    assert "not in its card" in page.table[0].value.to_string()
    for pane in PANES:
        show(page, pane)


def test_a_damaged_card_is_a_sentence(open_page: Open, tiny_models: Path) -> None:
    (tiny_models / "other" / "card.json").write_text("{")
    page = open_page("models")
    assert "damaged" in page.dataframe[0].value.to_string()
    choose(page, 0, "other")
    assert "cannot be used" in page.error[0].value


def test_a_model_is_put_to_use_and_back(open_page: Open) -> None:
    page = choose(open_page("models"), 0, "other")
    next(one for one in page.button if one.label == "Use this model").click().run()
    assert registry.active() == "other"
    next(one for one in page.button if one.label == "Go back to tiny").click().run()
    assert registry.active() == "tiny"


def test_a_model_is_deleted_for_good(open_page: Open) -> None:
    publish_tiny("old")
    page = choose(open_page("models"), 0, "old")
    next(one for one in page.button if one.label == "Delete for good").click().run()
    assert not page.exception
    assert "old" not in registry.names()


def test_speed_is_measured_when_asked(open_page: Open) -> None:
    page = show(open_page("models"), "Size and speed")
    next(one for one in page.button if one.label == "Measure the speed here").click().run()
    assert not page.exception
    assert page.metric[0].label == "tiny" and page.metric[0].value.endswith("ms a face")


def test_visitors_of_a_shared_server_change_nothing(
    open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FER_TRAINING", "off")
    page = choose(open_page("models"), 0, "other")
    labels = {one.label for one in page.button}
    assert not labels & {"Use this model", "Delete for good"}
