"""The training page, driven headless; no run is started here."""

from __future__ import annotations

from pathlib import Path

import pytest

from dashboard.words import plain
from fer.training import launching, runs
from fer.training.settings import TrainSettings
from fer.training.states import RunStatus
from tests.pages.conftest import Open
from tests.pages.test_photos import words

ROW = {
    "epoch": 1,
    "seconds": 2.0,
    "learning_rate": 0.01,
    "loss": 1.9,
    "accuracy": 0.2,
    "val_loss": 1.8,
    "val_accuracy": 0.3,
    "recall": {"happy": 0.5, "disgust": None},
    "confusion": [[1] * 7] * 7,
}


def make_run(state: str, **changes: object) -> runs.Run:
    run = runs.create(TrainSettings("drawn", network="mlp", epochs=4))
    run.add_metrics(ROW)
    run.write_status(RunStatus(state=state, epoch=1, epochs=4, **changes))  # type: ignore[arg-type]
    return run


def test_the_first_visit_says_what_to_do(open_page: Open) -> None:
    page = open_page("train")
    assert "No run yet" in words(page)
    assert [one.label for one in page.sidebar.number_input][:1] == ["Epochs"]
    assert page.sidebar.text_input[0].label == "Learning rate"


@pytest.mark.parametrize(
    ("state", "buttons"),
    [
        ("stopped", {"Resume", "Delete"}),
        ("failed", {"Resume", "Delete"}),
        ("lost", {"Resume", "Delete"}),
        ("finished", {"Delete"}),
    ],
)
def test_states_are_told_apart(open_page: Open, state: str, buttons: set[str]) -> None:
    make_run(state, error="the disk is full" if state == "failed" else None)
    page = open_page("train")
    shown = {button.label for button in page.button} & {"Stop", "Resume", "Delete"}
    assert shown == buttons
    assert state in words(page)
    if state == "failed":
        assert plain("the disk is full") in words(page)


def test_a_finished_model_can_be_used_and_undone(open_page: Open) -> None:
    make_run("finished", model="other")
    page = open_page("train")
    next(one for one in page.button if one.label == "Use this model").click().run()
    assert "Every page answers with this model" in words(page)
    next(one for one in page.button if one.label == "Go back to tiny").click().run()
    assert any(one.label == "Use this model" for one in page.button)


def test_history_lists_settings_side_by_side(open_page: Open) -> None:
    make_run("stopped")
    make_run("finished")
    page = open_page("train")
    page.segmented_control[0].set_value("History").run()
    assert not page.exception
    assert list(page.dataframe[0].value["state"]) == ["finished", "stopped"]


def test_a_deleted_run_is_gone(open_page: Open) -> None:
    run = make_run("stopped")
    page = open_page("train")
    next(one for one in page.button if one.label == "Delete").click().run()
    assert not page.exception
    assert not run.path.exists()
    assert launching.training_allowed()


def test_wrong_settings_are_sentences(open_page: Open) -> None:
    page = open_page("train")
    page.sidebar.text_input[0].set_value("1e9").run()
    assert "must lie between" in page.error[0].value
    page.sidebar.text_input[0].set_value("fast").run()
    assert "is no number" in page.error[0].value


def test_training_can_be_switched_off(open_page: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FER_TRAINING", "off")
    page = open_page("train")
    assert "switched off" in words(page)
    assert not page.button


def test_a_damaged_run_folder_does_not_hide_the_others(open_page: Open, runs_folder: Path) -> None:
    run = make_run("stopped")
    (runs_folder / "20990101-000000-broken").mkdir()
    (runs_folder / "20990101-000000-broken" / "settings.json").write_text("{")
    page = open_page("train")
    assert run.id in str(page.selectbox)


def test_a_found_rate_is_written_into_the_form(open_page: Open) -> None:
    page = open_page("train")
    page.session_state["rates"] = {"resnet": "0.02"}
    page.run()
    assert page.sidebar.text_input[0].value == "0.02"
    assert "learning rate 0.02" in words(page)
