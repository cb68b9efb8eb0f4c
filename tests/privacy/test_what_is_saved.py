"""Films, evaluations and trainings: what their owner lets be stored, where it lies, and its end."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from benchmarks.page_client import PageClient
from dashboard.evaluate import session as evaluations
from fer import cli
from fer.runs import launcher, store
from fer.runs.settings import TrainSettings
from fer.runs.status import RunStatus
from tests.browser.conftest import running_app, server_of
from tests.helpers import publish_tiny, within_seconds
from tests.pages.conftest import Open, at_once, looked_at, open_page  # noqa: F401 - fixtures
from tests.pages.test_evaluate import chooser
from tests.pages.test_photos import press, words
from tests.pages.test_teach import agreed, portraits, uploaded
from tests.pages.test_teaching import opened
from tests.privacy import canary

pytestmark = pytest.mark.slow


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where models, runs and temporary files of this test are."""
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    yield tmp_path
    for item in list(evaluations._evaluations.values()):
        item.remove()
    evaluations._evaluations.clear()


def test_a_film_lies_in_a_private_folder_and_goes_with_a_killed_server(tmp_path: Path) -> None:
    data = canary.film(tmp_path, seconds=20)
    app = tmp_path / "app"
    with running_app(app) as address:
        owner, other = PageClient(address), PageClient(address)
        owner.open("video")
        owner.upload((f"{canary.NAME}.mp4", data))
        assert not canary.traces(app), "nothing is stored before the button is pressed"
        owner.press("Analyse film", with_upload=True)
        stored = canary.traces(app)
        assert stored
        for path in stored:
            private = next(folder for folder in path.parents if folder.parent.name == ".commands")
            assert stat.S_IMODE(private.stat().st_mode) == 0o700
        other.open("video")
        assert "button Remove film" not in other.elements
        server_of(address).kill()
    half_made = app / "models" / ".making-01234567"
    half_made.mkdir()
    os.utime(half_made, (0, 0))
    with running_app(app):
        within_seconds(60, lambda: not canary.traces(app))
        assert not half_made.exists(), "what killed processes left is removed at the start"


def test_an_evaluation_leaves_nothing_once_it_is_removed(
    open_page: Open,  # noqa: F811
    at_once: None,  # noqa: F811
    place: Path,
    tiny_models: Path,
) -> None:
    publish_tiny("reads", reads_levels=3.0, question="fer2013")
    page = open_page("evaluate")
    before = canary.contents(place)
    page.multiselect[0].set_value(["reads"])
    chooser(page, "Evaluation data").set_value("upload").run()
    page.file_uploader[0].set_value((f"{canary.NAME}.zip", canary.labelled_zip("test"), ""))
    page.toggle[0].set_value(True).run()
    press(looked_at(page), "Start evaluation")
    (evaluation,) = evaluations._evaluations.values()
    evaluation.task.child.process.wait(240)
    page.run()
    assert not page.exception and "accuracy" in words(page).lower()
    for trace in canary.traces(place):
        assert trace.is_relative_to(place / "runs" / ".commands"), trace
    press(page, "Remove")
    chooser(page, "Evaluation data").set_value("drawn").run()
    left = {path for path in canary.contents(place) - before if path.name != ".commands"}
    assert left - {place / "runs"} == set()


def test_showing_and_teaching_leave_nothing_on_the_disk(
    at_once: None,  # noqa: F811
    place: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[Path] = []
    run = cli.main

    def watched(arguments: Sequence[str]) -> int:
        seen.extend(path for path in canary.contents(place) if path.name == "captures.zip")
        return run(arguments)

    monkeypatch.setattr("streamlit_webrtc.component.get_this_session_info", lambda: None)
    page = agreed(lambda stem: opened())
    before = canary.contents(place)
    uploaded(page, "happy", portraits(0))
    uploaded(page, "sad", portraits(6))
    assert canary.contents(place) == before, "showing writes nothing"
    monkeypatch.setattr("fer.cli.main", watched)
    page.session_state["_teach_session"].go("Teach")
    press(page.run(), "Teach")
    assert page.session_state["_teach_session"].own is not None
    assert seen and all(path.is_relative_to(place / "runs" / ".commands") for path in seen)
    press(page, "Delete everything")
    left = {path for path in canary.contents(place) - before if path.name != ".commands"}
    assert left - {place / "runs"} == set()


def test_faces_to_train_with_are_stored_listed_and_deletable(
    open_page: Open,  # noqa: F811
    at_once: None,  # noqa: F811
    place: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def start(settings: TrainSettings) -> store.Run:
        run = store.create(settings)
        run.write_status(RunStatus(state="stopped"))
        return run

    monkeypatch.setattr(launcher, "start", start)
    page = open_page("train")
    chooser(page, "Training data").set_value("upload").run()
    page.file_uploader[0].set_value((f"{canary.NAME}.zip", canary.labelled_zip("train"), ""))
    looked_at(page.run())
    for trace in canary.traces(place):  # the answer of the command that looked at it
        assert trace.is_relative_to(place / "runs" / ".commands"), trace
    press(page, "Start training")
    stored = {path for path in canary.traces(place) if path.suffix == ".zip"}
    assert stored and all(path.is_relative_to(place / "runs" / "uploads") for path in stored)
    page.session_state["train-data"] = True  # the expander with the faces
    assert "Stored uploads" in words(page.run())
    (run,) = store.listing()
    launcher.delete(run)
    assert not page.run().exception
    assert {path for path in canary.traces(place) if path.is_relative_to(place / "runs")} == set()
