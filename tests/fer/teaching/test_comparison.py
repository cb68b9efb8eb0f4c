"""Comparing by takes: what is held back, when nothing can be said, and the verdict."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from fer.emotions import EMOTIONS
from fer.errors import BadCaptures
from fer.geometry import Image
from fer.teaching import comparison
from fer.teaching.captures import Captures

HAPPY, SAD = EMOTIONS.index("happy"), EMOTIONS.index("sad")


def captures(happy: int, sad: int, faces: int = 5) -> Captures:
    """Takes of grey squares, no two of them alike."""
    made, levels = Captures(), iter(range(0, 256, 3))
    for emotion, takes in (("happy", happy), ("sad", sad)):
        for _ in range(takes):
            crops = [(np.full((48, 48, 3), next(levels), np.uint8), i / 10) for i in range(faces)]
            made = made.with_take(emotion, 1.0, crops)
    return made


def answers(emotions: list[int]) -> np.ndarray:
    return 0.4 / 6 + np.eye(7)[emotions] * (0.6 - 0.4 / 6)


@pytest.mark.parametrize(("happy", "sad"), [(2, 2), (3, 2), (8, 2), (5, 7)])
def test_whole_takes_are_held_back_and_every_emotion_is_left(happy: int, sad: int) -> None:
    made = captures(happy, sad)
    held = comparison.folds(made)
    assert 2 <= len(held) <= comparison.MOST_FOLDS
    assert np.sum(held, axis=0).tolist() == [1] * len(made.faces)
    for rows in held:
        takes = {face.take for face, is_held in zip(made.faces, rows, strict=True) if is_held}
        left = [face for face, is_held in zip(made.faces, rows, strict=True) if not is_held]
        assert not takes & {face.take for face in left}
        assert {face.emotion for face in left} == {"happy", "sad"}


def test_a_single_take_says_how_many_are_missing_and_no_number() -> None:
    made = captures(1, 3)
    assert comparison.folds(made) == []
    found = comparison.unknown(made)
    assert found.verdict == comparison.UNKNOWN
    assert found.missing == {"happy": 1}
    assert (found.before, found.after, found.difference) == (None, None, None)
    assert found.sentence.endswith("More takes are needed: 1 of happy.")
    assert "%" not in found.sentence


def test_a_take_with_relabelled_faces_stays_in_one_piece() -> None:
    made = captures(2, 2).relabelled_faces({0, 1}, "sad")
    for rows in comparison.folds(made):
        assert len({bool(rows[i]) for i, _ in made.faces_of(1)}) == 1


def with_a_take_twice(made: Captures, take: int) -> Captures:
    again = [(face.crop, face.time) for _, face in made.faces_of(take)]
    return made.with_take(made.takes[take - 1].emotion, 1.0, again)


def test_a_take_that_came_twice_is_never_on_both_sides() -> None:
    made = with_a_take_twice(captures(2, 2), 1)
    held = comparison.folds(made)
    assert len(held) == 2
    for rows in held:
        crops = [
            {made.faces[i].crop.tobytes() for i in np.flatnonzero(some)} for some in (rows, ~rows)
        ]
        assert not crops[0] & crops[1]
    everything = np.arange(len(made.faces))
    same = answers([HAPPY] * len(everything))
    assert comparison.compared(made, everything, same, same).takes == 4


def saved_anew(crop: Image, side: int) -> Image:
    """The picture in another size, through a JPEG."""
    resized = cv2.resize(crop, (side, side), interpolation=cv2.INTER_AREA)
    packed = cv2.imencode(".jpg", resized, [cv2.IMWRITE_JPEG_QUALITY, 60])[1]
    return np.asarray(cv2.imdecode(packed, cv2.IMREAD_COLOR), np.uint8)


def test_a_take_of_pictures_that_were_saved_anew_is_the_same_take(five_takes: Captures) -> None:
    """Another take of the same face is not."""
    copied = [(saved_anew(face.crop, 80), 0.0) for _, face in five_takes.faces_of(1)]
    made = five_takes.with_take("happy", 0.0, copied)
    everything = np.arange(len(made.faces))
    same = answers([HAPPY] * len(everything))
    assert comparison.compared(made, everything, same, same).takes == len(five_takes.takes)
    for rows in comparison.folds(made):
        assert len({bool(rows[i]) for take in (1, 11) for i, _ in made.faces_of(take)}) == 1


def test_a_single_take_that_came_twice_proves_nothing() -> None:
    made = with_a_take_twice(captures(1, 2), 1)
    assert comparison.folds(made) == []
    found = comparison.unknown(made)
    assert found.missing == {"happy": 1}, "what is told is what is counted"
    assert "Takes with the same picture" in found.sentence and "%" not in found.sentence
    assert found.sentence.endswith("More takes are needed: 1 of happy.")


def judged(before: list[int], after: list[int], takes: int = 4) -> comparison.Comparison:
    made = captures(takes, takes)
    rows = np.arange(len(made.faces))
    return comparison.compared(made, rows, answers(before), answers(after))


def test_the_verdict_follows_the_interval_of_the_difference() -> None:
    true = [HAPPY] * 20 + [SAD] * 20
    wrong = [HAPPY] * 40
    better, worse, same = judged(wrong, true), judged(true, wrong), judged(true, true)
    assert (better.verdict, worse.verdict, same.verdict) == ("better", "worse", "no difference")
    assert better.is_better
    assert better.difference == 0.5
    assert better.sentence.startswith("The personal model is better for you: 100% of 40 faces")
    assert "No difference can be shown" in same.sentence
    assert worse.before is not None
    assert worse.before.accuracy == 1.0
    assert worse.after is not None
    assert worse.after.confusion[SAD][HAPPY] == 20


def test_takes_are_drawn_for_the_intervals_not_frames() -> None:
    """One take of eight that changed its mind is no proof, though it has five frames."""
    before = [HAPPY] * 20 + [SAD] * 15 + [HAPPY] * 5
    after = [HAPPY] * 20 + [SAD] * 20
    found = judged(before, after)
    assert found.difference == pytest.approx(0.125)
    assert found.verdict == "no difference"


def test_three_takes_of_six_are_too_few_for_a_proof() -> None:
    """Student's t of these six differences: p = 0.08. Plain percentiles took it for a proof."""
    true = [HAPPY] * 15 + [SAD] * 15
    found = judged([HAPPY] * 30, true, takes=3)
    assert (found.difference, found.verdict) == (0.5, "no difference")


def test_changed_faces_are_named_by_their_position() -> None:
    rows = np.array([3, 1, 25])
    before, after = answers([HAPPY, SAD, HAPPY]), answers([HAPPY, HAPPY, SAD])
    changed = comparison.compared(captures(4, 4), rows, before, after).changed
    assert [(one.index, one.true, one.before, one.after) for one in changed] == [
        (1, "happy", "sad", "happy"),
        (25, "sad", "happy", "sad"),
    ]
    assert changed[0].after_confidence == pytest.approx(0.6)


def test_a_comparison_comes_back_from_its_file(tmp_path: Path) -> None:
    file = tmp_path / "comparison.json"
    for found in (comparison.unknown(captures(1, 3)), judged([HAPPY] * 40, [SAD] * 40)):
        file.write_text(json.dumps(found.as_dict()))
        assert comparison.read(file) == found
    file.write_text('{"verdict": 3}')
    with pytest.raises(BadCaptures, match=r"comparison\.json cannot be read"):
        comparison.read(file)


def test_four_takes_that_are_all_right_do_not_prove_a_model_without_fault() -> None:
    made = captures(2, 2)
    rows = np.arange(len(made.faces))
    right = answers(comparison.labels(made).tolist())
    found = comparison.compared(made, rows, right, right)
    assert found.after is not None and found.verdict == comparison.SAME
    assert found.after.accuracy_interval == pytest.approx((0.510, 1.0), abs=0.001)
