"""One take: the frames that are worth keeping, and the reasons why others are left out."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from fer.errors import BadCaptures
from fer.geometry import Image
from fer.inference import cropping, detection
from fer.model_card import InputSpec
from fer.teaching import filtering
from tests.helpers import astronaut, group_photo, make_face

SPEC = InputSpec()


def portrait(angle: float = 0.0, brightness: float = 1.0) -> Image:
    """The sample, turned and darkened a little."""
    picture = astronaut()[20:280, 90:350]
    turn = cv2.getRotationMatrix2D((130, 130), angle, 1.0)
    turned = cv2.warpAffine(picture, turn, (260, 260), borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(turned * brightness, np.uint8)


def test_faces_are_cut_as_everywhere() -> None:
    frame = portrait()
    found = filtering.filtered([(frame, 0.25)], SPEC)
    crop, time = found.crops[0]
    expected = cropping.face_crop(frame, detection.detect(frame)[0], SPEC.margin, SPEC.align)
    assert time == 0.25
    assert np.array_equal(crop, expected)
    assert found.sentence == "1 of 1 frames are kept."


def test_frames_that_teach_nothing_are_left_out_and_counted() -> None:
    good = portrait()
    frames = [
        good,
        good,  # nearly identical
        np.zeros_like(good),  # no face
        cv2.GaussianBlur(good, (0, 0), 5),
        portrait(brightness=0.75),
        cv2.resize(good, (70, 70), interpolation=cv2.INTER_AREA),
    ]
    found = filtering.filtered([(frame, i / 10) for i, frame in enumerate(frames)], SPEC)
    assert [time for _, time in found.crops] == [0.0, 0.4]
    assert found.left_out == {
        "without a face": 1,
        "blurred": 1,
        "too small": 1,
        "nearly identical": 1,
    }
    assert found.frames == 6
    assert found.seconds == 0.5
    assert found.sentence.startswith(
        "2 of 6 frames are kept; left out: 1 without a face, 1 blurred"
    )


def test_a_dark_face_is_left_out() -> None:
    take = filtering.TakeFilter(SPEC)
    assert take.add(portrait(brightness=0.12), 0.0) == filtering.DARK


def test_a_speck_that_a_detector_takes_for_a_face_is_no_second_person(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As it does in the sample's JPEG, on a badge."""
    frame = portrait()
    faces = detection.detect(frame)
    speck = make_face(5, 5, filtering.SMALLEST_FACE - 4)
    monkeypatch.setattr(detection, "detect", lambda *_: (speck, *faces))
    assert filtering.TakeFilter(SPEC).add(frame, 0.0) is None


def test_a_take_with_two_people_is_refused() -> None:
    two = group_photo(columns=2, rows=1, width=640)
    frames = [(portrait(), i / 10) for i in range(8)] + [(two, 1.0)]
    with pytest.raises(BadCaptures, match="several people were in view in 1 of 9 frames"):
        filtering.filtered(frames, SPEC)


def test_one_frame_of_many_with_a_second_face_is_left_out_alone() -> None:
    two = group_photo(columns=2, rows=1, width=640)
    frames = [(portrait(), i / 10) for i in range(19)] + [(two, 2.0)] + [(portrait(), 2.1)]
    assert filtering.filtered(frames, SPEC).left_out["with several faces"] == 1


@pytest.mark.parametrize(
    ("frames", "sentence"),
    [
        ([], "has no frames"),
        ([np.zeros((200, 200, 3), np.uint8)], "no face was found"),
        ([cv2.GaussianBlur(portrait(), (0, 0), 5)], "no face of this take can be used: 1 blurred"),
    ],
)
def test_a_take_without_a_usable_face_is_refused(frames: list[Image], sentence: str) -> None:
    with pytest.raises(BadCaptures, match=sentence):
        filtering.filtered([(frame, 0.0) for frame in frames], SPEC)


@pytest.mark.parametrize(
    ("pictures", "sentence"),
    [
        ([], "no picture that can be read"),
        ([np.zeros((200, 200, 3), np.uint8)], "Choose sharp and bright pictures"),
        ([group_photo(columns=2, rows=1, width=640)], "in 1 of 1 pictures.*Choose pictures of you"),
    ],
)
def test_pictures_are_no_frames_and_need_no_camera(pictures: list[Image], sentence: str) -> None:
    take = filtering.TakeFilter(SPEC, kind="picture")
    for picture in pictures:
        take.add(picture, 0.0)
    with pytest.raises(BadCaptures, match=sentence):
        take.result()


def test_a_take_keeps_no_more_than_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filtering, "MOST_OF_A_TAKE", 1)
    found = filtering.filtered([(portrait(), 0.0), (portrait(brightness=0.7), 0.1)], SPEC)
    assert found.left_out == {"more than enough": 1}
