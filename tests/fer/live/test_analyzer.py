"""A stream frame by frame, without threads: pace, steady time, sizes, and who is who."""

from __future__ import annotations

import itertools
import math

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from fer import registry
from fer.geometry import Image, clip_box
from fer.live import analyzer
from fer.live.analyzer import Analysis, Analyzer, LiveSettings
from fer.live.pacing import RateController, SteadyTime
from tests import scenes
from tests.helpers import publish_tiny
from tests.stubs import NAME, StubDetector, bright_square, poison, register

RATE = 15


class Ticks:
    """A clock that goes on by a fixed step whenever it is read, however slow the machine."""

    def __init__(self, step: float) -> None:
        self._count, self._step = itertools.count(), step

    def perf_counter(self) -> float:
        return next(self._count) * self._step


@pytest.fixture(autouse=True)
def stub(tiny_models: object, monkeypatch: pytest.MonkeyPatch) -> None:
    register(monkeypatch)
    monkeypatch.setattr(analyzer, "clock", Ticks(0.001))


def analysed(images: list[Image], settings: LiveSettings, rate: float = RATE) -> list[Analysis]:
    analyser, model = Analyzer(), registry.load("tiny")
    analyser.prepare(model, settings)
    return [
        analyser.analyze(image, n / rate, n / rate, model, settings)
        for n, image in enumerate(images)
    ]


def searches(found: list[Analysis]) -> list[int]:
    """Numbers of the frames in which faces were searched."""
    return [n for n, one in enumerate(found) if "detect" in one.result.seconds]


def test_every_nth_frame_is_searched() -> None:
    found = analysed([bright_square()] * 20, LiveSettings(detector=NAME, every=6))
    assert searches(found) == [0, 6, 12, 18]
    assert all(len(one.result.faces) == 1 for one in found)


def test_the_adapted_pace_searches_seldom_but_finds_a_newcomer_soon() -> None:
    empty = np.full((240, 320, 3), 20, np.uint8)
    found = analysed([empty] * 45 + [bright_square()] * 20, LiveSettings(detector=NAME))
    assert 5 <= len([n for n in searches(found) if n < 45]) <= 13
    first = next(n for n, one in enumerate(found) if one.result.faces)
    assert first - 45 <= RATE / 2
    assert len([n for n in searches(found) if n >= first]) <= 11


def test_a_costly_detector_is_asked_less_often(monkeypatch: pytest.MonkeyPatch) -> None:
    def number(seconds: float) -> int:
        monkeypatch.setattr(analyzer, "clock", Ticks(seconds))
        return len(searches(analysed([bright_square()] * 90, LiveSettings(detector=NAME))))

    assert number(0.001) > number(0.03) > number(0.5) >= 5


def test_faces_are_classified_at_most_fifteen_times_a_second() -> None:
    found = analysed([bright_square()] * 60, LiveSettings(detector=NAME, every=1), rate=60)
    assert 4 <= sum("classify" in one.result.seconds for one in found) <= 16
    assert all(one.result.faces[0].prediction for one in found)


def test_one_person_in_a_clip_is_one_track() -> None:
    places = [[(320 + 4.0 * n, 240, 200 + 2 * n, False)] for n in range(24)]
    found = analysed([scenes.frame(place) for place in places], LiveSettings())
    assert {face.track for one in found for face in one.result.faces} == {1}
    for place, one in zip(places, found, strict=True):
        truth = scenes.face_box(place[0])
        assert truth is not None
        assert scenes.overlap(one.result.faces[0].face.box, truth) > 0.5


@pytest.mark.parametrize("rate", [15.0, 0.6, 0.3])
def test_a_machine_that_is_slow_keeps_who_is_who(rate: float) -> None:
    found = analysed([bright_square()] * 8, LiveSettings(detector=NAME), rate)
    assert [[face.track for face in one.result.faces] for one in found] == [[1]] * 8
    assert found[-1].since == {1: 0.0} and found[-1].now == pytest.approx(7 / rate)


def test_whoever_is_there_after_a_long_pause_is_somebody_else() -> None:
    found = analysed([bright_square()] * 3, LiveSettings(detector=NAME), 0.1)
    assert [[face.track for face in one.result.faces] for one in found] == [[1], [2], [3]]


def test_a_large_frame_is_read_small_and_answered_in_its_own_pixels() -> None:
    image = np.full((2160, 3840, 3), 20, np.uint8)
    image[600:1500, 1000:1900] = 250
    analyser, model, settings = Analyzer(), registry.load("tiny"), LiveSettings(NAME, every=1)
    for step in range(6):
        moved = np.roll(image, 60 * step, axis=1)
        one = analyser.analyze(moved, step / 10, step / 10, model, settings)
    assert (one.result.width, one.result.height) == (3840, 2160)
    (face,) = one.result.faces
    truth = clip_box(1300, 600, 2200, 1500, 3840, 2160)
    assert truth is not None
    assert scenes.overlap(face.face.box, truth) > 0.9
    assert one.velocities[1][0] == pytest.approx(600, abs=150)


def test_any_sequence_of_sizes_is_read() -> None:
    shapes = [(1, 1), (480, 640), (2, 500), (31, 33), (101, 77), (1, 9), (240, 320), (16, 16)]
    images = [np.full((*shape, 3), 250, np.uint8) for shape in shapes * 2]
    for settings in (LiveSettings(NAME, every=1), LiveSettings(every=1), LiveSettings("haar")):
        for image, one in zip(images, analysed(images, settings), strict=True):
            assert (one.result.height, one.result.width) == image.shape[:2]


@pytest.mark.parametrize("after_error", [bright_square(), np.full((240, 320, 3), 20, np.uint8)])
def test_after_an_error_the_next_frame_is_searched_again(after_error: Image) -> None:
    analyser, model, settings = Analyzer(), registry.load("tiny"), LiveSettings(NAME)
    analyser.prepare(model, settings)
    for n in range(3):
        with pytest.raises(RuntimeError, match="lens cap"):
            analyser.analyze(poison(), n / RATE, n / RATE, model, settings)
    one = analyser.analyze(after_error, 3 / RATE, 3 / RATE, model, settings)
    assert "detect" in one.result.seconds


def test_a_detector_of_ones_own_is_made_once_and_anew_for_another_name() -> None:
    analyser, model = Analyzer(), registry.load("tiny")
    for n, name in enumerate([NAME, NAME, "haar", NAME]):
        analyser.analyze(bright_square(), n, n, model, LiveSettings(name, every=1))
    assert len(StubDetector.made) == 2


def test_streams_that_stand_still_are_read_by_our_clock() -> None:
    analyser, model, settings = Analyzer(), registry.load("tiny"), LiveSettings(NAME)
    empty = np.full((240, 320, 3), 20, np.uint8)
    shown = []
    for n in range(60):
        image = bright_square() if n < 20 else empty
        shown.append(analyser.analyze(image, 7.0, n / RATE, model, settings).result)
    assert len(shown[10].faces) == 1
    assert shown[-1].faces == ()
    assert {one.time for one in shown} == {7.0}


times = st.one_of(st.floats(-1e6, 1e6), st.sampled_from([math.nan, math.inf, -math.inf]))


@given(st.lists(st.tuples(times, st.floats(0, 10)), min_size=1, max_size=30))
def test_steady_time_is_finite_and_never_turns_back(steps: list[tuple[float, float]]) -> None:
    steady, arrived, before = SteadyTime(), 100.0, -math.inf
    for time, passed in steps:
        arrived += passed
        now = steady(time, arrived)
        assert math.isfinite(now)
        assert before <= now
        assert before == -math.inf or now - before < passed + 5.01
        before = now


@given(st.lists(st.floats(0.001, 1), min_size=2, max_size=30), st.floats(0, 100))
def test_steady_time_leaves_a_sound_stream_as_it_is(steps: list[float], start: float) -> None:
    steady, time = SteadyTime(), start
    for passed in steps:
        assert steady(time, 50 + time) == pytest.approx(time)
        time += passed


def test_a_crowd_shares_the_time() -> None:
    pace = RateController(share=0.1, shortest=0.1, longest=0.5)
    pace.done(0.0, 0.03)
    assert pace.due(0.3)
    assert not pace.due(0.3, crowd=3)
    assert pace.due(0.9, crowd=3)


def test_a_pace_keeps_its_share_within_bounds() -> None:
    pace = RateController(share=0.1, shortest=0.1, longest=0.5)
    assert pace.due(0.0)
    pace.done(0.0, 0.03)
    assert not pace.due(0.2)
    assert pace.due(0.2, hurry=True)
    assert pace.due(0.3)
    pace.done(0.3, 0.5)
    assert not pace.due(0.7)
    assert pace.due(0.8)
    pace.done(0.8, 10.0)
    assert not pace.due(5.0)


def test_smoothing_and_unsure_are_of_the_adjusted_answers() -> None:
    publish_tiny(
        "skewed",
        shares=(0.02, 0.02, 0.02, 0.02, 0.02, 0.02, 0.88),
        uncertain_below=0.5,
        priors={"balanced": {"uncertain_below": 0.9}},
    )
    model, settings = registry.load("skewed"), LiveSettings(NAME, every=1, smoothing=1.0)
    analyser = Analyzer()
    predictions = {}
    for n, prior in enumerate(["training", "balanced", "training"] * 2):
        asked = model.with_prior(prior)
        for step in range(2):
            time = n + step / 2
            result = analyser.analyze(bright_square(), time, time, asked, settings).result
        (face,) = result.faces
        assert face.pixels is not None
        expected = asked.probabilities(face.pixels[None])[0]
        np.testing.assert_allclose(face.prediction.probabilities, expected, atol=1e-5)
        predictions[prior] = face.prediction
    assert predictions["training"].confidence > predictions["balanced"].confidence + 0.2
    assert not predictions["training"].uncertain
    assert predictions["balanced"].uncertain
