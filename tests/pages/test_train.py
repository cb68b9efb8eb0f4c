"""The training page, driven headless; no run is started here."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import h5py
import numpy as np
import pytest
from streamlit.proto.WidgetStates_pb2 import WidgetState
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Button, NumberInput, Selectbox, TextInput

from dashboard.dataset import stored as stored_uploads
from dashboard.server import child_commands, timers
from dashboard.server.children.running import Child
from dashboard.text import escape_markdown
from dashboard.train import titles
from fer import permission, registry
from fer.runs import checks, network_specs, processes, store, uploads
from fer.runs.settings import TrainSettings
from fer.runs.status import RunStatus
from tests.helpers import labelled_zip, publish_tiny
from tests.pages.conftest import Open, go, looked_at
from tests.pages.test_photos import press, words

usefixtures = pytest.mark.usefixtures
WIDGET_STATE = Selectbox._widget_state.fget
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
TABLE = b"emotion,pixels,Usage\n" + b"".join(
    b"%d,%s,Training\n" % (n % 2, b" ".join([b"%d" % n] * 2304)) for n in range(6)
)
VOTES = (
    b"Usage,Image name,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF\n"
    + b"Training,a.png,0,0,0,0,6,4,0,0,0,0\n" * 6
)


@pytest.fixture(autouse=True)
def _drawings_stay_uninspected(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first screen shows the built-in drawings, which a process reads for seconds."""
    run = child_commands.run

    def passing_over(key: str, *more: Any, **options: Any) -> Child | None:
        return None if key.startswith("inspect drawn None  ") else run(key, *more, **options)

    monkeypatch.setattr("dashboard.server.child_commands.run", passing_over)


def make_run(state: str, name: str | None = None, **changes: object) -> store.Run:
    run = store.create(TrainSettings("drawn", network="mlp", epochs=4, name=name))
    run.add_metrics(ROW)
    run.write_status(RunStatus(state=state, epoch=1, epochs=4, **changes))  # type: ignore[arg-type]
    return run


def labelled(page: AppTest, label: str) -> Selectbox:
    return next(one for one in page.selectbox if one.label == label)


def upload(page: AppTest, said: int = 4, votes: bool = False) -> AppTest:
    """A page with a data set in its upload field, not stored yet; with `votes` it is a CSV."""
    labelled(page, "Training data").set_value("upload").run()
    if votes:
        page.file_uploader[0].set_value(("fer2013.csv", TABLE, "text/csv"))
        page.file_uploader[1].set_value(("fer2013new.csv", VOTES, "text/csv"))
    else:
        data = labelled_zip([3, 4], [3, said], "train")
        page.file_uploader[0].set_value(("faces.zip", data, "application/zip"))
    page.run()
    assert not page.exception
    return looked_at(page)


def test_the_first_visit_says_what_to_do(open_page: Open) -> None:
    page = open_page("train")
    assert "No runs yet" in words(page)
    assert [one.label for one in page.sidebar.number_input][:1] == ["Epochs"]
    assert page.sidebar.text_input[0].label == "Learning rate"


@pytest.mark.parametrize(
    ("state", "buttons"),
    [
        ("stopped", {"Resume", "Delete for good"}),
        ("failed", {"Resume", "Delete for good"}),
        ("lost", {"Resume", "Delete for good"}),
        ("finished", {"Delete for good"}),
    ],
)
def test_states_are_told_apart(open_page: Open, state: str, buttons: set[str]) -> None:
    make_run(state, error="the disk is full" if state == "failed" else None)
    page = open_page("train")
    shown = {button.label for button in page.button} & {"Stop", "Resume", "Delete for good"}
    assert shown == buttons
    assert ("interrupted" if state == "lost" else state) in words(page)
    if state == "failed":
        assert escape_markdown("The disk is full") in words(page)


def test_a_model_that_got_another_name_than_was_asked_says_so(open_page: Open) -> None:
    make_run("finished", name="faces", model="other")
    page = open_page("train")
    assert "name faces was taken during the run" in page.info[0].value


def test_a_finished_model_can_be_used_and_undone(open_page: Open) -> None:
    make_run("finished", model="other")
    page = open_page("train")
    next(one for one in page.button if one.label == "Use this model").click().run()
    assert "Active model" in words(page)
    next(one for one in page.button if one.label == "Go back to tiny").click().run()
    assert any(one.label == "Use this model" for one in page.button)


def test_history_lists_settings_side_by_side(open_page: Open) -> None:
    make_run("stopped")
    make_run("finished")
    page = open_page("train")
    page.segmented_control[0].set_value("History").run()
    assert not page.exception
    assert list(page.dataframe[0].value["state"]) == ["finished", "stopped"]


def test_history_without_runs_says_so(open_page: Open) -> None:
    page = open_page("train")
    page.segmented_control[0].set_value("History").run()
    assert "No runs yet" in words(page) and not page.dataframe


def test_a_finished_run_says_what_was_published_and_where_to_try_it(open_page: Open) -> None:
    publish_tiny("made", metrics=published(0.184, (0.142, 0.223)))
    make_run("finished", name="made", model="made")
    page = open_page("train")
    assert page.subheader[0].value == (
        "18.4% validation accuracy: no better than always answering neutral (40%); train longer or "
        "with more faces."
    )
    assert "95% CI 14.2–22.3, n = 10" in words(page)
    assert not page.get("page_link")
    press(page, "Use this model")
    assert [link.proto.label for link in page.get("page_link")] == [
        *("Try it on Live", "Try it on Photos")
    ]


def published(accuracy: float, interval: tuple[float, float]) -> dict[str, Any]:
    table = [[0] * 6 + [1 if label < 6 else 4] for label in range(7)]
    return {"accuracy": accuracy, "accuracy_interval": interval, "n": 10, "confusion": table}


def test_the_loss_moves_before_the_first_epoch_has_ended(open_page: Open) -> None:
    run = store.create(TrainSettings("drawn", network="mlp", epochs=4))
    status = RunStatus(state="running", epochs=4, progress=0.5, activity="validating")
    status = status.owned_by(processes.identity())
    run.write_status(replace(status, batch_losses=((0.25, 2.0), (0.5, 1.75))))
    page = open_page("train")
    assert len(page.get("vega_lite_chart")) == 1
    assert "validating · " in words(page), "it is cut off in a badge on phones"


def test_a_stopped_run_says_where_it_stopped(open_page: Open) -> None:
    make_run("stopped", progress=0.45)
    assert escape_markdown("in epoch 2 of 4, 45% of it done") in words(open_page("train"))


def test_deleting_a_run_says_that_its_model_stays(open_page: Open) -> None:
    make_run("finished", name="other", model="other")
    assert "The model **other** stays" in words(open_page("train"))


def test_a_deleted_run_is_gone(open_page: Open) -> None:
    run = make_run("stopped")
    page = open_page("train")
    next(one for one in page.button if one.label == "Delete for good").click().run()
    assert not page.exception
    assert not run.path.exists()
    assert permission.training_allowed()


@pytest.mark.parametrize("seconds", [0, 60])
def test_a_run_that_does_not_stop_can_be_ended(open_page: Open, seconds: float) -> None:
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"]) as process:
        try:
            run = make_run("running")
            owner = processes.identity(process.pid)
            run.write_status(RunStatus(state="running", epoch=1, epochs=4).owned_by(owner))
            run.stop_request.touch()
            asked = time.time() - seconds
            os.utime(run.stop_request, (asked, asked))
            page = open_page("train")
            end = [button for button in page.button if button.label == "End it now"]
            assert bool(end) == (seconds > 10), "only once it takes its time"
            if end:
                end[0].click().run()
                assert not page.exception
                assert not owner.is_alive()
                assert run.status().state == "stopped"
                assert any(button.label == "Resume" for button in page.button)
        finally:
            process.kill()


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
    shown = labelled(open_page("train"), "Run").options
    assert titles.title(run) in shown and any("damaged run" in text for text in shown)


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[TrainSettings]:
    """The settings of the runs that were started, none of which is active."""
    asked: list[TrainSettings] = []

    def start(settings: TrainSettings) -> store.Run:
        checks.check(settings)
        asked.append(settings)
        run = store.create(settings)
        run.write_status(RunStatus(state="stopped", epochs=settings.epochs))
        return run

    monkeypatch.setattr("fer.runs.launcher.start", start)
    return asked


def start_button(page: AppTest) -> Button:
    return next(one for one in page.button if one.label == "Start training")


def test_start_takes_what_was_changed_in_the_same_moment(
    open_page: Open, started: list[TrainSettings]
) -> None:
    page = open_page("train")
    page.sidebar.number_input[0].set_value(7)
    page.sidebar.text_input[0].set_value("0.03")
    start_button(page).click().run()
    assert not page.exception
    (settings,) = started
    assert (settings.epochs, settings.learning_rate) == (7, 0.03)
    page.run()
    assert len(started) == 1


def test_six_quick_clicks_on_start_are_one_run(
    open_page: Open, started: list[TrainSettings], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dashboard.start_button.QUIET_SECONDS", 3600.0)
    page = open_page("train")
    for _ in range(6):
        start_button(page).click().run()
        assert not page.exception
    assert len(started) == 1
    assert "Started already" in page.toast[0].value


def test_runs_of_one_visitor_are_bounded_and_it_is_said(
    open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fer.runs.launcher.start", store.create)  # active as long as this process
    page, other = open_page("train"), open_page("train")
    for _ in range(4):
        start_button(page).click().run()
    assert len(store.listing()) == 3
    assert "3 of your own runs are waiting or training" in page.toast[0].value
    start_button(other).click().run()
    assert len(store.listing()) == 4
    for run in store.listing():
        run.write_status(RunStatus(state="finished"))
    start_button(page).click().run()
    assert len(store.listing()) == 5


def test_start_with_a_field_gone_wrong_in_the_same_moment_starts_nothing(
    open_page: Open, started: list[TrainSettings]
) -> None:
    page = open_page("train")
    page.sidebar.text_input[0].set_value("fast")
    start_button(page).click().run()
    assert "is no number" in page.error[0].value
    page.sidebar.text_input[0].set_value("0.01").run()
    assert not page.error and not started


def test_start_shows_the_new_run_whatever_was_shown(
    open_page: Open, started: list[TrainSettings]
) -> None:
    make_run("finished")
    page = open_page("train")
    page.segmented_control[0].set_value("History").run()
    for number in (1, 2):
        start_button(page).click().run()
        assert page.segmented_control[0].value == "Run"
        assert len(started) == number
        assert labelled(page, "Run").value == store.listing()[0].id
        page.segmented_control[0].set_value("Learning rate").run()


def test_a_name_that_is_taken_is_said_at_once_and_starts_nothing(
    open_page: Open, started: list[TrainSettings]
) -> None:
    page = open_page("train")
    page.sidebar.text_input[1].set_value("Tiny").run()
    assert "there is a model" in page.error[0].value
    assert start_button(page).disabled
    page.sidebar.text_input[1].set_value("!!!").run()
    assert "cannot name a model" in page.error[0].value.replace("\\", "")
    assert not started


def test_a_name_as_people_write_it_becomes_one_that_is_shown_before_start(
    open_page: Open, started: list[TrainSettings]
) -> None:
    page = open_page("train")
    page.sidebar.text_input[1].set_value("My fäces!").run()
    assert "as **my\\-faces**" in words(page)
    start_button(page).click().run()
    assert not page.exception and not page.error
    assert started[0].name == "my-faces"
    assert page.sidebar.text_input[1].value == ""


@pytest.fixture
def weights_file(tmp_path: Path) -> Path:
    """The weights of a dense layer, as Keras 2 writes them."""
    file = tmp_path / "my.weights.h5"
    with h5py.File(file, "w") as written:
        written["layers/dense/vars/0"] = np.zeros((3, 2), np.float32)
    return file


def test_weights_are_an_upload_of_ones_own_or_a_published_model(
    open_page: Open, started: list[TrainSettings], weights_file: Path
) -> None:
    page = open_page("train")
    offered_first = labelled(page, "Initial weights").options
    assert offered_first == [
        *("random weights", "imagenet", "other", "tiny", "upload a weights file …")
    ]
    assert "Path of the weights file" not in [field.label for field in page.text_input]
    labelled(page, "Initial weights").set_value("upload a weights file …").run()
    assert "choose a weights file" in page.error[0].value
    assert start_button(page).disabled
    page.file_uploader[0].set_value((weights_file.name, weights_file.read_bytes(), "")).run()
    assert uploads.listing() == []
    start_button(page).click().run()
    assert not page.exception and not page.error
    weights = Path(started[0].weights or "")
    assert weights.read_bytes() == weights_file.read_bytes()
    assert weights.is_relative_to(uploads.folder()) and weights.name == "my.weights.h5"
    assert uploads.used_by(weights.parent.name) == (store.listing()[0].id,)
    assert "my.weights.h5 (uploaded)" in labelled(page, "Initial weights").options
    assert offered(page, "Training data") == []
    assert labelled(open_page("train"), "Initial weights").options == offered_first


@usefixtures("at_once")
def test_an_upload_that_was_stored_is_the_chosen_one(
    open_page: Open, started: list[TrainSettings]
) -> None:
    page = upload(open_page("train"))
    start_button(page).click().run()
    assert not page.exception
    assert started[0].data.endswith("faces.zip") and Path(started[0].data).is_file()
    assert labelled(page, "Training data").value == started[0].data
    assert not page.file_uploader
    start_button(page).click().run()
    assert started[1].data == started[0].data


@pytest.fixture
def searched(monkeypatch: pytest.MonkeyPatch) -> dict[str, dict[str, Any]]:
    """The settings that rates were looked for with, by the key of the child process."""
    found: dict[str, dict[str, Any]] = {}
    run = child_commands.run

    def finished(key: str, arguments: list[str], *more: Any, **options: Any) -> Child | None:
        if arguments != ["find-rate"]:
            return run(key, arguments, *more, **options)
        found[key] = options["settings"]
        return None

    monkeypatch.setattr("dashboard.server.child_commands.run", finished)
    return found


@usefixtures("at_once")
def test_a_rate_is_looked_for_on_the_chosen_faces(
    open_page: Open, started: list[TrainSettings], searched: dict[str, dict[str, Any]]
) -> None:
    page = upload(open_page("train"), votes=True)
    page.segmented_control[0].set_value("Learning rate").run()
    assert "needs stored data" in words(page)
    assert not [one for one in page.button if one.label == "Run learning-rate finder"]
    start_button(page).click().run()
    page.segmented_control[0].set_value("Learning rate").run()
    press(page, "Run learning-rate finder")
    labelled(page, "FER+ votes that belong to it").set_value("").run()
    press(page, "Run learning-rate finder")
    labelled(page, "Training data").set_value("drawn").run()
    press(page, "Run learning-rate finder")
    (run,) = started
    assert run.votes is not None and run.data != "drawn"
    asked = [(one["data"], one["votes"]) for one in searched.values()]
    assert asked == [(run.data, run.votes), (run.data, None), ("drawn", None)]


def offered(page: AppTest, label: str) -> list[str]:
    return [one for one in labelled(page, label).options if "uploaded" in one]


@usefixtures("at_once")
def test_uploads_are_seen_and_deleted_by_the_session_that_stored_them_alone(
    open_page: Open, started: list[TrainSettings], monkeypatch: pytest.MonkeyPatch
) -> None:
    page = upload(open_page("train"))
    start_button(page).click().run()
    monkeypatch.setattr("dashboard.server.child_commands.run", lambda *_, **__: None)
    other = open_page("train")
    for one in (page, other):  # runs name their data to everybody; stored uploads are private
        one.segmented_control[0].set_value("Network")
    labelled(page, "Training data").set_value("drawn").run()
    other.run()
    assert offered(page, "Training data") == ["faces.zip (uploaded)"]
    assert offered(other, "Training data") == []
    assert "faces.zip" in words(page).replace("\\", "")
    digest = uploads.hash_of(started[0].data)
    assert f"delete-{digest}" not in [one.key for one in other.button]
    next(one for one in page.button if one.key == f"delete-{digest}").click().run()
    assert not page.exception
    assert uploads.listing() == [] and offered(page, "Training data") == []
    uploads.save(io.BytesIO(labelled_zip([3, 3], [3, 4], "train")), "faces.zip")
    page.run()
    assert offered(page, "Training data") == []


@usefixtures("at_once")
def test_the_upload_of_one_session_is_no_other_sessions_choice(
    open_app: Open, started: list[TrainSettings]
) -> None:
    page, other = upload(open_app("train")), open_app("train")
    start_button(page).click().run()
    assert len(started) == 1
    assert offered(go(page, "evaluate"), "Evaluation data") == ["faces.zip (uploaded)"]
    assert offered(other.run(), "Training data") == []
    assert offered(go(other, "evaluate"), "Evaluation data") == []


@usefixtures("at_once")
def test_votes_of_another_session_are_not_offered(
    open_page: Open, started: list[TrainSettings]
) -> None:
    page = upload(open_page("train"), votes=True)
    start_button(page).click().run()
    assert labelled(page, "FER+ votes that belong to it").value == started[0].votes
    other = open_page("train")
    labelled(other, "Training data").set_value("upload").run()
    other.file_uploader[0].set_value(("mine.csv", TABLE, "text/csv")).run()
    looked_at(other)
    start_button(other).click().run()
    assert labelled(other, "Training data").value == started[1].data
    assert "FER+ votes that belong to it" not in [one.label for one in other.selectbox]


@usefixtures("at_once")
def test_an_upload_without_a_run_is_deleted_after_some_time(
    open_page: Open, started: list[TrainSettings]
) -> None:
    page = upload(open_page("train"))
    labelled(page, "Initial weights").set_value("tiny")
    start_button(page).click().run()
    assert "do not fit resnet" in page.toast[0].value and not started
    (kept,) = uploads.listing()
    open_page("evaluate")
    assert kept.path.is_file()
    os.utime(kept.path.parent, (0, 0))
    assert timers.is_started("uploads without a run")
    stored_uploads.tidy()
    assert not kept.path.exists()


def number(page: AppTest, label: str) -> NumberInput:
    return next(one for one in page.number_input if one.label == label)


def rate(page: AppTest) -> TextInput:
    return next(one for one in page.text_input if one.label == "Learning rate")


def test_a_found_rate_is_written_into_the_form_each_time(
    open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = json.dumps({"rates": [0.01, 0.02, 0.04], "losses": [2, 1.5, 1.8], "suggested": 0.02})
    child = SimpleNamespace(failure=None, output=found)

    def run(key: str, *_: Any, **__: Any) -> SimpleNamespace | None:
        return None if key.startswith("inspect") else child

    monkeypatch.setattr("dashboard.server.child_commands.run", run)
    page = open_page("train")
    page.segmented_control[0].set_value("Learning rate").run()
    for typed in ("0.5", "0.7"):
        rate(page).set_value(typed).run()
        press(press(page, "Run learning-rate finder"), "Use 0.02")
        assert rate(page).value == "0.02"
        assert "learning rate 0.02" in words(page)


def test_the_form_is_as_it_was_left(open_app: Open) -> None:
    page = open_app("train")
    labelled(page, "Network").set_value("mlp").run()
    rate(page).set_value("0.03")
    numbers = {
        "Epochs": 3,
        "Number of images (maximum)": 600,
        "Batch size": 64,
        "Mixup": 0.2,
        "Label smoothing": 0.1,
        "Weight decay": 1e-3,
        "Weight averaging (EMA)": 0.9,
        "Early-stopping patience": 5,
        "Seed": 7,
        "Input size": 40,
    }
    choices = {
        "Network": "mlp",
        "Training target": "own",
        "Optimiser": "adamw",
        "Schedule": "plateau",
        "Augmentation": "none",
        "Preprocessing": "threshold",
        "Initial weights": "tiny",
        "Frozen layers": "top",
    }
    for label, value in numbers.items():
        number(page, label).set_value(value)
    labelled(page, "Initial weights").set_value("tiny")
    labelled(page, "Preprocessing").set_value("threshold").run()
    for label, value in choices.items():
        labelled(page, label).set_value(value)
    page.run()
    numbers |= {"Top layers to train": 4, "Epochs that train the head only": 2}
    number(page, "Top layers to train").set_value(4)
    number(page, "Epochs that train the head only").set_value(2)
    page.slider[0].set_value(99)
    page.checkbox[0].set_value(True)
    page.text_input[1].set_value("taught").run()

    go(go(page, "about"), "train")
    assert {one.label: one.value for one in page.number_input} == numbers
    shown = {one.label: one.value for one in page.selectbox}
    assert {label: shown[label] for label in choices} == choices
    assert [one.value for one in page.text_input] == ["0.03", "taught"]
    assert (page.slider[0].value, page.checkbox[0].value) == (99, True)


def test_a_change_of_the_network_brings_what_suits_it(open_app: Open) -> None:
    page = open_app("train")

    def shown() -> tuple[str, str, int]:
        return rate(page).value, labelled(page, "Optimiser").value, number(page, "Input size").value

    fits = {one: shown_for(one) for one in ("resnet", "mlp")}
    assert fits["resnet"] != fits["mlp"]
    for name in ("mlp", "resnet", "mlp"):
        labelled(page, "Network").set_value(name).run()
        assert shown() == fits[name]
        rate(page).set_value("0.4")
        labelled(page, "Optimiser").set_value("adamw")
        number(page, "Input size").set_value(60).run()
        assert shown() == ("0.4", "adamw", 60)
        go(go(page, "about"), "train")
        assert shown() == ("0.4", "adamw", 60)


def shown_for(network: str) -> tuple[str, str, int]:
    facts = network_specs.get(network)
    return f"{facts.learning_rate:g}", facts.optimizer, facts.input.height


def test_what_was_begun_with_and_is_gone_gives_way(open_page: Open) -> None:
    page = open_page("train")
    labelled(page, "Initial weights").set_value("other").run()
    registry.delete("other")
    page.run()
    assert not page.exception
    assert labelled(page, "Initial weights").value == "random weights"


@usefixtures("runs_folder")
def test_damaged_runs_take_the_page_down_for_nobody(open_page: Open) -> None:
    sound = make_run("finished", name="sound")
    for file in ("status.json", "settings.json", "metrics.jsonl"):
        run = make_run("finished")
        (run.path / file).write_text('{"epoch": ' + "[" * 100_000 + "]" * 100_000 + "}\n")
        page = open_page("train")  # it opens the newest run
        page.segmented_control[0].set_value("History").run()
        assert not page.exception
        assert "sound" in list(page.dataframe[0].value["run"])
    assert sound.status().state == "finished"


@pytest.mark.parametrize("field", ["train-begin", "train-faces-0"])
def test_a_page_takes_no_path_that_it_did_not_offer(
    open_page: Open, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, field: str
) -> None:
    """A browser may send what it likes: no file of the server is told from one that is missing."""
    (tmp_path / "there.h5").write_bytes(b"secret")
    told = []
    for name in ("there.h5", "missing.h5"):
        page = open_page("train")
        sent = page.selectbox(key=field)._widget_state
        sent.string_value = str(tmp_path / name)

        def state(box: Selectbox, sent: WidgetState = sent) -> WidgetState:
            return sent if box.id == sent.id else WIDGET_STATE(box)

        with monkeypatch.context() as changing:
            changing.setattr(Selectbox, "_widget_state", property(state))
            page.run()
        assert not page.exception
        told.append(words(page))
    assert told[0] == told[1]
    assert str(tmp_path) not in told[0]
