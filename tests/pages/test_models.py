"""The models page, driven headless."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from dashboard.words import plain
from fer import metrics, registry
from fer.training import calibration
from tests.helpers import publish_tiny
from tests.pages.conftest import Open
from tests.pages.test_photos import press, words


def full_metrics(seed: int = 0, question: str = "crowd") -> dict[str, Any]:
    """What a training writes, with a robustness table."""
    random = np.random.default_rng(seed)
    shares = random.dirichlet(np.ones(7), 120).astype(np.float32)
    said = metrics.with_temperature(shares + 0.2 * random.random((120, 7)), 1.0)
    votes = shares if question == "crowd" else None
    table = {"corruptions": {"shift, 10%": {"accuracy": 0.4, "loss": 2.5}}}
    return {
        "protocol": "made up",
        **calibration.figures(said, shares.argmax(axis=1), votes, np.arange(120) < 60),
        "robustness": table,
    }


def choose(page: AppTest, name: str) -> AppTest:
    next(one for one in page.selectbox if one.label == "Model").select(name).run()
    assert not page.exception
    return page


def show(page: AppTest, pane: str) -> AppTest:
    page.segmented_control[0].set_value(pane).run()
    assert not page.exception
    return page


def labels(page: AppTest) -> list[str]:
    return [button.label for button in page.button]


def change_card(folder: Path, **changes: object) -> None:
    path = folder / "card.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def test_every_model_is_listed_and_the_one_that_answers_comes_first(open_page: Open) -> None:
    registry.activate("other")
    page = open_page("models")
    table = page.dataframe[0].value
    assert list(table["model"]) == ["other", "tiny"]
    assert list(table[""]) == ["✅ answers", "default"]
    assert list(table["accuracy"]) == [50.0, 50.0]
    assert list(table["95% interval"]) == ["20.0% to 80.0%"] * 2


def test_a_whole_card_is_shown(open_page: Open) -> None:
    publish_tiny("whole", metrics=full_metrics())
    page = choose(open_page("models"), "whole")
    figures = page.dataframe[1].value
    assert len(figures) == 8
    assert (figures["95% interval"] != "–").all()
    each = page.dataframe[2].value
    assert list(each["emotion"]) == [
        "angry",
        "disgust",
        "fear",
        "happy",
        "sad",
        "surprise",
        "neutral",
    ]
    assert each["faces"].sum() == 120
    assert list(page.dataframe[3].value["loss in points"]) == ["2.5"]
    assert len(page.get("plotly_chart")) == 3
    shown = words(page)
    assert "Not in this card" not in shown
    for needed in (
        "Art. 5(1)(f)",
        "Art. 50",
        "hiring, school, policing",
        "63% of faces",
        "made up",
    ):
        assert needed in shown


def test_what_a_card_lacks_is_said_and_not_made_up(open_page: Open) -> None:
    publish_tiny("bare", metrics={}, data={}, intended_use="", not_for="")
    page = choose(open_page("models"), "bare")
    shown = words(page)
    for missing in ("confusion matrix", "calibration curve", "accuracy against coverage"):
        assert f"Not in this card: {missing}" in shown
    assert "The card names no protocol." in shown
    assert "not told" in shown
    assert "hiring, school, policing" in shown
    assert not page.get("plotly_chart")


@pytest.mark.parametrize(
    "broken",
    [
        {"accuracy": "high", "accuracy_interval": 3, "n": -4, "recall": [1], "confusion": "none"},
        {"accuracy": 1e400, "accuracy_interval": [None, None], "confusion": [[1]], "n": True},
        {"calibration_bins": [{"confidence": "?"}], "coverage_curve": {"a": 1}, "robustness": [2]},
        {"protocol": {"a": ["**x**"]}, "brier": 7, "precision": {"happy": "often"}},
    ],
)
def test_odd_figures_are_no_traceback(open_page: Open, broken: dict[str, Any]) -> None:
    publish_tiny("odd", metrics=broken, data={"name": ["x"], "train": "many", "hash": 3})
    page = choose(open_page("models"), "odd")
    show(page, "Compare")
    show(page, "Download")


def test_a_damaged_card_is_a_sentence_and_can_be_deleted(
    open_page: Open, tiny_models: Path
) -> None:
    change_card(tiny_models / "other", input="none")
    page = choose(open_page("models"), "other")
    assert list(page.dataframe[0].value["question"]) == ["crowd", "its card is damaged"]
    assert "cannot be used" in words(page)
    assert "Use this model" not in labels(page)
    press(page, "Delete for good")
    assert registry.names() == ["tiny"]


def test_words_of_a_card_are_never_markdown(open_page: Open) -> None:
    sly = "![x](http://example.org/x.png) :red[r]"
    publish_tiny(
        "sly",
        **dict.fromkeys(("network", "question", "created", "intended_use", "not_for"), sly),
        data={"name": sly, "licence": sly, "hash": sly},
        metrics={"protocol": sly, "robustness": {sly: 0.5}},
    )
    page = choose(open_page("models"), "sly")
    assert plain(sly) in words(page)
    assert "![" not in words(page)


def test_a_model_is_used_and_undone(open_page: Open) -> None:
    page = choose(open_page("models"), "other")
    press(page, "Use this model")
    assert registry.active() == "other"
    assert "Every page answers with this model" in words(page)
    press(page, "Go back to tiny")
    assert registry.active() == "tiny"


def test_only_a_model_that_neither_answers_nor_was_shipped_can_be_deleted(
    open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish_tiny("third")
    monkeypatch.setattr("fer.registry.SHIPPED", ("third",))
    page = open_page("models")
    assert "Delete for good" not in labels(page)
    assert "Delete for good" not in labels(choose(page, "third"))
    press(choose(page, "other"), "Delete for good")
    assert registry.names() == ["third", "tiny"]
    assert "tiny" in [one.value for one in page.selectbox]


def test_a_model_that_cannot_be_loaded_is_not_put_to_use(
    open_page: Open, tiny_models: Path
) -> None:
    (tiny_models / "other" / "model.onnx").write_bytes(b"")
    page = choose(open_page("models"), "other")
    press(page, "Use this model")
    assert "is not the file that its card describes" in page.toast[0].value.replace("\\", "")
    assert registry.active() == "tiny"


def test_nothing_can_be_changed_where_training_is_off(
    open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = choose(open_page("models"), "other")
    monkeypatch.setenv("FER_TRAINING", "off")
    press(page, "Use this model")  # an old page's button is refused
    assert "switched off on this server" in page.toast[0].value
    assert not {"Use this model", "Delete for good"} & set(labels(page))
    assert "switched off on this server" in words(page)
    assert "Prepare the download" not in labels(show(page, "Download"))
    assert registry.active() == "tiny"
    assert "other" in registry.names()


def test_the_speed_is_measured_when_asked_for(open_page: Open, tiny_models: Path) -> None:
    (tiny_models / "other" / "model.onnx").write_bytes(b"")
    page = open_page("models")
    assert page.dataframe[0].value["ms a face"].isna().all()
    assert any(one.value == "not measured" for one in page.metric)
    press(page, "Measure the speed here")
    assert page.dataframe[0].value["ms a face"].notna().tolist() == [True, False]
    assert any(one.value.endswith(" ms") for one in page.metric)


def test_two_models_are_shown_side_by_side(open_page: Open) -> None:
    first, second = full_metrics(1), full_metrics(2)
    publish_tiny("first-one", metrics=first)
    publish_tiny("second-one", metrics=second)
    page = show(choose(open_page("models"), "first-one"), "Compare")
    next(one for one in page.selectbox if one.label == "Compare with").select("second-one").run()
    assert not page.exception
    table = page.dataframe[1].value
    assert list(table.columns) == ["figure", "first-one", "second-one"]
    assert table["first-one"][0].startswith(f"{first['accuracy']:.1%} (")
    difference = 100 * (first["recall"]["happy"] - second["recall"]["happy"])
    recalls = page.dataframe[2].value
    assert float(recalls["difference, points"][3]) == pytest.approx(difference, abs=0.06)
    assert len(page.get("plotly_chart")) == 3
    assert not page.warning


def test_other_questions_and_other_faces_are_warned_of(open_page: Open) -> None:
    publish_tiny(
        "label", question="fer2013", data={"hash": "1"}, metrics=full_metrics(3, "fer2013")
    )
    page = choose(open_page("models"), "label")
    assert "by the votes" not in " ".join(page.dataframe[1].value["figure"])
    show(page, "Compare")
    assert "different questions" in words(page)
    assert "different faces" in words(page)


def test_one_model_alone_has_nothing_to_be_compared_with(open_page: Open) -> None:
    registry.delete("other")
    page = show(open_page("models"), "Compare")
    assert "no other model" in words(page)


def test_the_command_repeats_the_settings(open_page: Open) -> None:
    its = {"data": "my faces.csv", "network": "mlp", "epochs": 3, "seed": 7, "name": "again"}
    publish_tiny("again", settings=its)
    page = choose(open_page("models"), "again")
    command = page.code[0].value
    assert "train --settings again.json --data 'my faces.csv' --name again-again" in command
    publish_tiny("foreign", settings={"network": "mlp", "colour": "red"})
    page = choose(open_page("models"), "foreign")
    assert not page.code
    assert plain("unknown setting colour") in words(page)


def test_a_folder_without_models_says_so(
    open_page: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FER_MODELS", str(tmp_path / "empty"))
    page = open_page("models")
    assert "There is no model in" in words(page)
