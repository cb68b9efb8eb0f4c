"""The frame callback and what it keeps: it never raises, never blocks, gives everything back."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import av
import numpy as np
import pytest

from dashboard.camera.stream import Look, Stream
from fer import images, registry
from fer.geometry import Box, Image
from fer.inference import explanation
from fer.live.feed import LiveSettings, Person
from fer.results import FrameResult
from tests import clips
from tests.helpers import (
    ASTRONAUT_FACE,
    astronaut,
    group_photo,
    make_prediction,
    publish_tiny,
    result_of,
)

pytestmark = pytest.mark.usefixtures("tiny_models")
PLAIN = Look(mirror=False)


@pytest.fixture
def begin(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Stream]]:
    monkeypatch.setattr("fer.live.worker.STALE_SECONDS", 1e6)  # on a busy machine
    streams: list[Stream] = []

    def make(model: str = "tiny", look: Look = PLAIN) -> Stream:
        streams.append(Stream(registry.load(model), LiveSettings(every=1), look))
        return streams[-1]

    yield make
    for stream in streams:
        stream.end()


def video(image: Image) -> av.VideoFrame:
    return av.VideoFrame.from_ndarray(image, format="rgb24").reformat(format="yuv420p")


def pixels(frame: av.VideoFrame) -> Image:
    return images.from_video_frame(frame, 4000)


def shown_until(stream: Stream, done: Callable[[Image], bool], image: Image | None = None) -> Image:
    """Shows a picture again and again until what comes back is as wanted."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        back = pixels(stream.show(video(clips.frame(0) if image is None else image)))
        if done(back):
            return back
        time.sleep(0.02)
    raise AssertionError(f"it never came: {stream.fault}, {stream.feed and stream.feed.problem()}")


def differs(image: Image) -> Callable[[Image], bool]:
    """Whether something was drawn: more than a frame's way through YUV changes."""
    raw = pixels(video(image)).astype(int)
    return lambda back: back.shape == image.shape and int(np.abs(back - raw).max()) > 60


def test_a_face_is_framed_and_known_to_the_page(begin: Callable[..., Stream]) -> None:
    stream = begin()
    shown_until(stream, differs(clips.frame(0)))
    assert stream.feed is not None
    assert len(stream.feed.people()) == 1
    assert stream.fault is None


@pytest.mark.parametrize("size", [(1, 1), (1, 3), (33, 77), (481, 641)])
def test_odd_sizes_come_back_with_even_ones(
    begin: Callable[..., Stream], size: tuple[int, int]
) -> None:
    stream = begin()
    back = stream.show(video(np.zeros((*size, 3), np.uint8)))
    assert (back.height, back.width) == tuple(side + side % 2 for side in size)
    assert stream.fault is None


def test_4k_is_made_smaller(begin: Callable[..., Stream]) -> None:
    back = begin().show(video(np.zeros((2160, 3840, 3), np.uint8)))
    assert (back.width, back.height) == (1280, 720)


def test_a_frame_that_cannot_be_converted_goes_back_and_is_told(
    begin: Callable[..., Stream],
) -> None:
    stream = begin()
    broken = av.VideoFrame(0, 0, "yuv420p")
    assert stream.show(broken) is broken
    assert stream.fault is not None
    assert "cannot be converted" in stream.fault
    stream.show(video(clips.frame(0)))
    assert stream.fault is None


def test_where_faces_are_covered_a_broken_frame_shows_nothing(
    begin: Callable[..., Stream], monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = begin(look=Look(pixelate=True))

    def fail(*_: object) -> None:
        raise ValueError("no")

    monkeypatch.setattr("dashboard.camera.stream.pixelate.everything", fail)
    back = pixels(stream.show(video(clips.frame(0))))
    assert int(np.ptp(back)) < 4
    assert stream.fault is not None


def test_before_anything_is_known_everything_is_covered() -> None:
    image = astronaut()
    covered = Look(pixelate=True, mirror=False).draw(image, None)
    assert len(np.unique(covered.reshape(-1, 3), axis=0)) <= 16 * 16


def test_a_mirrored_picture_has_its_frame_on_the_mirrored_face() -> None:
    image = astronaut()
    left, top, right, bottom = ASTRONAUT_FACE
    drawn = Look().draw(image, result_of(image, Box(left, top, right, bottom)))
    changed = np.abs(drawn.astype(int) - images.mirrored(image)).sum(axis=2) > 60
    columns = np.flatnonzero(changed[top + 20 : bottom - 20].any(axis=0))
    assert abs(columns.min() - (512 - right)) < 8
    assert abs(columns.max() - (512 - left)) < 8


def test_a_model_that_does_not_answer_leaves_the_picture_and_a_sentence(
    begin: Callable[..., Stream],
) -> None:
    publish_tiny("broken", broken=True)
    stream = begin("broken")

    def told(_: Image) -> bool:
        return stream.feed is not None and stream.feed.problem() is not None

    back = shown_until(stream, told)
    assert not differs(clips.frame(0))(back)
    assert stream.feed is not None
    assert "does not return" in str(stream.feed.problem())
    stream.configure(registry.load("tiny"), LiveSettings(), PLAIN)
    shown_until(stream, differs(clips.frame(0)))


def test_settings_change_while_it_goes_on(begin: Callable[..., Stream]) -> None:
    stream = begin()
    shown_until(stream, differs(clips.frame(0)))
    feed = stream.feed
    stream.configure(registry.load("other"), LiveSettings(unsure_below=1.0), PLAIN)

    def unsure(_: Image) -> bool:
        assert feed is not None
        return any(person.prediction.uncertain for person in feed.people())

    shown_until(stream, unsure)
    assert stream.feed is feed
    assert stream.model.card.name == "other"


def test_another_prior_takes_effect_while_the_stream_goes_on(
    begin: Callable[..., Stream],
) -> None:
    publish_tiny("skewed", shares=(0.3, 0.3, 0.3, 0.025, 0.025, 0.025, 0.025))
    stream = begin("skewed")

    def share() -> float:
        assert stream.feed is not None
        return float(stream.feed.people()[0].prediction.probabilities[0])

    shown_until(stream, lambda _: bool(stream.feed and stream.feed.people()))
    feed, before = stream.feed, share()
    stream.configure(stream.model.with_prior("balanced"), LiveSettings(every=1), PLAIN)
    shown_until(stream, lambda _: share() < before / 2)
    assert stream.feed is feed
    moment = stream.freeze()
    assert moment is not None and moment.record["prior"] == "balanced"


def test_a_frozen_moment_is_what_was_shown(begin: Callable[..., Stream]) -> None:
    stream = begin(look=Look(mirror=True))
    assert stream.freeze() is None
    shown_until(stream, lambda _: bool(stream.feed and stream.feed.people()))
    stream.show(video(clips.frame(0)))
    moment = stream.freeze()
    assert moment is not None
    still = images.decode(moment.png)
    assert still.shape == (480, 640, 3)
    (face,) = moment.record["faces"]
    assert face["person"] == 1
    left, _, right, _ = face["box"]
    assert left < 640 - 398 < right, "boxes are in pixels of the mirrored still"
    named = [moment.record[name] for name in ("model", "detector", "prior")]
    assert named == ["tiny", "mtcnn", "training"]
    (frozen,) = moment.faces
    assert frozen.person == 1
    told = explanation.explain(registry.load("tiny"), frozen.pixels)
    assert told.pixels.shape == registry.card("tiny").input.shape


def test_a_frame_without_its_analysis_is_analysed_when_it_is_frozen(
    begin: Callable[..., Stream], monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a busy machine results are older than what is shown with a frame."""
    stream = begin(look=Look(mirror=True))
    monkeypatch.setattr("fer.live.feed.LiveFeed.latest", lambda *_, **__: None)
    stream.show(video(clips.frame(0)))
    moment = stream.freeze()
    assert moment is not None and moment.labels != "no face"
    (face,) = moment.record["faces"]
    assert face["person"] is None and face["box"][0] < 640 - 398 < face["box"][2]


def test_faces_of_a_moment_are_in_the_order_in_which_they_are_shown(
    begin: Callable[..., Stream], monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = begin(look=Look(mirror=True))
    monkeypatch.setattr("fer.live.feed.LiveFeed.latest", lambda *_, **__: None)
    stream.show(video(group_photo()))
    moment = stream.freeze()
    assert moment is not None and len(moment.faces) > 1
    recorded = [face["confidence"] for face in moment.record["faces"]]
    assert [face.prediction.confidence for face in moment.faces] == pytest.approx(
        recorded, abs=1e-5
    )


def test_people_are_counted_from_the_left_of_the_picture_that_is_shown(
    begin: Callable[..., Stream], monkeypatch: pytest.MonkeyPatch
) -> None:
    people = [Person(track, make_prediction(), 0.0) for track in (1, 2)]
    monkeypatch.setattr("fer.live.feed.LiveFeed.people", lambda _: tuple(people))
    stream = begin(look=Look(mirror=True))
    assert stream.people() == ()
    stream.show(video(clips.frame(0)))
    assert [person.track for person in stream.people()] == [2, 1]
    stream.look = PLAIN
    assert [person.track for person in stream.people()] == [1, 2]


def test_a_moment_of_covered_faces_keeps_none_of_them(begin: Callable[..., Stream]) -> None:
    stream = begin(look=Look(pixelate=True))
    shown_until(stream, lambda _: bool(stream.feed and stream.feed.people()))
    stream.show(video(clips.frame(0)))
    moment = stream.freeze()
    assert moment is not None and moment.record["faces"]
    assert moment.faces == ()


def test_the_end_gives_thread_and_picture_back(begin: Callable[..., Stream]) -> None:
    before = set(threading.enumerate())
    stream = begin()
    shown_until(stream, lambda _: bool(stream.feed and stream.feed.people()))
    mine = set(threading.enumerate()) - before
    assert mine
    stream.end()
    stream.end()
    for thread in mine:
        thread.join(30)
    assert not any(thread.is_alive() for thread in mine)
    assert stream.freeze() is None
    assert stream.feed is not None
    assert stream.feed.summary()
    assert stream.show(video(clips.frame(0))).width == 640, "a late frame does no harm"
    assert set(threading.enumerate()) <= before


def test_a_frame_in_flight_leaves_no_face_behind_after_the_end(
    begin: Callable[..., Stream], monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = begin()
    shown_until(stream, lambda _: bool(stream.feed and stream.feed.people()))
    feed = stream.feed
    assert feed is not None
    latest = feed.latest

    def ended_meanwhile(at: float) -> FrameResult | None:
        result = latest(at)
        stream.end()
        return result

    monkeypatch.setattr(feed, "latest", ended_meanwhile)
    stream.show(video(clips.frame(0)))
    assert stream.freeze() is None
    assert stream._last is None
    feed._worker.thread.join(30)
    assert feed._worker._newest is None


def test_a_stream_that_never_starts_costs_no_thread(begin: Callable[..., Stream]) -> None:
    before = set(threading.enumerate())
    stream = begin()
    assert stream.waiting_seconds() >= 0
    stream.end()
    assert set(threading.enumerate()) == before
