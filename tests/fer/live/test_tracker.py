"""Who stays who: on scenes with a real face, and under whatever a detector may say."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from fer.geometry import Image, clip_box
from fer.inference import detection
from fer.live.tracker import LINGER_SECONDS, Tracked, Tracker
from fer.live.tracks import HIDDEN_SECONDS, LOST_SECONDS, MOST_FACES, SURE
from fer.results import Face
from tests import scenes
from tests.helpers import make_face

FRAMES_PER_SECOND = 15
Scene = Callable[[float], list[scenes.Place]]


def watched(
    scene: Scene, seconds: float, every: int
) -> Iterator[tuple[float, tuple[Tracked, ...]]]:
    """A scene seen through the default detector in every n-th frame."""
    tracker, detector = Tracker(), detection.create()
    for number in range(int(seconds * FRAMES_PER_SECOND)):
        time = number / FRAMES_PER_SECOND
        image = scenes.frame(scene(time))
        if number % every == 0:
            found = detection.detect_with(detector, image, 320)
            yield time, tracker.detected(image, found, time)
        else:
            yield time, tracker.moved(image, time)


def numbers(shown: tuple[Tracked, ...]) -> list[int]:
    return [one.track for one in shown]


def moving(time: float) -> list[scenes.Place]:
    x = 320 + 150 * math.sin(2 * time)
    return [(x, 240 + 40 * math.sin(3 * time), 220 + 60 * math.sin(1.5 * time), False)]


@pytest.mark.parametrize("every", [1, 10])
def test_one_person_who_moves_and_changes_size_is_one_track(every: int) -> None:
    for time, shown in watched(moving, 3, every):
        assert numbers(shown) == [1]
        truth = scenes.face_box(moving(time)[0])
        assert truth is not None
        assert scenes.overlap(shown[0].face.box, truth) > 0.5


def test_velocity_is_in_pixels_a_second() -> None:
    *_, (_, shown) = watched(lambda time: [(150 + 90 * time, 240, 200, False)], 1.5, 5)
    assert shown[0].velocity == pytest.approx((90, 0), abs=10)


def test_who_leaves_and_comes_back_is_a_new_track() -> None:
    def scene(time: float) -> list[scenes.Place]:
        return [] if 1 <= time < 1 + LOST_SECONDS + 1 else [(320, 240, 200, False)]

    seen = [(time, numbers(shown)) for time, shown in watched(scene, 4, 3)]
    assert [ids for time, ids in seen if time < 1] == [[1]] * FRAMES_PER_SECOND
    assert all(ids == [] for time, ids in seen if 1 + HIDDEN_SECONDS < time < 3)
    assert seen[-1][1] == [2]


def test_where_a_lost_face_was_is_known_for_a_while() -> None:
    """So that it can stay covered: the detector alone lost it, the person may sit there yet."""
    tracker, place = Tracker(), (320.0, 240.0, 200.0, False)
    image = scenes.frame([place])
    tracker.detected(image, [make_face(220, 140, 200)], 0)
    assert tracker.hidden == ()
    until = LOST_SECONDS + LINGER_SECONDS
    for tenth in range(1, 40):
        shown = tracker.detected(image, [], tenth / 10)
        places = [one.face.box for one in shown] + list(tracker.hidden)
        if tenth / 10 < until:
            assert any(box.left < 320 < box.right and box.top < 240 < box.bottom for box in places)
        elif tenth / 10 > until + 0.2:
            assert places == []


def test_a_face_that_needs_confirming_is_hidden_not_unknown() -> None:
    tracker, image = Tracker(), scenes.frame([(320, 240, 200, False)])
    unsure = Face(make_face(220, 140, 200).box, SURE - 0.1)
    assert tracker.detected(image, [unsure], 0) == ()
    assert tracker.hidden == (unsure.box,)
    smaller = scenes.frame([(320, 240, 200, False)])[::2, ::2]
    assert tracker.detected(smaller, [], 0.1) == ()
    (box,) = tracker.hidden
    assert box.centre == pytest.approx((160, 120), abs=2)


def test_faces_beyond_the_surest_are_hidden_not_unknown() -> None:
    tracker, image = Tracker(), scenes.wall(640, 480)
    faces = [make_face(40 * column, 40 * row, 30) for row in range(4) for column in range(12)]
    shown = tracker.detected(image, faces, 0)
    assert len(shown) == MOST_FACES
    covered = {one.face.box for one in shown} | set(tracker.hidden)
    assert {face.box for face in faces} == covered
    tracker.detected(image[::2, ::2], faces[:3], 0.1)
    assert all(box.right <= 320 and box.bottom <= 240 for box in tracker.hidden)


@pytest.mark.parametrize("speeds", [(150, 100), (80, 80)])
def test_two_who_cross_keep_apart(speeds: tuple[int, int]) -> None:
    def scene(time: float) -> list[scenes.Place]:
        first = (100 + speeds[0] * time, 260, 180, False)
        return [first, (540 - speeds[1] * time, 230, 170, True)]

    seconds = 440 / sum(speeds) + 160 / min(speeds)
    seen = [shown for _, shown in watched(scene, seconds, 2)]
    left, right = numbers(seen[0])
    both = [numbers(shown) for shown in seen if len(shown) == 2]
    assert both[0] == [left, right]
    assert both[-1] == [right, left]
    assert {track for shown in seen for track in numbers(shown)} == {left, right}


def test_a_face_missed_once_stays_on_screen() -> None:
    image, tracker = scenes.wall(320, 240), Tracker()
    tracker.detected(image, [make_face()], 0.0)
    assert numbers(tracker.detected(image, [], 0.1)) == [1]
    assert numbers(tracker.detected(image, [], 0.2)) == []
    assert numbers(tracker.detected(image, [make_face()], 0.3)) == [1]


def test_a_doubtful_face_is_shown_when_it_is_seen_again() -> None:
    image, tracker = scenes.wall(320, 240), Tracker()
    assert tracker.detected(image, [make_face(score=0.7)], 0.0) == ()
    assert tracker.doubtful
    assert tracker.detected(image, [], 0.1) == ()
    assert not tracker.doubtful
    assert tracker.detected(image, [make_face(score=0.7)], 0.2) == ()
    assert numbers(tracker.detected(image, [make_face(score=0.7)], 0.3)) == [1]


def test_one_face_detected_twice_is_one_track() -> None:
    faces = [make_face(side=60), make_face(left=14, side=60, score=0.95)]
    (shown,) = Tracker().detected(scenes.wall(320, 240), faces, 0.0)
    assert shown.face.score == pytest.approx(0.95)


def test_twenty_faces_are_twenty_tracks() -> None:
    image, tracker = scenes.wall(640, 480), Tracker()
    faces = [make_face(20 + 120 * (n % 5), 10 + 110 * (n // 5), 60) for n in range(20)]
    tracker.detected(image, faces, 0.0)
    shown = tracker.detected(image, faces[::-1], 0.1)
    assert sorted(numbers(shown)) == list(range(1, 21))
    assert [one.face.box.left for one in shown] == sorted(one.face.box.left for one in shown)


def test_a_picture_that_becomes_smaller_scales_its_tracks() -> None:
    tracker = Tracker()
    tracker.detected(scenes.wall(640, 480), [make_face(100, 80, 60)], 0.0)
    (shown,) = tracker.moved(scenes.wall(320, 240), 0.03)
    assert shown.track == 1
    assert shown.face.box.as_list() == [50, 40, 80, 70]


@pytest.mark.parametrize("times", [[5.0, 5.0, 5.0], [9.0, 4.0, 1.0], [0.0, math.nan, math.inf]])
def test_time_that_does_not_go_forwards_is_borne(times: list[float]) -> None:
    image, tracker = scenes.wall(320, 240), Tracker()
    for time in times:
        (shown,) = tracker.detected(image, [make_face()], time)
        assert shown.track == 1
        assert all(math.isfinite(value) for value in shown.velocity)


def test_tracks_do_not_pile_up_while_time_stands_still() -> None:
    image, tracker = scenes.wall(320, 240), Tracker()
    for number in range(300):
        tracker.detected(image, [make_face(37 * number % 250, 53 * number % 170)], 1.0)
    assert len(tracker.alive) < 150


_FACES_FOUND = 40


def faces_of(width: int, height: int) -> st.SearchStrategy[list[Face]]:
    share = st.floats(0, 1)
    places = st.tuples(share, share, st.floats(0.02, 1), st.floats(0, 1))

    def face(place: tuple[float, float, float, float]) -> Face | None:
        x, y, size, score = place
        left, top, side = x * width, y * height, size * width
        box = clip_box(left, top, left + side, top + side, width, height)
        return None if box is None else Face(box, score)

    return st.lists(places.map(face), max_size=_FACES_FOUND).map(
        lambda all_: [one for one in all_ if one]
    )


class Streams(RuleBasedStateMachine):
    """Any sequence of detections, frames, sizes and times."""

    @initialize()
    def begin(self) -> None:
        self.tracker = Tracker()
        self.image: Image = scenes.wall(160, 120)
        self.time = 0.0
        self.highest = 0

    @rule(data=st.data(), passed=st.floats(-0.5, 1.5))
    def detect(self, data: st.DataObject, passed: float) -> None:
        height, width = self.image.shape[:2]
        faces = data.draw(faces_of(width, height))
        self.time += passed
        alive = self.tracker.alive
        shown = self.tracker.detected(self.image, faces, self.time)
        self.check(shown, alive)
        for face in faces:
            others = [one for one in faces if one is not face]
            alone = all(scenes.overlap(face.box, one.box) == 0 for one in others)
            if alone and face.score >= SURE and len(faces) <= MOST_FACES and face.box.width > 7:
                assert any(scenes.overlap(face.box, one.face.box) > 0.3 for one in shown)

    @rule(passed=st.floats(-0.5, 1.5), shift=st.integers(-6, 6))
    def move(self, passed: float, shift: int) -> None:
        self.image = np.roll(self.image, shift, axis=1)
        self.time += passed
        alive = self.tracker.alive
        self.check(self.tracker.moved(self.image, self.time), alive)

    @rule(size=st.sampled_from([(160, 120), (90, 160), (31, 33), (1, 1), (200, 3)]))
    def resize(self, size: tuple[int, int]) -> None:
        self.image = scenes.wall(*size)

    def check(self, shown: tuple[Tracked, ...], alive: set[int]) -> None:
        """Numbers are unique, never come back once gone, and boxes lie inside the picture."""
        ids = numbers(shown)
        assert len(set(ids)) == len(ids)
        assert all(one in alive or one > self.highest for one in ids)
        self.highest = max([self.highest, *ids])
        height, width = self.image.shape[:2]
        hidden = self.tracker.hidden
        assert len(hidden) <= 4 * MOST_FACES + _FACES_FOUND
        for box in (*hidden, *(one.face.box for one in shown)):
            assert 0 <= box.left < box.right <= width
            assert 0 <= box.top < box.bottom <= height
        for one in shown:
            assert all(math.isfinite(value) for value in one.velocity)


Streams.TestCase.settings = settings(max_examples=30, stateful_step_count=20)
TestStreams = Streams.TestCase
