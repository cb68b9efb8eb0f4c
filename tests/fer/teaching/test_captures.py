"""Captures: adding, deleting and relabelling, and what is too little or too much to teach."""

from __future__ import annotations

import numpy as np
import pytest

from fer.errors import BadCaptures
from fer.geometry import Image
from fer.teaching import captures as captures_module
from fer.teaching.captures import CapturedFace, Captures, Take


def crops(number: int, level: int = 100) -> list[tuple[Image, float]]:
    return [(np.full((48, 48, 3), level + i, np.uint8), i / 10) for i in range(number)]


def two_emotions() -> Captures:
    return Captures().with_take("happy", 3.0, crops(6)).with_take("sad", 2.0, crops(5, 20))


def test_takes_are_numbered_and_counted() -> None:
    captures = two_emotions().with_take("happy", 1.0, crops(1))
    assert [take.take for take in captures.takes] == [1, 2, 3]
    assert captures.counts()["happy"] == 7
    assert captures.emotions() == ("happy", "sad")
    assert captures.takes_of("happy") == (1, 3)
    assert captures.wanting() == {"sad": 1}


def test_a_number_is_not_given_twice_after_a_deletion_in_between() -> None:
    captures = two_emotions().without_take(1).with_take("fear", 1.0, crops(1))
    assert [(take.take, take.emotion) for take in captures.takes] == [(2, "sad"), (3, "fear")]


def test_a_take_goes_with_its_last_face() -> None:
    captures = Captures().with_take("happy", 1.0, crops(1)).with_take("sad", 1.0, crops(2))
    fewer = captures.without_faces({0, 1})
    assert [take.take for take in fewer.takes] == [2]
    assert len(fewer.faces) == 1


def test_one_face_a_take_or_all_of_an_emotion_can_be_relabelled() -> None:
    captures = two_emotions()
    one = captures.relabelled_faces({0}, "fear")
    assert one.counts()["fear"] == 1
    assert one.takes == captures.takes
    take = captures.relabelled_take(1, "fear")
    assert take.counts()["fear"] == 6
    assert take.takes[0].emotion == "fear"
    assert captures.relabelled("sad", "angry").emotions() == ("angry", "happy")
    assert captures.counts()["happy"] == 6  # the first value is as it was


@pytest.mark.parametrize(
    ("captures", "sentence"),
    [
        (Captures(), "so far: none"),
        (Captures().with_take("happy", 1.0, crops(9)), "so far: happy"),
        (two_emotions().without_faces({7, 8}), "too few: sad 3"),
    ],
)
def test_too_little_to_teach_is_said(captures: Captures, sentence: str) -> None:
    with pytest.raises(BadCaptures, match=sentence):
        captures.check_teachable()


def test_enough_can_be_taught() -> None:
    two_emotions().check_teachable()


def test_more_than_can_be_taught_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(captures_module, "MOST_FACES", 10)
    with pytest.raises(BadCaptures, match="11 faces are more than the 10"):
        two_emotions()
    monkeypatch.setattr(captures_module, "MOST_TAKES", 1)
    with pytest.raises(BadCaptures, match="2 takes are more"):
        Captures((Take(1, "happy", 1.0), Take(2, "sad", 1.0)))


@pytest.mark.parametrize(
    "make",
    [
        lambda: Take(0, "happy", 1.0),
        lambda: Take(1, "contempt", 1.0),
        lambda: Take(1, "happy", float("nan")),
        lambda: CapturedFace(np.zeros((48, 48, 3), np.uint8), "happy", 1, -1.0),
        lambda: CapturedFace(np.zeros((48, 48, 3), np.float32), "happy", 1, 0.0),  # type: ignore[arg-type]
        lambda: CapturedFace(np.zeros((48, 500, 3), np.uint8), "happy", 1, 0.0),
        lambda: Captures((Take(1, "happy", 1.0), Take(1, "sad", 1.0))),
        lambda: Captures((), (CapturedFace(np.zeros((48, 48, 3), np.uint8), "happy", 1, 0.0),)),
    ],
)
def test_what_is_no_capture_is_refused(make: object) -> None:
    with pytest.raises(ValueError):
        make()  # type: ignore[operator]


def test_a_captured_face_is_nobody_elses_to_change_or_to_log() -> None:
    crop = np.zeros((48, 48, 3), np.uint8)
    face = CapturedFace(crop, "happy", 1, 0.0)
    crop[:] = 255
    assert face.crop.max() == 0
    with pytest.raises(ValueError):
        face.crop[0, 0, 0] = 1
    assert "crop" not in repr(face)
