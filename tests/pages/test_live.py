"""The live page, driven headless: no frame is ever sent here, the streams are our own."""

from __future__ import annotations

import csv
import io
import json
import shutil
import weakref
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest
from streamlit_webrtc.webrtc import SignallingTimeoutError

from dashboard import samples
from dashboard.camera import connection, help as camera_help, places as camera_places
from dashboard.camera.stream import Look, Stream
from dashboard.live import (
    recording as live_recording,
    session as live_session,
    summary as live_summary,
    view as live_view,
)
from dashboard.server.visitors import rates
from dashboard.server.visitors.rates import Rate
from dashboard.text import escape_markdown
from fer import images, registry
from fer.emotions import EMOTIONS
from fer.live.feed import LiveSettings, PersonSummary
from fer.live.recording import Recording
from tests.dashboard.camera.test_stream import clips, shown_until, video
from tests.helpers import publish_tiny
from tests.pages.conftest import Open
from tests.pages.test_photos import SKEWED, words

Show = Callable[..., AppTest]


@pytest.fixture
def open_live(open_page: Open, monkeypatch: pytest.MonkeyPatch) -> Show:
    """Opens the page, with a browser whose camera is as given, sending or not."""

    def show(sending: bool = False, **facts: object) -> AppTest:
        told = {"secure": True, "cameras": 1, "permission": "prompt", **facts}
        monkeypatch.setattr("streamlit_webrtc.component.get_this_session_info", lambda: None)
        monkeypatch.setattr(camera_help, "camera_facts", lambda: told)
        monkeypatch.setattr(camera_places, "_holders", weakref.WeakKeyDictionary())
        monkeypatch.setattr("fer.live.worker.STALE_SECONDS", 1e6)  # on a busy machine
        if sending:
            state = SimpleNamespace(state=SimpleNamespace(playing=True, signalling=False))
            monkeypatch.setattr(connection, "webrtc_streamer", lambda *_, **__: state)
        return open_page("live")

    return show


def session(page: AppTest) -> live_session.Session:
    found: live_session.Session = page.session_state["_live_session"]
    return found


def stream(page: AppTest) -> Stream:
    found = session(page).stream
    assert found is not None
    return found


def send_until_seen(page: AppTest) -> Stream:
    sent = stream(page)
    shown_until(sent, lambda _: bool(sent.feed and sent.feed.people()))
    return sent


def press(page: AppTest, label: str) -> None:
    next(button for button in page.button if button.label == label).click()
    page.run()
    assert not page.exception


def labelled(page: AppTest, kind: str, label: str) -> object:
    return next(one for one in getattr(page, kind) if one.label == label)


def test_one_sentence_above_start_says_what_happens(open_live: Show) -> None:
    shown = words(open_live())
    assert "never written to disk" in shown
    assert "tell those in view" in shown
    assert "Model **tiny**" in shown


@pytest.mark.parametrize(
    ("facts", "sentence"),
    [
        ({"secure": False}, "was not opened over https"),
        ({"permission": "denied"}, "was refused to this page"),
        ({"cameras": 0}, "finds no camera"),
        ({"policy": "blocked"}, 'allow="camera"'),
        ({"checked": "NotReadableError"}, "Another program is using the camera"),
        ({"checked": "AbortError"}, "Another program is using the camera"),
        ({"checked": "NotAllowedError"}, "privacy settings of your system"),
        ({"checked": "OddError"}, "could not be opened"),
        ({"checked": "works"}, "The camera works"),
        ({"cameras": 3}, "has 3 cameras"),
        ({"framed": "cross"}, "error 403"),
    ],
)
def test_why_there_is_no_camera_is_said(
    open_live: Show, facts: dict[str, object], sentence: str
) -> None:
    assert sentence in words(open_live(**facts))


def test_with_a_camera_nothing_is_complained_of(open_live: Show) -> None:
    page = open_live()
    assert not page.warning
    assert not page.error
    assert not page.info


def test_the_result_of_a_check_goes_once_the_camera_sends(open_live: Show) -> None:
    for checked in ("works", "NotReadableError"):
        page = open_live(sending=True, checked=checked)
        assert not page.info
        assert not page.warning


def test_a_check_of_the_camera_is_asked_of_the_browser(open_live: Show) -> None:
    page = open_live()
    press(page, "Check the camera")
    press(page, "Check the camera")
    assert page.session_state["live-camera-checks"] == 2


def test_every_setting_reaches_the_stream(open_live: Show) -> None:
    page = open_live()
    labelled(page, "selectbox", "Model").select("other")  # type: ignore[attr-defined]
    labelled(page, "selectbox", "Face detector").select("haar")  # type: ignore[attr-defined]
    labelled(page, "selectbox", "Search for faces").select(5)  # type: ignore[attr-defined]
    labelled(page, "toggle", "Mirror the picture").set_value(False)  # type: ignore[attr-defined]
    labelled(page, "toggle", "Pixelate faces").set_value(True)  # type: ignore[attr-defined]
    labelled(page, "toggle", "“Unsure” as the model advises").set_value(False)  # type: ignore[attr-defined]
    page.select_slider[0].set_value(1.0)
    page.run()
    page.slider[0].set_value(70).run()
    assert not page.exception
    now = stream(page)
    assert now.model.card.name == "other"
    assert (now._settings.detector, now._settings.every) == ("haar", 5)
    assert (now._settings.smoothing, now._settings.unsure_below) == (1.0, 0.7)
    assert now.look == Look("box", mirror=False, pixelate=True)


def test_the_prior_is_a_setting_of_the_stream(open_live: Show) -> None:
    publish_tiny("skewed", shares=SKEWED)
    page = open_live()
    labelled(page, "selectbox", "Model").select("skewed").run()  # type: ignore[attr-defined]
    assert stream(page).model.prior.name == "training"
    control = labelled(page, "selectbox", "Assume expressions are")
    control.select("balanced").run()  # type: ignore[attr-defined]
    assert not page.exception
    assert stream(page).model.prior.name == "balanced"


def bars(page: AppTest) -> dict[str, Any]:
    """What the bars beside the picture show."""
    (found,) = [
        element for element in page.get("bidi_component") if "bars" in element.proto.component_name
    ]
    shown: dict[str, Any] = json.loads(found.proto.json)
    return shown


def test_people_chart_and_measurements_are_shown(open_live: Show) -> None:
    page = open_live(sending=True)
    send_until_seen(page)
    page.run()
    shown = words(page)
    assert "1 face on screen" in shown
    assert "frames/s" in shown
    assert "latency" in shown
    assert len(page.get("vega_lite_chart")) == 1
    beside = bars(page)
    assert beside["note"].startswith("Person 1 · tracked for")
    assert sum(row["value"] for row in beside["rows"]) == pytest.approx(1, abs=0.05)


def test_bars_keep_their_rows_whoever_is_in_view(open_live: Show) -> None:
    waiting, page = bars(open_live()), open_live(sending=True)
    assert [row["value"] for row in waiting["rows"]] == [0.0] * 7
    assert bars(page)["note"] == "Waiting for the camera's picture…"
    stream(page).frames = 1
    page.run()
    assert bars(page)["note"] == "Looking for faces…", "nothing was analysed that could show nobody"
    assert bars(page)["headline"] != "No face"
    send_until_seen(page)
    page.run()
    labels = [row["name"] for row in bars(page)["rows"]]
    assert labels == [row["name"] for row in waiting["rows"]] == list(EMOTIONS)
    page.session_state["live-person"] = 99
    assert live_view.shown_person(stream(page).feed.people(), 99) is None  # type: ignore[union-attr]


def test_settings_are_beside_the_picture_and_other_ways_gone_while_it_goes_on(
    open_live: Show,
) -> None:
    page = open_live()
    assert {"Model", "Face detector", "Search for faces"} <= {
        box.label for box in page.sidebar.selectbox
    }
    assert [toggle.label for toggle in page.main.toggle] == ["Take a snapshot instead"]
    page = open_live(sending=True)
    assert not page.main.toggle
    freeze = next(button for button in page.button if button.label == "Freeze")
    assert freeze.proto.shortcut


def test_a_moment_is_frozen_as_often_as_photos_may_be_read_and_removed(
    open_live: Show, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = open_live(sending=True)
    press(page, "Freeze")
    assert session(page).moments == []
    send_until_seen(page)
    press(page, "Freeze")
    assert "Captured frames" in words(page)
    assert "the computer that runs this app" in words(page)
    labels = [button.proto.label for button in page.get("download_button")]
    assert labels == ["PNG", "JSON"]
    with monkeypatch.context() as busy:
        busy.setattr(rates, "ANALYSES", Rate(0.4, 600, "pictures"))  # not one
        press(page, "Freeze")
        assert "of your own pictures a minute" in page.toast[0].value
    assert len(session(page).moments) == 1
    press(page, "Remove")
    assert session(page).moments == []


def test_a_timeline_is_recorded_from_one_press_to_the_next(open_live: Show) -> None:
    page = open_live(sending=True)
    press(page, "Record the timeline")
    sent = send_until_seen(page)
    recording = session(page).recording
    assert recording is not None
    shown_until(sent, lambda _: recording.seconds > 0)
    press(page, "Stop recording")
    seen = recording.csv_text()
    rows = list(csv.DictReader(io.StringIO(seen)))
    assert {row["person"] for row in rows} == {"1"}
    assert all(
        sum(float(row[name]) for name in EMOTIONS) == pytest.approx(1, abs=1e-4) for row in rows
    )
    before = sent.feed.history()[-1].time if sent.feed else 0.0
    shown_until(sent, lambda _: bool(sent.feed and sent.feed.history()[-1].time > before + 0.3))
    assert recording.csv_text() == seen
    assert labelled(page, "button", "Record the timeline")


def test_after_stop_there_are_charts_and_a_csv_of_the_recording(
    open_live: Show, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_recording, "SHORTEST_SECONDS", 0.0)
    monkeypatch.setattr(live_summary, "SHORTEST_SECONDS", 1e6)  # its chart is another one
    page = open_live()
    session(page).recording = recording = Recording()
    stream(page).record(recording)
    sent = send_until_seen(page)
    shown_until(sent, lambda _: recording.seconds > 0)
    page.run()
    assert sent.ended
    assert "Recorded timeline" in words(page) and "No picture was kept" in words(page)
    assert len(page.get("plotly_chart")) == 2
    assert "Timeline as CSV" in [item.proto.label for item in page.get("download_button")]
    press(page, "Delete recording")
    assert "Recorded timeline" not in words(page)


def test_moments_are_bounded(open_live: Show) -> None:
    page = open_live(sending=True)
    send_until_seen(page)
    for _ in range(live_session.MOST_MOMENTS + 2):
        session(page).freeze()
    assert len(session(page).moments) == live_session.MOST_MOMENTS


def test_after_stop_there_is_a_summary_and_another_start(
    open_live: Show, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_summary, "SHORTEST_SECONDS", 0.0)
    page = open_live()
    first = send_until_seen(page)
    page.run()
    assert first.ended
    assert "1 appearance " in words(page)
    assert list(page.dataframe[0].value["person"]) == [1]
    page.run()
    assert stream(page) is not first
    send_until_seen(page)


def test_a_model_activated_meanwhile_is_offered(open_live: Show) -> None:
    page = open_live(sending=True)
    registry.activate("other")
    page.run()
    assert stream(page).model.card.name == "tiny"
    press(page, "Use other")
    page.run()
    assert stream(page).model.card.name == "other"
    assert "activated meanwhile" not in words(page)


def test_an_offer_can_be_declined(open_live: Show) -> None:
    page = open_live(sending=True)
    registry.activate("other")
    page.run()
    press(page, "Stay with tiny")
    page.run()
    assert stream(page).model.card.name == "tiny"
    assert "activated meanwhile" not in words(page)


def test_a_model_that_vanishes_is_told_and_the_stream_goes_on(
    open_live: Show, tiny_models: Path
) -> None:
    page = open_live(sending=True)
    sent = send_until_seen(page)
    shutil.rmtree(tiny_models / "tiny")
    shown_until(sent, lambda _: bool(sent.feed and sent.feed.problem()))
    page.run()
    assert "is no longer in the models folder" in words(page)
    assert labelled(page, "selectbox", "Model").value == "tiny"  # type: ignore[attr-defined]
    sent.show(video(clips.frame(1)))
    assert stream(page) is sent
    assert sent.fault is None


def test_a_damaged_model_is_told_and_another_can_be_chosen(
    open_live: Show, tiny_models: Path
) -> None:
    (tiny_models / "tiny" / "model.onnx").write_bytes(b"")
    page = open_live()
    assert "is not the file that its card describes" in words(page).replace("\\", "")
    labelled(page, "selectbox", "Model").select("other").run()  # type: ignore[attr-defined]
    assert not page.error
    assert stream(page).model.card.name == "other"


def test_a_damaged_choice_leaves_the_running_model(open_live: Show, tiny_models: Path) -> None:
    page = open_live(sending=True)
    send_until_seen(page)
    (tiny_models / "other" / "model.onnx").write_bytes(b"")
    labelled(page, "selectbox", "Model").select("other").run()  # type: ignore[attr-defined]
    assert "The stream goes on with tiny" in words(page)
    assert stream(page).model.card.name == "tiny"


def test_a_picture_that_is_too_dark_is_named(open_live: Show) -> None:
    page = open_live(sending=True)
    sent = send_until_seen(page)
    for _ in range(60):
        sent.show(video(clips.frame(1) // 20))
    assert sent.brightness is not None
    assert sent.brightness < 20
    page.run()
    assert "Too dark to read" in words(page)
    for _ in range(60):
        sent.show(video(clips.frame(1)))
    page.run()
    assert "Too dark to read" not in words(page)


def test_a_connection_that_does_not_come_up_is_explained(open_live: Show) -> None:
    page = open_live(sending=True)
    assert "Waiting for the camera" in words(page)
    stream(page).waiting_since = -1e6
    page.run()
    assert "does not reach this server" in words(page)


def test_a_stream_that_stops_midway_is_explained(open_live: Show) -> None:
    page = open_live(sending=True)
    send_until_seen(page)
    stream(page)._newest = -1e6
    page.run()
    assert "No picture has come for" in words(page)


def test_errors_in_the_frame_thread_are_told(open_live: Show) -> None:
    page = open_live(sending=True)
    send_until_seen(page).fault = "a frame could not be shown: *why*"
    page.run()
    assert escape_markdown("a frame could not be shown: *why*") in words(page)


def test_the_snapshot_is_read_by_the_same_model(open_live: Show) -> None:
    page = open_live()
    labelled(page, "toggle", "Take a snapshot instead").set_value(True)  # type: ignore[attr-defined]
    page.run()
    page.get("camera_input")[0].set_value(  # type: ignore[attr-defined]
        ("face.jpg", images.encode_png(samples.astronaut()), "image/jpeg")
    ).run()
    assert not page.exception
    assert escape_markdown("snapshot-1.jpg") in words(page)
    assert "model tiny, expressions" in words(page)


def test_ice_servers_that_cannot_be_used_are_a_sentence(
    open_live: Show, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FER_ICE_URLS", "https://example.org")
    assert "cannot be used" in words(open_live())


def test_a_connection_that_this_server_cannot_set_up_is_a_sentence(
    open_live: Show, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise SignallingTimeoutError("nothing within 10 seconds")

    monkeypatch.setattr(connection, "webrtc_streamer", fail)
    assert escape_markdown("could not set up its side of the connection: nothing within") in words(
        open_live()
    )


@pytest.mark.parametrize(
    ("own", "others", "sentence"),
    [
        (2, 0, "2 of your own live streams are running"),
        (1, 7, "8 live streams are running on this server"),
        (1, 6, None),
    ],
)
def test_streams_are_bounded_for_a_visitor_and_in_all_and_it_is_said(
    open_live: Show, own: int, others: int, sentence: str | None
) -> None:
    page = open_live(sending=True)
    running = [Stream(stream(page).model, LiveSettings(), Look()) for _ in range(own + others)]
    me = page.session_state["_visitor"]
    camera_places._holders.clear()
    for number, other in enumerate(running):
        camera_places._holders[other] = me if number < own else f"visitor {number}"
    page.run()
    if sentence is None:
        assert not page.error and len(camera_places._holders) == own + others + 1
        return
    assert sentence in page.error[0].value
    assert stream(page) not in camera_places._holders
    running[0].end()
    assert not page.run().error
    assert stream(page) in camera_places._holders


def test_the_summary_as_csv_has_everyone() -> None:
    people = [
        PersonSummary(1, 0.0, 9.5, {"happy": 6.25, "unsure": 3.0}),
        PersonSummary(2, 3.0, 3.1, {}),
    ]
    first, second = csv.DictReader(io.StringIO(live_summary.csv_text(people)))
    assert (first["person"], first["happy"], first["unsure"]) == ("1", "6.25", "3.0")
    assert (second["last_seen"], second["sad"]) == ("3.1", "0.0")


def test_whose_minute_is_shown_can_be_chosen() -> None:
    assert live_view.followed(0, [4], []) == 4
    assert live_view.followed(0, [1, 4], [4]) == 4
    assert live_view.followed(1, [1, 4], [4]) == 1
    assert live_view.followed(0, [], []) is None
