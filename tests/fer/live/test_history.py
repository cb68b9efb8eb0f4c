"""What is remembered of a stream stays bounded however long it runs."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fer.live.history import (
    HISTORY_SECONDS,
    MOST_PEOPLE,
    SAMPLES_PER_SECOND,
    STATS_SECONDS,
    History,
    LatencyMeter,
    Spread,
)
from fer.results import FaceResult
from tests.helpers import make_face_result


def person(track: int, label: str = "happy", uncertain: bool = False) -> FaceResult:
    return replace(make_face_result(label, uncertain=uncertain), track=track)


def test_the_history_is_a_minute_of_ten_samples_a_second() -> None:
    diary = History()
    for number in range(30 * 90):
        diary.write([person(1), person(2, "sad")], number / 30)
    samples = diary.samples(1000)
    assert len(samples) <= 2 * (HISTORY_SECONDS * SAMPLES_PER_SECOND + 1)
    assert len(samples) >= 2 * 0.9 * HISTORY_SECONDS * SAMPLES_PER_SECOND
    assert samples[-1].time - samples[0].time == pytest.approx(HISTORY_SECONDS, abs=0.2)
    assert [one.time for one in samples] == sorted(one.time for one in samples)
    assert {(one.track, one.display_label) for one in samples} == {(1, "happy"), (2, "sad")}


def test_old_samples_go_while_nobody_is_there() -> None:
    diary = History()
    diary.write([person(1)], 0.0)
    diary.write([], 30.0)
    assert len(diary.samples(60)) == 1
    assert diary.samples(10) == ()
    diary.write([], 61.0)
    assert diary.samples(60) == ()


def test_the_summary_says_how_long_each_expression_was_shown() -> None:
    diary = History()
    for number in range(31):
        diary.write([person(1, "happy", uncertain=number > 20)], 2 + number / 10)
    (one,) = diary.summary()
    assert (one.first_seen, one.last_seen) == (2.0, 5.0)
    assert one.seconds == pytest.approx({"happy": 2.0, "unsure": 1.0})


def test_a_gap_does_not_count_as_being_there() -> None:
    diary = History()
    for time in (0.0, 0.2, 30.0, 30.2):
        diary.write([person(1)], time)
    (one,) = diary.summary()
    assert one.seconds["happy"] == pytest.approx(0.9)


def test_of_too_many_people_the_briefest_are_forgotten() -> None:
    diary = History()
    for number in range(20):
        diary.write([person(1)], number / 10)
    for track in range(2, MOST_PEOPLE + 300):
        diary.write([person(track)], 10.0 + track)
    people = diary.summary()
    assert len(people) == MOST_PEOPLE
    assert people[0].track == 1
    assert people[-1].track == MOST_PEOPLE + 299


def test_rates_are_those_of_the_last_seconds() -> None:
    meter = LatencyMeter()
    assert meter.stats(0.0, 0).offered_per_second == 0
    for number in range(300):
        meter.offered(number / 30)
        if number % 2 == 0:
            seconds = {"analysis": 0.02, "track": 0.001}
            if number % 6 == 0:
                seconds["detect"] = 0.015
            meter.analysed(number / 30, 0.04, seconds)
    stats = meter.stats(10.0, faces=3)
    assert stats.offered_per_second == pytest.approx(30, abs=0.5)
    assert stats.analysed_per_second == pytest.approx(15, abs=0.5)
    assert stats.detections_per_second == pytest.approx(5, abs=0.5)
    assert stats.classify == Spread(None, None)
    assert stats.analysis.p95 == pytest.approx(0.02)
    assert (stats.delay.p50, stats.faces) == (pytest.approx(0.04), 3)
    assert meter.stats(10.0 + 2 * STATS_SECONDS, 0).analysed_per_second == 0


def test_a_young_stream_is_measured_by_its_own_age() -> None:
    meter = LatencyMeter()
    for number in range(60):
        meter.offered(100 + number / 30)
    assert meter.stats(102.0, 0).offered_per_second == pytest.approx(30)
