"""The page for teaching, driven headless: consent, takes of pictures, and who else sees them."""

from __future__ import annotations

import gc
import io
import json
import weakref
import zipfile
from types import SimpleNamespace

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from dashboard.camera import connection, help as camera_help, places as camera_places
from dashboard.server import uploads
from dashboard.server.visitors import upload_ledger
from dashboard.teach import session as teach_session
from dashboard.teach.session import TeachSession
from fer import images
from fer.geometry import Image
from fer.teaching import archive
from fer.teaching.captures import Captures
from tests.helpers import astronaut, group_photo
from tests.pages.conftest import Open
from tests.pages.test_photos import press, words


@pytest.fixture(autouse=True)
def without_browser(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streamlit_webrtc.component.get_this_session_info", lambda: None)


def session(page: AppTest) -> TeachSession:
    found: TeachSession = page.session_state["_teach_session"]
    return found


def portraits(first: int = 0, number: int = 6) -> list[Image]:
    """The sample in different lights, so that no two are nearly identical."""
    lights = np.linspace(0.6, 1.15, 24)[first : first + number]
    return [np.asarray(np.clip(astronaut() * light, 0, 255), np.uint8) for light in lights]


def agreed(open_page: Open) -> AppTest:
    """The step Show, with pictures as the source."""
    page = press(open_page("teach"), "I agree")
    page.segmented_control(key="teach-source").set_value("Pictures").run()
    assert not page.exception
    return page


def uploaded(page: AppTest, emotion: str, pictures: list[Image]) -> AppTest:
    page.pills(key="teach-emotion").set_value(emotion).run()
    files = [
        (f"{number}.png", images.encode_png(picture), "image/png")
        for number, picture in enumerate(pictures)
    ]
    field = next(item for item in page.file_uploader if item.key.startswith("teach-upload-"))
    field.set_value(files)
    page.run()
    assert not page.exception
    return page


def test_nothing_starts_before_consent(open_page: Open) -> None:
    page = open_page("teach")
    shown = words(page)
    assert "for this browser tab alone" in shown and "Until when" in shown
    assert {button.label: button.disabled for button in page.button} == {
        "1 Consent": False,
        "2 Show": True,
        "3 Teach": True,
        "4 Use": True,
        "I agree": False,
    }
    session(page).go(teach_session.SHOW)
    assert session(page).step == teach_session.CONSENT
    press(page, "I agree")
    assert session(page).step == teach_session.SHOW
    assert "Record a take" not in [button.label for button in page.button]


def test_pictures_added_together_are_a_take_and_what_is_left_out_is_counted(
    open_page: Open,
) -> None:
    page = agreed(open_page)
    grey = np.full((200, 200, 3), 128, np.uint8)
    uploaded(page, "sad", [*portraits(), portraits()[0], grey])
    (take,) = session(page).captures.takes
    assert take.emotion == "sad" and session(page).captures.counts()["sad"] == 6
    (news,) = page.success
    assert "6 of 8 pictures are kept" in news.value
    assert session(page).left_out == {"nearly identical": 1, "without a face": 1}
    assert "1 take, 6 faces, 2 more wanted" in words(page)
    assert "Left out so far: 1 without a face, 1 nearly identical" in words(page)


def test_a_take_with_two_people_or_without_a_face_is_refused(open_page: Open) -> None:
    page = agreed(open_page)
    uploaded(page, "happy", [group_photo()])
    assert "Several people were in view" in page.warning[0].value
    uploaded(page, "happy", [np.full((200, 200, 3), 128, np.uint8)])
    assert "No face was found" in page.warning[0].value
    assert session(page).captures.takes == ()


def test_more_pictures_than_a_take_may_have_are_left_out_with_a_sentence(
    open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(teach_session, "MOST_PICTURES", 2)
    page = agreed(open_page)
    uploaded(page, "happy", portraits(0, 4))
    assert len(session(page).captures.faces) == 2
    assert "2 pictures are beyond 2" in page.success[0].value


def test_a_take_is_relabelled_and_deleted_one_or_all(open_page: Open) -> None:
    page = agreed(open_page)
    uploaded(page, "sad", portraits(0))
    uploaded(page, "sad", portraits(6))
    page.selectbox(key="teach-relabel-2-sad").set_value("angry").run()
    assert session(page).captures.emotions() == ("angry", "sad")
    page.selectbox(key="teach-all").set_value("sad")
    page.selectbox(key="teach-all-into").set_value("fear")
    press(page, "Relabel all")
    assert [take.emotion for take in session(page).captures.takes] == ["fear", "angry"]
    page.button(key="teach-delete-1").click().run()
    assert [take.emotion for take in session(page).captures.takes] == ["angry"]
    press(page, "Delete all")
    assert session(page).captures.faces == () and session(page).captures.takes == ()


def test_takes_go_home_and_come_back(open_page: Open) -> None:
    page = uploaded(agreed(open_page), "sad", portraits())
    data = archive.to_zip(session(page).captures)
    other = agreed(open_page)
    assert session(other).captures.faces == ()
    brought(other, data)
    assert session(other).captures.counts()["sad"] == 6
    brought(other, b"no zip at all")
    assert "is no zip that can be read" in other.toast[0].value
    assert session(other).captures.counts()["sad"] == 6


def brought(page: AppTest, data: bytes) -> None:
    field = next(item for item in page.file_uploader if item.key.startswith("teach-import-"))
    field.set_value(("captures.zip", data, "application/zip"))
    page.run()
    assert not page.exception


def test_captures_belong_to_one_session_and_end_with_it_or_at_a_press(open_page: Open) -> None:
    page = uploaded(agreed(open_page), "sad", portraits())
    other = agreed(open_page)
    assert session(other).captures.faces == () and not other.get("image")[1:]
    faces = [weakref.ref(face.crop) for face in session(page).captures.faces]
    assert session(page).num_bytes > 0
    press(page, "Delete everything")
    gc.collect()
    assert not any(face() for face in faces)
    assert session(page).num_bytes == 0 and not session(page).is_allowed
    assert "Before anything is captured" in words(page)


def test_a_zip_of_captures_names_every_face(open_page: Open) -> None:
    page = uploaded(agreed(open_page), "sad", portraits())
    with zipfile.ZipFile(io.BytesIO(archive.to_zip(session(page).captures))) as opened:
        index = json.loads(opened.read("captures.json"))
        assert len(index["faces"]) == 6 and index["takes"][0]["emotion"] == "sad"
        assert {face["file"] for face in index["faces"]} < set(opened.namelist())


@pytest.fixture
def sending(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """A camera that is on, until the test says otherwise."""
    state = SimpleNamespace(playing=True, signalling=False)
    monkeypatch.setattr(
        connection, "webrtc_streamer", lambda *_, **__: SimpleNamespace(state=state)
    )
    monkeypatch.setattr(camera_help, "camera_facts", dict)
    monkeypatch.setattr("dashboard.teach.recorder.SILENT_SECONDS", 1e6)  # on a busy machine
    monkeypatch.setattr(camera_places, "_holders", weakref.WeakKeyDictionary())
    return state


def recording(open_page: Open, pictures: list[Image], seconds: float) -> AppTest:
    """A take of so many seconds whose frames have come."""
    page = press(open_page("teach"), "I agree")
    press(page, "Record a take")
    recorder = session(page).recorder
    assert recorder is not None and session(page).stream.observer == recorder.offer  # type: ignore[union-attr]
    times = np.linspace(0, seconds, len(pictures), endpoint=False)
    recorder._frames = list(zip(pictures, times.tolist(), strict=True))
    recorder._is_over = seconds >= recorder.seconds
    return page


def test_a_recorded_take_becomes_captures(open_page: Open, sending: SimpleNamespace) -> None:
    page = recording(open_page, portraits(0, 9), 3.0)
    assert {button.label: button.disabled for button in page.button}["Record a take"]
    page.run()
    assert not page.exception and session(page).recorder is None
    (take,) = session(page).captures.takes
    assert take.emotion == "happy" and 2 < take.seconds < 3
    assert len(session(page).captures.faces) == 9
    assert "9 of 9 frames are kept" in page.success[0].value
    press(page, "Record a take")
    press(page, "Cancel")
    assert session(page).recorder is None and len(session(page).captures.takes) == 1
    press(page, "Record a take")
    recorder = session(page).recorder
    assert recorder is not None
    recorder._frames = [(picture, 0.0) for picture in portraits(0, 2)]
    press(page, "1 Consent")
    assert session(page).recorder is None and recorder.frames() == []
    assert len(session(page).captures.takes) == 1


def test_a_camera_that_stops_in_the_middle_keeps_a_second_and_no_less(
    open_page: Open, sending: SimpleNamespace
) -> None:
    page = recording(open_page, portraits(0, 9), 1.5)
    sending.playing = False
    page.run()
    assert "What was recorded until then" in page.success[0].value
    assert len(session(page).captures.faces) == 9
    sending.playing = True
    short = recording(open_page, portraits(0, 3), 0.6)
    sending.playing = False
    short.run()
    assert "Nothing of it is kept" in short.warning[0].value
    assert session(short).captures.faces == () and session(short).recorder is None


def test_two_people_before_the_camera_are_refused(
    open_page: Open, sending: SimpleNamespace
) -> None:
    page = recording(open_page, [group_photo()] * 3, 3.0)
    page.run()
    assert any("Several people were in view" in warning.value for warning in page.warning)
    assert session(page).captures.takes == ()


def test_faces_of_all_visitors_take_no_more_than_the_server_has_room_for(
    open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = TeachSession()
    uploads.count(other)
    other.captures = Captures().with_take("happy", 1.0, [(np.zeros((144, 144, 3), np.uint8), 0.0)])
    page = agreed(open_page)
    home = archive.to_zip(other.captures)
    with monkeypatch.context() as full:
        full.setattr(upload_ledger, "MOST_BYTES", other.num_bytes + 1000)
        uploaded(page, "sad", portraits())
        assert "This is not kept, since this server holds" in page.warning[0].value
        brought(page, home)
        assert "this is not kept, since this server holds" in page.toast[0].value
        assert session(page).captures.faces == ()
    uploaded(page, "sad", portraits())
    assert len(session(page).captures.faces) == 6
