"""A visitor's own model: it answers in one session, and in no other."""

from __future__ import annotations

import io
import time
import weakref
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from dashboard import explanation_view
from dashboard.camera import help as camera_help
from dashboard.model_picker import prior_label
from dashboard.personal import model as personal
from dashboard.personal.model import PersonalModel
from dashboard.server import memory, workspaces
from dashboard.teach.session import USE, TeachSession
from fer import registry
from fer.engine import cache, trial
from fer.errors import BadModel
from fer.inference import explanation
from fer.inference.explanation import Explanation
from fer.teaching.personal import TAUGHT_PRIOR
from tests import films
from tests.helpers import astronaut, publish_tiny
from tests.pages.conftest import Open, go
from tests.pages.test_photos import press, words


@pytest.fixture(autouse=True)
def without_browser(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streamlit_webrtc.component.get_this_session_info", lambda: None)
    monkeypatch.setattr(camera_help, "camera_facts", dict)


def zipped(name: str) -> bytes:
    """A published model as a zip."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for file in registry.path_of(name).iterdir():
            archive.write(file, file.name)
    return buffer.getvalue()


@pytest.fixture
def archive(tiny_models: Path) -> bytes:
    """The zip of a model that is not published any more."""
    publish_tiny("mine", reads_levels=3.0, personal=True, taught=("happy", "sad"))
    data = zipped("mine")
    registry.delete("mine")
    return data


def using(app: AppTest, own: PersonalModel) -> AppTest:
    """The step Use, once its button was pressed."""
    session: TeachSession = app.session_state["_teach_session"]
    session.finish(own, None)
    session.step = USE
    app.run()
    assert not app.exception
    return press(app, "Use my model")


def model_of(app: AppTest, page: str) -> str:
    return str(app.selectbox(key=f"{page}-model").value)


def test_every_page_of_the_session_answers_with_it_and_one_click_goes_back(
    open_app: Open, archive: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = using(open_app("teach"), personal.opened(archive, is_ours=True))
    for page in personal.PAGES:
        go(app, page)
        assert model_of(app, page) == personal.NAME
        assert "Your model" in words(app) and "was taught happy, sad by you" in words(app)
    go(app, "photos")
    press(app, "Try a sample")
    (picture,) = app.session_state["_photo_session"].pictures
    assert picture.read_by["model"] == personal.NAME
    asked: list[bytes] = []

    def explain(*question: Any) -> Explanation:
        asked.append(question[3])
        return explanation.explain(*question)

    monkeypatch.setattr(explanation_view, "explanation", SimpleNamespace(explain=explain))
    press(app, "Why this answer?")
    own = app.session_state["_teach_session"].own
    assert asked == [own.engine()], "without it there is no activation map"
    press(app, "Go back to tiny")
    for page in personal.PAGES:
        go(app, page)
        assert model_of(app, page) == "tiny" and "Your model" not in words(app)


def test_one_that_was_taken_home_is_brought_back_without_consent_to_capture(
    open_page: Open, archive: bytes
) -> None:
    page = open_page("teach")
    brought(page, b"PK no zip")
    assert "personal.zip" in page.error[0].value.replace("\\", "")
    page.run()
    brought(page, archive)
    session: TeachSession = page.session_state["_teach_session"]
    assert session.own is not None and session.step == USE and not session.is_allowed
    assert session.num_bytes == len(archive), "it counts among what the server holds"
    assert "Taught with happy, sad" in words(page)


def test_what_a_foreign_card_says_is_no_picture_of_another_server(open_page: Open) -> None:
    publish_tiny("mine", personal=True, taught=("happy", "sad"), created="![](//a.b)")
    page = open_page("teach")
    brought(page, zipped("mine"))
    assert "made on" in words(page) and "![](" not in words(page)


def test_foreign_engines_are_tried_one_at_a_time(
    archive: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_work, most = [0], [0]

    def check(*_: object) -> None:
        at_work[0] += 1
        most[0] = max(most[0], at_work[0])
        time.sleep(0.05)
        at_work[0] -= 1

    monkeypatch.setattr(trial, "check", check)
    with ThreadPoolExecutor(4) as pool:
        assert len(list(pool.map(personal.opened, [archive] * 4))) == 4
    assert most == [1]


def brought(page: AppTest, data: bytes) -> None:
    field = next(item for item in page.file_uploader if item.key.startswith("teach-load-"))
    field.set_value(("personal.zip", data, "application/zip"))
    page.run()
    assert not page.exception


def test_no_other_session_sees_it_and_no_cache_of_the_server(
    open_app: Open, archive: bytes
) -> None:
    app = using(open_app("teach"), personal.opened(archive, is_ours=True))
    go(app, "photos")
    other = open_app("photos")
    assert personal.NAME in app.selectbox(key="photos-model").options
    assert personal.NAME not in other.selectbox(key="photos-model").options
    assert "Your model" not in words(other)
    assert set(registry.names()) == {"tiny", "other"}
    own = app.session_state["_personal_model"].model
    assert own.session not in [
        entry.model and entry.model.session for entry in cache._entries.values()
    ]


def test_it_goes_at_a_press_although_pages_used_it(open_app: Open, archive: bytes) -> None:
    app = using(open_app("teach"), personal.opened(archive, is_ours=True))
    for page in personal.PAGES:
        go(app, page)
    engine = weakref.ref(app.session_state["_personal_model"].model.session)
    go(app, "teach")
    press(app, "Delete everything")
    memory.collect_and_freeze()
    assert engine() is None
    go(app, "photos")
    assert model_of(app, "photos") == "tiny"


def test_it_goes_with_the_session(open_app: Open, archive: bytes) -> None:
    app = using(open_app("teach"), personal.opened(archive, is_ours=True))
    engine = weakref.ref(app.session_state["_personal_model"].model.session)
    del app
    memory.collect_and_freeze()
    assert engine() is None
    assert list(workspaces.folder().glob("*")) == []


def test_a_film_is_read_by_it_from_the_films_own_private_folder(
    open_app: Open, archive: bytes, tmp_path: Path
) -> None:
    app = using(open_app("teach"), personal.opened(archive, is_ours=True))
    go(app, "video")
    clip = films.write(tmp_path / "clip.mp4", [astronaut()[:256, 96:352]] * 5, 5)
    app.file_uploader[0].set_value(("clip.mp4", clip.read_bytes(), "video/mp4")).run()
    press(app, "Analyse film")
    (film,) = app.session_state["_video_session"].films
    assert (film.path.parents[1] / "models" / personal.FOLDER / "model.onnx").is_file()
    film.task.child.process.wait(240)
    assert film.timeline().film.model == personal.FOLDER
    film.remove()
    assert list(workspaces.folder().glob("*")) == []


def test_it_is_published_by_a_typed_name_where_that_is_allowed(
    open_app: Open, archive: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = using(open_app("teach"), personal.opened(archive, is_ours=True))
    assert next(button for button in app.button if button.label == "Publish").disabled
    app.text_input(key="teach-publish-name").set_value("My face!").run()
    press(app, "Publish")
    assert registry.card("my-face").taught == ("happy", "sad")
    monkeypatch.setenv("FER_TRAINING", "off")
    app.run()
    assert "Publish" not in [button.label for button in app.button]
    assert "switched off" in words(app)


def test_a_network_from_elsewhere_is_tried_in_a_process_of_its_own_before_it_is_opened(
    archive: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[bytes] = []

    def refuse(engine: Path, *_: object) -> None:
        tried.append(engine.read_bytes())
        raise BadModel("the network ends the program that runs it.")

    monkeypatch.setattr(personal.trial, "check", refuse)
    monkeypatch.setattr(personal, "open_bytes", lambda *_: pytest.fail("it was opened"))
    with pytest.raises(BadModel, match="ends the program"):
        personal.opened(archive)
    assert len(tried) == 1 and list(workspaces.folder().glob("*")) == []


@pytest.mark.parametrize("damage", ["no zip", "no card", "another engine"])
def test_a_zip_that_is_no_model_is_a_sentence_and_leaves_nothing(
    archive: bytes, damage: str
) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as sound, zipfile.ZipFile(buffer, "w") as bad:
        for name in sound.namelist():
            data = sound.read(name)
            if name.endswith("model.onnx") and damage == "another engine":
                data = data[:-10] + bytes(10)
            if not (name.endswith("card.json") and damage == "no card"):
                bad.writestr(name, data)
    with pytest.raises(BadModel):
        personal.opened(b"PK no zip" if damage == "no zip" else buffer.getvalue())
    assert list(workspaces.folder().glob("*")) == []


def test_a_model_put_to_use_answers_on_every_page_whatever_the_tab_used_before(
    open_app: Open, archive: bytes
) -> None:
    app = using(open_app("teach"), personal.opened(archive, is_ours=True))
    press(app, "Delete everything")  # the pages go back, before they were seen once
    registry.activate("other")  # in another tab
    go(app, "photos")
    assert model_of(app, "photos") == "other"
    app.selectbox(key="photos-model").select("tiny").run()
    go(app, "models")
    press(app, "Go back to tiny")
    app.selectbox(key="models-first").select("other").run()
    press(app, "Use this model")
    for page in personal.PAGES:
        go(app, page)
        assert model_of(app, page) == "other", page


def test_the_prior_of_the_taught_expressions_is_named_in_words() -> None:
    assert prior_label(TAUGHT_PRIOR) == "those that were taught, and no others"
