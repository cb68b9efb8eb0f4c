"""The sweeps of the training page, headless, with trials that were trained before."""

from __future__ import annotations

import io
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from fer import distributed, permission
from fer.errors import NotAllowed
from fer.runs import processes, store, uploads
from tests.pages.conftest import Open
from tests.pages.test_photos import press, words
from tests.pages.test_train import labelled

if not distributed.is_installed():
    pytest.skip("Ray is not installed", allow_module_level=True)
from dashboard.train import sweep_form, sweeps as train_sweeps
from fer.distributed import sweep_jobs, sweeps
from tests.fer.distributed.test_sweep_jobs import SWEEP, add_trial

pytestmark = pytest.mark.usefixtures("tiny_models", "runs_folder")


def opened(open_page: Open) -> AppTest:
    page = open_page("train")
    panes = next(one for one in page.segmented_control if "Sweeps" in one.options)
    panes.set_value("Sweeps").run()
    assert not page.exception
    return page


def test_a_sweep_is_asked_for_and_started_without_importing_ray(
    open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[list[str]] = []
    monkeypatch.setattr(
        processes,
        "spawn",
        lambda module, arguments, log: started.append(arguments) or processes.identity(),
    )
    was_imported = "ray" in sys.modules
    page = opened(open_page)
    page.multiselect(key="sweep-varied").set_value(["learning_rate", "augmentation"]).run()
    highest = next(one for one in page.text_input if one.label == "Highest learning rate")
    highest.set_value("1e-3").run()
    assert "takes a list of values, or low and high" in page.error[0].value
    highest.set_value("0.5").run()
    assert "python -m fer sweep sweep.yaml" in " ".join(one.value for one in page.code)
    press(page, "Start sweep")
    assert not page.exception and len(started) == 1
    (sweep_id,) = sweep_jobs.listing()
    assert sweeps.kept(sweep_id).search == {
        "learning_rate": {"low": 0.005, "high": 0.5, "log": True},
        "augmentation": ["none", "light", "strong"],
    }
    assert "0 of 8 trials" in words(page)
    assert was_imported or "ray" not in sys.modules


def test_trials_are_listed_under_their_sweep_and_the_best_can_be_published(
    open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    sweep_id = store.new_id("sweep")
    sweeps.keep(sweep_id, SWEEP)
    best = [add_trial(sweep_id, number, accuracy=0.3 + 0.1 * number) for number in range(2)][-1]
    page = opened(open_page)
    assert labelled(page, "Sweep").value == sweep_id
    shown = words(page).replace("\\", "")
    assert "2 of 2 trials · best so far 40.0% (trial 2)" in shown
    table = page.dataframe[0].value
    assert list(table["trial"]) == ["trial 1", "trial 2"]
    assert list(table["learning rate"]) == [0.01, 0.02]
    resumed: list[store.Run] = []
    monkeypatch.setattr("fer.runs.launcher.resume", lambda run: resumed.append(run) or run)
    press(page, "Train the best trial on and publish it")
    assert resumed == [best] and best.settings.name == "tuned"
    next(one for one in page.segmented_control if "Sweeps" in one.options).set_value("Run").run()
    assert any("mlp, trial 1" in option for option in labelled(page, "Run").options)


def test_the_file_of_a_sweep_does_not_say_where_the_server_keeps_uploads(
    runs_folder: Path,
) -> None:
    stored = uploads.save(io.BytesIO(b"emotion,pixels"), "faces.csv")
    sweep = replace(SWEEP, settings={**SWEEP.settings, "data": str(stored)})
    kept = sweep_form._in_file(sweep)
    assert kept["settings"] == {**SWEEP.settings, "data": "faces.csv"}
    assert kept["search"] == SWEEP.search and kept["trials"] == 2
    assert sweep_form._in_file(SWEEP)["settings"]["data"] == "drawn"


def test_whoever_may_not_train_renames_no_trial(monkeypatch: pytest.MonkeyPatch) -> None:
    """By a button that an old page still shows."""
    run = add_trial(store.new_id("sweep"), 0)
    monkeypatch.setenv(permission.VARIABLE, "off")
    with pytest.raises(NotAllowed):
        train_sweeps._publish(run, "mine")
    assert run.settings.name is None
