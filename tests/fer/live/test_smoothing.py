"""Steady labels in time: bounded delay, no flicker, and nobody's reading in another's mean."""

from __future__ import annotations

import itertools

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from fer.live.smoothing import Smoother
from fer.results import Prediction, Probabilities
from tests.helpers import make_prediction

distributions = (
    st.lists(st.floats(0, 1), min_size=7, max_size=7)
    .filter(lambda values: sum(values) > 0.1)
    .map(lambda values: (np.array(values) / sum(values)).astype(np.float32))
)
readings = st.tuples(
    st.integers(1, 4), distributions, st.floats(-0.2, 0.5), st.floats(0, 1000), st.booleans()
)


def told(label: str, confidence: float = 0.9) -> Probabilities:
    return make_prediction(label, confidence).probabilities


def labels(smoother: Smoother, steps: list[Probabilities], rate: float = 15) -> list[str]:
    return [smoother.update(1, one, n / rate).label for n, one in enumerate(steps)]


def changes(values: list[str]) -> int:
    return sum(a != b for a, b in itertools.pairwise(values))


@given(st.floats(0, 1), st.lists(readings, max_size=30))
def test_a_mean_is_a_distribution_and_nobody_elses(
    strength: float, steps: list[tuple[int, Probabilities, float, float, bool]]
) -> None:
    together = Smoother(strength, 0.5)
    alone = {track: Smoother(strength, 0.5) for track in range(1, 5)}
    time = 0.0
    for track, probabilities, passed, sharpness, forget in steps:
        time += passed
        one = together.update(track, probabilities, time, sharpness)
        other = alone[track].update(track, probabilities, time, sharpness)
        assert (one.probabilities == other.probabilities).all()
        assert (one.label, one.uncertain) == (other.label, other.uncertain)
        if forget:
            together.keep({1, 2, 3, 4} - {track})
            alone[track].clear()


@given(st.lists(st.tuples(distributions, st.floats(0.01, 0.5)), min_size=1, max_size=20))
def test_without_smoothing_each_reading_is_shown_as_it_is(
    steps: list[tuple[Probabilities, float]],
) -> None:
    smoother, time = Smoother(0.0, 0.5), 0.0
    for probabilities, passed in steps:
        time += passed
        shown = smoother.update(1, probabilities, time)
        plain = Prediction(probabilities, float(probabilities.max()) < 0.5)
        assert shown.probabilities == pytest.approx(plain.probabilities, abs=1e-6)
        assert shown.confidence == pytest.approx(plain.confidence, abs=1e-6)


@pytest.mark.parametrize("strength", [0.3, 0.5, 1.0])
def test_a_label_does_not_flicker(strength: float) -> None:
    steps = [told("happy", 0.6), told("sad", 0.6)] * 60
    assert changes(labels(Smoother(0.0), steps)) == 119
    assert changes(labels(Smoother(strength), steps)) <= 1


@pytest.mark.parametrize("seed", range(5))
def test_random_readings_of_two_labels_seldom_change_it(seed: int) -> None:
    random = np.random.default_rng(seed)
    steps = [
        told(str(name), random.uniform(0.4, 0.8)) for name in random.choice(["sad", "fear"], 150)
    ]
    assert changes(labels(Smoother(0.0), steps)) > 50
    assert changes(labels(Smoother(0.5), steps)) <= 8


def test_unsure_does_not_flicker() -> None:
    steps = [told("happy", 0.55), told("happy", 0.45)] * 40

    def states(strength: float) -> list[str]:
        smoother = Smoother(strength, unsure_below=0.5)
        return [smoother.update(1, one, n / 15).display_label for n, one in enumerate(steps)]

    assert changes(states(0.0)) == 79
    assert changes(states(0.5)) <= 1


@pytest.mark.parametrize(("strength", "seconds"), [(0.0, 0.07), (0.5, 0.8), (1.0, 3.0)])
def test_a_real_change_gets_through_in_time(strength: float, seconds: float) -> None:
    smoother = Smoother(strength)
    labels(smoother, [told("neutral")] * 60)
    shown = [smoother.update(1, told("happy"), 4 + n / 15).label for n in range(60)]
    assert shown.index("happy") / 15 <= seconds
    assert set(shown[shown.index("happy") :]) == {"happy"}


def test_another_frame_rate_gives_the_same_curve() -> None:
    def happiness(rate: int) -> list[float]:
        smoother = Smoother(0.5)
        steps = [told("sad" if n < rate else "happy") for n in range(2 * rate + 1)]
        means = [smoother.update(1, one, n / rate).probabilities[3] for n, one in enumerate(steps)]
        return [float(means[tenth * rate // 10]) for tenth in range(1, 21)]

    slow, fast = happiness(10), happiness(60)
    for tenth in range(19):  # a reading stands until the next one: one frame's difference
        low, high = sorted(fast[tenth : tenth + 2])
        assert low - 0.02 <= slow[tenth] <= high + 0.02


def test_a_small_lead_counts_when_it_lasts() -> None:
    smoother = Smoother(0.5)
    labels(smoother, [told("neutral", 0.5)] * 30)
    close = (0.45 * told("neutral", 1.0) + 0.55 * told("sad", 1.0)).astype(np.float32)
    shown = [smoother.update(1, close, 2 + n / 15).label for n in range(45)]
    assert shown[0] == "neutral"
    assert shown[-1] == "sad"
    assert changes(shown) == 1


def test_a_blurred_face_and_a_hesitant_reading_count_less() -> None:
    def sadness(confidence: float, sharpness: float) -> float:
        smoother = Smoother(0.5)
        for n in range(10):
            smoother.update(1, told("happy", 0.8), n / 15, 200.0)
        shown = smoother.update(1, told("sad", confidence), 10 / 15, sharpness)
        return float(shown.probabilities[4])

    assert sadness(0.8, 10.0) < 0.5 * sadness(0.8, 200.0)
    assert sadness(0.4, 200.0) < 0.4 * sadness(0.8, 200.0)


def test_another_threshold_counts_at_once() -> None:
    smoother = Smoother(1.0, unsure_below=0.5)
    assert smoother.update(1, told("happy", 0.9), 0.0).display_label == "happy"
    smoother.configure(1.0, unsure_below=0.92)
    assert smoother.update(1, told("happy", 0.9), 0.1).display_label == "unsure"
    smoother.configure(1.0, unsure_below=0.0)
    assert smoother.update(1, told("happy", 0.9), 0.2).display_label == "happy"


def test_time_that_stands_still_is_borne() -> None:
    smoother = Smoother(0.5)
    for time in (1.0, 1.0, 0.5, 0.5):
        shown = smoother.update(1, told("happy"), time)
    assert shown.label == "happy"


def test_who_is_forgotten_begins_anew() -> None:
    smoother = Smoother(1.0)
    labels(smoother, [told("sad")] * 30)
    smoother.keep({2})
    assert smoother.update(1, told("happy"), 2.1).probabilities == pytest.approx(told("happy"))
