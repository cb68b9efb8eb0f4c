"""The video page, driven headless, with short films that are really analysed."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from dashboard.video import downloads, example, session as video_session
from dashboard.video.film import StoredFilm
from dashboard.video.session import Session
from fer.emotions import EMOTIONS
from fer.geometry import Image
from fer.video.values import PeopleEdits
from tests import films
from tests.helpers import astronaut, publish_tiny
from tests.pages.conftest import Open
from tests.pages.test_photos import press, words

SECONDS = 2


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Two seconds of one face that turns dark, too slowly for a cut."""
    return films.write(tmp_path_factory.mktemp("films") / "clip.mp4", pictures(), 10).read_bytes()


def pictures() -> Iterator[Image]:
    portrait = np.ascontiguousarray(astronaut()[:256, 96:352])
    for number in range(SECONDS * 10):
        yield np.asarray(portrait * min(1.0, 1.4 - 0.07 * number), np.uint8)


@pytest.fixture(autouse=True)
def model(tiny_models: Path) -> Iterator[None]:
    """One that is surer of a face the brighter it is."""
    publish_tiny("reads", reads_levels=3.0)
    yield
    for film in list(video_session._films):
        film.remove()


def uploaded(page: AppTest, data: bytes, name: str = "clip.mp4") -> AppTest:
    page.selectbox(key="video-model").set_value("reads")
    page.file_uploader[0].set_value((name, data, "video/mp4"))
    page.run()
    assert not page.exception
    press(page, "Analyse film")
    return page


def session(page: AppTest) -> Session:
    found: Session = page.session_state["_video_session"]
    return found


def finished(page: AppTest) -> StoredFilm:
    """Waits for the newest film, then shows what was found."""
    film = session(page).films[0]
    film.task.child.process.wait(240)
    page.run()
    assert not page.exception
    return film


def test_an_empty_page_says_where_a_film_is_kept(open_page: Open) -> None:
    page = open_page("video")
    assert "for this browser tab alone" in words(page)
    assert {button.label: button.disabled for button in page.button} == {
        "Analyse film": True,
        "Try the example": False,
    }


def test_a_film_is_stored_privately_analysed_shown_and_removed(
    open_page: Open, clip: bytes
) -> None:
    page = uploaded(open_page("video"), clip, "My film (1).mp4")
    film = session(page).films[0]
    folder = Path(film.task.child.folder.name)
    assert film.path.read_bytes() == clip
    assert folder.stat().st_mode & 0o077 == 0
    finished(page)
    shown = {metric.label: metric.value for metric in page.metric}
    assert shown["Length"] == "0:02.0" and shown["Frames analysed"] == "20"
    assert shown["People"] == "1"
    assert any("no face is recognised" in metric.help for metric in page.metric)
    assert len(page.get("plotly_chart")) == 2  # the course and the shares
    assert len(page.get("image")) == 1
    press(page, "Remove film")
    assert not folder.exists()
    assert session(page).films == []


def test_an_event_and_the_slider_lead_to_their_moment(open_page: Open, clip: bytes) -> None:
    page = uploaded(open_page("video"), clip)
    film = finished(page)
    events = [button for button in page.button if " to " in button.label]
    assert len(events) == len(film.timeline().events) > 0
    last = film.timeline().events[-1]
    events[-1].click().run()
    assert not page.exception
    assert film.moment == pytest.approx((last.start + last.end) / 2)
    assert page.slider(key=f"{film.key}-moment").value == pytest.approx(film.moment)
    assert last.label in words(page)
    page.slider(key=f"{film.key}-moment").set_value(0.5).run()
    assert film.moment == 0.5


def test_names_and_left_out_people_reach_the_downloads(open_page: Open, clip: bytes) -> None:
    page = uploaded(open_page("video"), clip)
    film = finished(page)
    (number,) = (person.person for person in film.timeline().people)
    film.edits = PeopleEdits({number: "Ann"})
    rows = list(csv.DictReader(io.StringIO(downloads.csv_text(film.timeline()))))
    assert len(rows) >= 15
    assert {(row["file"], row["name"]) for row in rows} == {("clip.mp4", "Ann")}
    assert all(float(row[EMOTIONS[0]]) <= 1 for row in rows)
    film.edits = PeopleEdits(left_out=frozenset({number}))
    (record,) = json.loads(downloads.json_text(film.timeline()))
    assert record["people"] == [] and record["file"] == "clip.mp4"
    page.run()
    assert not page.exception


def test_the_annotated_film_is_made_by_a_process_and_shown(open_page: Open, clip: bytes) -> None:
    page = uploaded(open_page("video"), clip)
    film = finished(page)
    press(page, "Make the annotated film")
    assert film.drawing is not None
    folder = Path(film.drawing.task.child.folder.name)
    film.drawing.task.child.process.wait(240)
    page.run()
    assert not page.exception
    assert film.drawing.target.read_bytes()[4:8] == b"ftyp"
    assert "Annotated film" in [item.proto.label for item in page.get("download_button")]
    press(page, "Make it again")
    assert not folder.exists()


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("empty.mp4", b""),
        ("notes.mp4", b"no film at all" * 100),
        ("cut.mp4", None),
    ],
)
def test_what_is_no_film_is_a_sentence(
    open_page: Open, clip: bytes, name: str, data: bytes | None
) -> None:
    page = uploaded(open_page("video"), clip[: len(clip) // 3] if data is None else data, name)
    finished(page)
    (error,) = page.error
    assert name.removesuffix(".mp4") in error.value and error.value.endswith((".", "\\."))
    assert "Traceback" not in error.value and str(os.getcwd()) not in error.value


def test_a_cancelled_film_keeps_what_was_analysed(open_page: Open, clip: bytes) -> None:
    page = uploaded(open_page("video"), clip)
    film = finished(page)
    film.task.cancelled = True
    page.run()
    assert "It was cancelled" in " ".join(warning.value for warning in page.warning)
    assert len(page.get("plotly_chart")) == 2


def test_too_many_films_are_a_sentence(
    open_page: Open, clip: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(video_session, "MOST_FILMS", 1)
    monkeypatch.setattr("dashboard.start_button.QUIET_SECONDS", 0)
    page = uploaded(open_page("video"), clip)
    uploaded(page, clip)
    assert len(session(page).films) == 1
    assert "Remove one first" in " ".join(toast.value for toast in page.toast)


def test_the_example_is_drawn_on_the_spot(open_page: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(example, "SECONDS_EACH", 0.25)
    page = open_page("video")
    press(page, "Try the example")
    film = finished(page)
    assert film.name == example.NAME
    assert film.timeline().film.frames == 12


def test_two_films_are_compared(open_page: Open, clip: bytes) -> None:
    page = uploaded(open_page("video"), clip)
    first = finished(page)
    uploaded(page, clip, "other.mp4")
    second = finished(page)
    other = page.selectbox(key=f"{second.key}-other")
    assert [option for option in other.options if option != "nobody"] == [
        f"Person 1 in {first.title}"
    ]
    other.set_value(f"{first.key}-1").run()
    assert not page.exception
    assert len(page.get("plotly_chart")) == 3


def test_a_full_disk_is_a_sentence_and_leaves_nothing(
    open_page: Open, clip: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("shutil.copyfileobj", full)
    page = uploaded(open_page("video"), clip)
    assert session(page).films == []
    (toast,) = page.toast
    assert "cannot be stored" in toast.value and "No space left on device" in toast.value
