"""A recorded timeline: what was seen, as numbers, within bounds."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

import numpy as np
import pytest

from fer.emotions import EMOTIONS
from fer.live import recording
from fer.live.history import History
from fer.live.recording import Recording
from fer.results import FaceResult
from tests.helpers import make_face_result


def person(track: int, label: str = "happy", uncertain: bool = False) -> FaceResult:
    return replace(make_face_result(label, uncertain=uncertain), track=track)


def recorded(frames: dict[float, list[FaceResult]]) -> Recording:
    history, made = History(), Recording()
    for time, faces in frames.items():
        made.add(history.write(faces, time))
    return made


def test_each_person_has_a_course_from_the_beginning_of_the_recording() -> None:
    frames = {
        100 + n / 10: [person(1, "happy" if n < 20 else "sad", uncertain=n >= 30)]
        + ([person(2, "fear")] if 10 <= n < 15 else [])
        for n in range(40)
    }
    first, second = recorded(frames).courses()
    assert (first.person, second.person) == (1, 2)
    assert first.starts[0] == 0 and first.ends[-1] == pytest.approx(4.0)
    assert first.shares["happy"] == pytest.approx(0.5, abs=0.01)
    assert first.shares["sad"] == first.shares["unsure"] == pytest.approx(0.25, abs=0.01)
    assert second.starts[0] == pytest.approx(1.0)
    assert second.shares["fear"] == 1


def test_thirty_frames_a_second_are_ten_samples() -> None:
    made = recorded({n / 30: [person(1)] for n in range(300)})
    (course,) = made.courses()
    assert 90 <= len(course.starts) <= 101
    assert made.seconds == pytest.approx(10, abs=0.3)


def test_while_a_face_is_away_its_course_has_a_gap() -> None:
    (course,) = recorded({time: [person(1)] for time in (0.0, 0.1, 0.2, 9.0, 9.1)}).courses()
    gaps = course.starts[1:] - course.ends[:-1]
    assert np.flatnonzero(gaps > 0.01).tolist() == [2]
    assert gaps[2] == pytest.approx(8.7)


def test_the_csv_has_a_row_a_face_and_moment_and_no_picture() -> None:
    made = recorded({n / 10: [person(1), person(2, "sad", uncertain=True)] for n in range(3)})
    rows = list(csv.DictReader(io.StringIO(made.csv_text())))
    assert list(rows[0]) == ["time", "person", "label", "confidence", "uncertain", *EMOTIONS]
    assert [(row["time"], row["person"]) for row in rows[:3]] == [
        ("0.0", "1"),
        ("0.0", "2"),
        ("0.1", "1"),
    ]
    assert rows[1]["label"] == "sad" and rows[1]["uncertain"] == "true"
    assert float(rows[1]["confidence"]) == pytest.approx(float(rows[1]["sad"]))


def test_a_recording_is_bounded_and_says_that_it_is_full(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recording, "MOST_SAMPLES", 25)
    made = recorded({n / 10: [person(1), person(2)] for n in range(100)})
    assert made.is_full
    assert sum(len(course.starts) for course in made.courses()) == 24


def test_nothing_seen_is_an_empty_recording() -> None:
    made = recorded({0.0: [], 0.1: []})
    assert made.courses() == [] and made.seconds == 0
    assert made.csv_text().count("\n") == 1
