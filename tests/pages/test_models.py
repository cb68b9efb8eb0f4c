"""The page of models: cards whole, sparse or damaged; two beside each other; which one answers."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from dashboard import navigation
from dashboard.text import escape_markdown
from fer import metrics, model_card, registry
from tests.helpers import publish_tiny
from tests.pages.conftest import Open, go
from tests.pages.test_photos import press, words

PANES = [
    *("Metrics", "By emotion", "Calibration", "Other datasets"),
    *("Robustness", "Size", "Provenance"),
]


def real_figures() -> dict[str, Any]:
    """What training would write into a card, of random answers, with a table of robustness."""
    random = np.random.default_rng(0)
    probabilities = random.dirichlet(np.ones(7), 300).astype(np.float32)
    truth = np.where(random.random(300) < 0.7, probabilities.argmax(axis=1), 3)
    shares = random.dirichlet(np.ones(7), 300).astype(np.float32)
    found = metrics.card_summary(probabilities, truth, shares, np.arange(300) < 150)
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
    page.pills[0].set_value(pane).run()
    assert not page.exception
    return page


def choose(page: AppTest, place: int, name: str) -> AppTest:
    page.selectbox[place].set_value(name).run()
    assert not page.exception
    return page


def labels(page: AppTest) -> list[str]:
    return [button.label for button in page.button]


def test_a_whole_card_in_every_pane(open_page: Open, tiny_models: Path) -> None:
    write_card(tiny_models, "tiny", {"metrics": real_figures()})
    page = open_page("models")
    assert list(page.dataframe[0].value["model"]) == ["other", "tiny"]
    table = page.table[0].value
    accuracy = table[table["metric"] == "Accuracy"]["tiny"].iloc[0]
    expected = real_figures()
    assert accuracy.startswith(f"{expected['accuracy']:.1%} (")
    assert "made up for a test" in words(page)
    assert "Not for" in " ".join(one.value for one in page.error)
    assert "not in its card" not in table.to_string()
    assert len(show(page, "By emotion").get("plotly_chart")) == 3
    assert "not in its card" not in page.dataframe[1].value.to_string()
    assert len(show(page, "Calibration").get("plotly_chart")) == 3
    (chart,) = show(page, "Robustness").get("plotly_chart")
    (bars,) = json.loads(chart.proto.spec)["data"]
    assert (bars["y"], bars["x"], bars["error_x"]["array"]) == (["blur, 2 px"], [2.5], [1.5])
    assert "Multiply-adds per face" in show(page, "Size").table[0].value.to_string()
    assert "Licence" in words(show(page, "Provenance"))


def test_two_models_of_different_questions(open_page: Open, tiny_models: Path) -> None:
    write_card(tiny_models, "tiny", {"metrics": real_figures()})
    write_card(tiny_models, "other", {"metrics": real_figures(), "question": "fer2013"})
    page = choose(open_page("models"), 1, "other")
    assert "cannot be compared" in page.warning[0].value
    assert list(page.table[0].value.columns[1:]) == ["tiny", "other"]
    for pane in PANES:
        show(page, pane)


def test_two_models_of_one_question(open_page: Open, tiny_models: Path) -> None:
    figures = real_figures()
    better = {**figures["recall"], "happy": 1.0}
    write_card(tiny_models, "tiny", {"metrics": figures})
    write_card(tiny_models, "other", {"metrics": {**figures, "recall": better}})
    page = show(choose(open_page("models"), 1, "other"), "By emotion")
    assert not [one for one in page.warning if "different" in one.value]
    table = page.dataframe[1].value.set_index("emotion")
    difference = f"{100 * (figures['recall']['happy'] - 1):+.1f}"
    assert table["recall: points more"]["happy"] == difference.replace("-", "\N{MINUS SIGN}")
    assert table["recall: points more"]["sad"] == "+0.0"
    write_card(tiny_models, "other", {"data": {"hash": "of other faces"}})
    assert any("on different faces" in one.value for one in page.run().warning)


@pytest.mark.parametrize(
    "metrics",
    [
        {},
        {"accuracy": 0.5, "accuracy_interval": None, "recall": {"happy": None}, "n": None},
        {"accuracy": 0.5, "accuracy_interval": [None, None], "robustness": {}},
        {"calibration_bins": [{"confidence": 0.5, "count": 1, "right": 1}]},
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


@pytest.mark.parametrize("page", ["models", "home", "about", "photos"])
def test_an_odd_card_is_a_sentence_wherever_it_is_read(
    open_page: Open, tiny_models: Path, page: str
) -> None:
    write_card(tiny_models, "tiny", {"metrics": {"accuracy": "high"}})
    shown = " ".join(element.value for element in open_page(page).error).replace("\\", "")
    assert "Expected `float | null`, got `str` - at `$.accuracy`" in shown


SKEWED = (0.3, 0.3, 0.3, 0.025, 0.025, 0.025, 0.025)


def test_figures_are_shown_under_each_prior_and_from_elsewhere(open_page: Open) -> None:
    balanced, plain = real_figures(), real_figures()
    balanced["accuracy"] = 0.1234
    row = {
        **{"name": "other *faces*", "n": 70, "cut": "detected", "prior": "balanced"},
        **{"accuracy": 0.4321, "balanced_accuracy": None, "recalls": {"fear": 0.06}},
    }
    publish_tiny(
        "skewed",
        shares=SKEWED,
        metrics=plain,
        default_prior="balanced",
        priors={"balanced": {"uncertain_below": 0.37, "metrics": balanced}},
        elsewhere=(row,),
    )
    page = choose(open_page("models"), 0, "skewed")
    listed = page.dataframe[0].value.set_index("model")
    assert listed["accuracy"]["skewed"] == pytest.approx(12.34)
    assert page.table[0].value["skewed"].iloc[0].startswith("12.3%")
    assert listed["assuming"]["skewed"] == "balanced"
    assert "Assuming that expressions are equally likely (balanced); the validation" in words(page)
    assert "below a confidence of 37%" in words(show(page, "Calibration"))
    (elsewhere,) = show(page, "Other datasets").table
    title = escape_markdown("other *faces*") + ": detected"
    column = elsewhere.value.set_index("metric")[title]
    assert column["Accuracy"].startswith("43.2% (3"), "with an interval"
    assert column["Recall: fear"] == "6.0%" and "Recall: happy" not in column
    choose(page, 2, "training")
    assert not show(page, "Metrics").table[0].value["skewed"].iloc[0].startswith("12.3%")
    assert not show(page, "Other datasets").table, "it was measured under the other prior"
    choose(page, 1, "tiny")
    own = "skewed equally likely (balanced); tiny as common"
    assert "shown under the same assumption. Their own" in words(page) and own in words(page)


def test_a_damaged_card_is_a_sentence_and_can_be_deleted(
    open_page: Open, tiny_models: Path
) -> None:
    (tiny_models / "other" / "card.json").write_text("{")
    page = open_page("models")
    assert "damaged" in page.dataframe[0].value.to_string()
    choose(page, 0, "other")
    assert "cannot be used" in page.error[0].value
    press(page, "Delete for good")
    assert registry.names() == ["tiny"]


def test_a_sound_model_is_shown_beside_a_damaged_one(open_page: Open, tiny_models: Path) -> None:
    (tiny_models / "other" / "card.json").write_text("{}")
    page = choose(open_page("models"), 1, "other")
    assert "cannot be used" in page.error[0].value
    assert list(page.table[0].value.columns[1:]) == ["tiny"]


def test_a_folder_without_models_says_so(
    open_page: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FER_MODELS", str(tmp_path / "empty"))
    assert "There is no model in" in open_page("models").error[0].value


def test_words_of_a_card_are_never_markdown(open_page: Open, tiny_models: Path) -> None:
    sly = "![x](http://example.org/x.png) :red[r]"
    change: dict[str, Any] = dict.fromkeys(
        ("network", "question", "created", "intended_use", "not_for"), sly
    )
    row = {"accuracy": 0.5, "loss": 1.0}
    robustness = {"corruptions": {sly: row}, "data": sly, "split": sly, "protocol": sly}
    change["data"] = {"name": sly, "licence": sly, "hash": sly}
    change["metrics"] = {"protocol": sly, "robustness": robustness}
    write_card(tiny_models, "tiny", change)
    page = open_page("models")
    for pane in PANES:
        show(page, pane)
        shown = [words(page), *(one.value for one in (*page.success, *page.error))]
        shown += [table.value.to_string() for table in page.table]
        assert not [text for text in shown if "![" in text or ":red[" in text], pane


def test_the_law_stands_on_every_card(open_page: Open, tiny_models: Path) -> None:
    write_card(tiny_models, "tiny", {"intended_use": "", "not_for": ""})
    page = open_page("models")
    shown = words(page)
    for needed in ("hiring, school, policing", "Art. 5(1)(f)", "Art. 50", "63% of its faces"):
        assert needed in shown
    write_card(tiny_models, "tiny", {"not_for": model_card.NOT_FOR})
    page.run()
    assert not page.warning
    assert escape_markdown(model_card.NOT_FOR) in page.error[0].value


def test_the_list_tells_figures_and_marks(open_page: Open, tiny_models: Path) -> None:
    registry.activate("other")
    table = open_page("models").dataframe[0].value.set_index("model")
    assert table["accuracy"].tolist() == [50.0, 50.0]
    assert table["95% CI"].tolist() == ["20.0–80.0"] * 2
    assert [list(marks) for marks in table["status"]] == [["active"], ["default"]]
    assert table["latency"].isna().all()


def test_a_model_is_put_to_use_and_back(open_page: Open) -> None:
    page = choose(open_page("models"), 0, "other")
    press(page, "Use this model")
    assert registry.active() == "other"
    press(page, "Go back to tiny")
    assert registry.active() == "tiny"
    assert page.selectbox[0].value == "other"


def test_the_model_beside_stays_when_the_other_one_changes(open_page: Open) -> None:
    publish_tiny("third")
    page = choose(open_page("models"), 1, "third")
    choose(page, 0, "other")
    assert page.selectbox[1].value == "third"
    choose(page, 0, "third")
    assert page.selectbox[1].value is None


def test_the_models_that_were_chosen_stay_chosen(open_app: Open) -> None:
    publish_tiny("third")
    page = choose(choose(open_app("models"), 0, "other"), 1, "third")
    go(go(page, "about"), "models")
    assert [box.value for box in page.selectbox][:2] == ["other", "third"]
    registry.delete("third")
    go(go(page, "about"), "models")
    assert [box.value for box in page.selectbox][:2] == ["other", None]
    registry.delete("other")
    assert page.run().selectbox[0].value == "tiny"


def test_a_model_that_cannot_be_loaded_is_not_put_to_use(
    open_page: Open, tiny_models: Path
) -> None:
    (tiny_models / "other" / "model.onnx").write_bytes(b"")
    page = press(choose(open_page("models"), 0, "other"), "Use this model")
    assert escape_markdown("is not the file that its card describes") in page.toast[0].value
    assert registry.active() == "tiny"


def test_a_model_is_deleted_for_good(open_page: Open) -> None:
    publish_tiny("old")
    page = choose(open_page("models"), 0, "old")
    press(page, "Delete for good")
    assert "old" not in registry.names()


def test_the_model_that_answers_and_a_shipped_one_stay(
    open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fer.registry.SHIPPED", ("other",))
    page = open_page("models")
    for name in ("tiny", "other"):
        assert "Delete for good" not in labels(choose(page, 0, name))


def test_the_latency_of_every_model_is_measured_when_asked(open_page: Open) -> None:
    page = show(open_page("models"), "Size")
    assert "not measured yet" in page.table[0].value.to_string()
    press(page, "Measure latency")
    assert re.search(r"\d ms \([\d.]+–[\d.]+\)", page.table[0].value.to_string())
    assert page.dataframe[0].value.set_index("model")["latency"].notna().tolist() == [True, True]


def test_a_latency_that_cannot_be_measured_is_a_sentence(
    open_page: Open, tiny_models: Path
) -> None:
    (tiny_models / "tiny" / "model.onnx").write_bytes(b"")
    page = press(open_page("models"), "Measure latency")
    assert escape_markdown("is not the file that its card describes") in page.toast[0].value
    assert page.dataframe[0].value.set_index("model")["latency"].notna().tolist() == [True, False]


def test_the_command_repeats_the_settings(open_page: Open, tiny_models: Path) -> None:
    its = {"data": "my faces.csv", "network": "mlp", "epochs": 3, "seed": 7, "name": "tiny"}
    write_card(tiny_models, "tiny", {"settings": its})
    page = show(open_page("models"), "Provenance")
    command = "train --settings tiny.json --data 'my faces.csv' --name tiny-again"
    assert any(command in code.value for code in page.code)
    write_card(tiny_models, "tiny", {"settings": {"network": "mlp", "colour": "red"}})
    assert escape_markdown("unknown setting colour") in words(page.run())


ITS = {"data": "my faces.csv", "network": "mlp", "epochs": 3, "votes": "v.csv"}


@pytest.mark.parametrize(
    ("made", "command"),
    [
        (
            {"average_of": {"tiny": ITS, "other": {}}},
            "average --model tiny,other --data 'my faces.csv' --name other-again --votes v.csv",
        ),
        (
            {"average_of": {"tiny": {"average_of": {}}, "other": 3}},
            "average --model tiny,other --data drawn --name other-again",
        ),
        (
            {"quantized_from": {"tiny": ITS}},
            "quantize --model tiny --data 'my faces.csv' --name other-again --votes v.csv",
        ),
    ],
)
def test_the_command_of_what_was_made_of_models(
    open_page: Open, tiny_models: Path, made: dict[str, Any], command: str
) -> None:
    write_card(tiny_models, "other", {"settings": made, "data": {"name": "drawn"}})
    page = show(choose(open_page("models"), 0, "other"), "Provenance")
    assert f"python -m fer {command}" in [code.value for code in page.code]
    told = words(page) + " ".join(one.value for one in page.info)
    assert "cannot be used" not in told and "The command needs" not in told


@pytest.mark.parametrize(
    "made",
    [
        {"average_of": ["tiny", "other"]},
        {"average_of": {"tiny": {}}},
        {"average_of": {"tiny": {}, "x; rm": {}}},
        {"quantized_from": {"tiny": {}, "other": {}}},
        {"quantized_from": {}},
        {"quantized_from": None},
    ],
)
def test_what_names_no_models_has_no_command(
    open_page: Open, tiny_models: Path, made: dict[str, Any]
) -> None:
    write_card(tiny_models, "other", {"settings": made})
    page = show(choose(open_page("models"), 0, "other"), "Provenance")
    assert "cannot be used" in words(page)
    assert not [code for code in page.code if "python -m fer" in code.value]


@pytest.mark.parametrize(
    ("changes", "missing"),
    [
        ({"weights": "tuned"}, ["tuned"]),
        ({"weights": "tiny", "teachers": ["a", "other", "b"]}, ["a", "b"]),
        ({"weights": "imagenet"}, []),
        ({"weights": "my/own.weights.h5"}, []),
        ({"average_of": {"tiny": {}, "gone": {}}}, ["gone"]),
        ({"quantized_from": {"gone": {}}}, ["gone"]),
    ],
)
def test_models_that_a_command_needs_and_are_not_here(
    open_page: Open, tiny_models: Path, changes: dict[str, Any], missing: list[str]
) -> None:
    write_card(tiny_models, "tiny", {"settings": {"network": "resnet", **changes}})
    page = show(open_page("models"), "Provenance")
    assert any("python -m fer" in code.value for code in page.code)
    told = " ".join(one.value for one in page.info)
    names = " and ".join(f"**{one}**" for one in missing)
    assert (f"The command needs {names}, not" in told) if missing else "needs" not in told
    assert "docs/models" not in told


def test_a_shipped_model_says_how_it_is_made_again(
    open_page: Open, tiny_models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "SHIPPED", ("tiny",))
    write_card(tiny_models, "tiny", {"settings": {"network": "mlp", "weights": "half"}})
    told = " ".join(one.value for one in show(open_page("models"), "Provenance").info)
    assert "`docs/models/tiny.md`" in told and "`make model-tiny DATA=…`" in told


def test_shipped_models_have_those_steps() -> None:
    makefile = (navigation.ROOT / "Makefile").read_text()
    for name in registry.SHIPPED:
        assert (navigation.ROOT / "docs" / "models" / f"{name}.md").is_file()
        assert f"\nmodel-{name}:" in makefile


def test_visitors_of_a_shared_server_change_nothing(
    open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FER_TRAINING", "off")
    page = choose(open_page("models"), 0, "other")
    assert not {"Use this model", "Delete for good"} & set(labels(page))
    assert "Prepare download" not in labels(show(page, "Provenance"))


def test_an_old_pages_button_is_refused(open_page: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    page = choose(open_page("models"), 0, "other")
    monkeypatch.setenv("FER_TRAINING", "off")
    press(page, "Use this model")
    assert "switched off on this server" in page.toast[0].value
    assert registry.active() == "tiny"
