"""What a visitor says about the people of a film."""

from __future__ import annotations

import pytest

from dashboard.video import people
from dashboard.video.view import clock
from fer.video.values import PeopleEdits


def row(name: str = "", same: str = "", out: bool = False) -> dict[str, object]:
    return {"name": name, "same": same, "out": out}


def test_nothing_said_is_nothing_edited() -> None:
    rows = [row(), {"name": None, "same": None, "out": False}]
    assert people.edits_of(rows, [1, 4]) == PeopleEdits()


def test_rows_belong_to_the_numbers_of_their_people() -> None:
    rows = [row(" Ann "), row(same="Person 3"), row(out=True), row("x" * 99)]
    edits = people.edits_of(rows, [3, 5, 8, 9])
    assert edits.names == {3: "Ann", 9: "x" * 40}
    assert edits.merged == {5: 3}
    assert edits.left_out == {8}


@pytest.mark.parametrize(
    ("same", "merged"),
    [
        (["", "Person 1", "Person 2"], {2: 1, 3: 1}),
        (["Person 2", "Person 1", ""], {2: 1}),
        (["Person 3", "Person 1", "Person 2"], {2: 1, 3: 1}),
        (["Person 1", "", "Person 9"], {}),
        (["Person 3", "Person 3", "Person 2"], {1: 2, 3: 2}),
    ],
    ids=["chain", "two each other", "circle", "itself or unknown", "into a circle"],
)
def test_the_same_person_is_one_however_it_is_said(same: list[str], merged: dict[int, int]) -> None:
    assert people.edits_of([row(same=other) for other in same], [1, 2, 3]).merged == merged


def test_times_are_read_as_on_a_clock() -> None:
    assert [clock(seconds) for seconds in (0, 7.44, 59.96, 61, 3600, 7265.2)] == [
        *("0:00.0", "0:07.4", "1:00.0", "1:01.0", "1:00:00", "2:01:05")
    ]
