"""A take in the making, with a clock that the test sets."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from dashboard.teach import recorder as recording
from dashboard.teach.recorder import COUNTDOWN_SECONDS, SILENT_SECONDS, CuedLook, Recorder
from fer.geometry import Image


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    clock = Clock()
    monkeypatch.setattr(recording, "time", clock)
    yield clock


def picture() -> Image:
    return np.full((480, 640, 3), 90, np.uint8)


def send(recorder: Recorder, clock: Clock, seconds: float) -> None:
    """A camera with 30 pictures a second."""
    for _ in range(round(30 * seconds)):
        clock.now += 1 / 30
        recorder.offer(picture())


def test_nothing_is_kept_before_the_countdown_is_over(clock: Clock) -> None:
    recorder = Recorder("happy", 2.0)
    send(recorder, clock, COUNTDOWN_SECONDS - 0.1)
    assert recorder.frames() == [] and 0 < recorder.countdown < 0.2


def test_a_take_has_eight_frames_a_second_and_then_is_over(clock: Clock) -> None:
    recorder = Recorder("happy", 2.0)
    send(recorder, clock, COUNTDOWN_SECONDS + 2.2)
    assert recorder.is_complete and recorder.is_over
    times = [time for _, time in recorder.frames()]
    assert len(times) in (15, 16) and times[0] == 0 and times[-1] < 2
    assert min(np.diff(times)) >= 1 / recording.FRAMES_PER_SECOND - 1e-9
    send(recorder, clock, 1.0)
    assert len(recorder.frames()) == len(times)


def test_a_camera_that_stops_ends_the_take_incomplete(clock: Clock) -> None:
    recorder = Recorder("sad", 4.0)
    send(recorder, clock, COUNTDOWN_SECONDS + 1.5)
    assert not recorder.is_over
    clock.now += SILENT_SECONDS + 0.1
    assert recorder.is_over and not recorder.is_complete
    assert recorder.recorded == pytest.approx(1.4, abs=0.2)


def test_frames_of_a_take_that_nobody_comes_back_for_are_dropped(clock: Clock) -> None:
    left, other = Recorder("sad", 4.0), Recorder("sad", 2.0)
    send(left, clock, COUNTDOWN_SECONDS + 1.5)
    clock.now += recording.ABANDONED_SECONDS / 2
    send(other, clock, 0.1)
    recording.drop_abandoned()
    assert len(left.frames()) > 5
    clock.now += recording.ABANDONED_SECONDS
    recording.drop_abandoned()
    assert left.frames() == [] and left.is_over and not left.is_complete
    send(left, clock, 1.0)
    assert left.frames() == []


def test_a_camera_that_sends_nothing_ends_it_too(clock: Clock) -> None:
    recorder = Recorder("sad", 4.0)
    clock.now += COUNTDOWN_SECONDS + SILENT_SECONDS - 0.1
    assert not recorder.is_over
    clock.now += 0.2
    assert recorder.is_over and recorder.frames() == []


def test_the_picture_shows_the_countdown_then_a_red_dot_then_nothing(clock: Clock) -> None:
    recorder = Recorder("happy", 2.0)
    look, plain = CuedLook(recorder=recorder), picture()
    counting = look.draw(plain, None)
    assert (counting != plain).any() and (plain == 90).all()
    send(recorder, clock, COUNTDOWN_SECONDS + 0.5)
    recorded = look.draw(plain, None)
    assert ((recorded == (213, 40, 40)).all(axis=2)).sum() > 100
    send(recorder, clock, 2.0)
    assert (look.draw(plain, None) == plain).all()
