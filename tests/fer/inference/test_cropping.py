"""One way from a picture to a network's input."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, strategies as st

from fer.geometry import Box
from fer.inference import cropping
from fer.model_card import InputSpec
from fer.results import Face
from tests.helpers import astronaut, cut_face

GREY = InputSpec()


def face_at(left: int, top: int, right: int, bottom: int) -> Face:
    return Face(Box(left, top, right, bottom), 1.0)


def test_a_cut_face_of_the_right_size_is_not_touched() -> None:
    grey = np.random.default_rng(0).integers(0, 256, (48, 48), dtype=np.uint8)
    image = np.repeat(grey[:, :, None], 3, axis=2)
    pixels = cropping.model_input(image, [cropping.whole_face(image)], GREY)
    assert pixels.shape == (1, 48, 48, 1)
    assert (pixels[0, :, :, 0] == grey).all()


def test_a_whole_picture_knows_no_margin() -> None:
    image = cut_face()
    whole = [cropping.whole_face(image)]
    wide = cropping.model_input(image, whole, InputSpec(margin=0.3))
    assert (wide == cropping.model_input(image, whole, GREY)).all()


def test_a_square_box_is_cut_exactly() -> None:
    image = astronaut()
    face = face_at(100, 60, 148, 108)
    crop = cropping.face_crop(image, face)
    assert (crop == image[60:108, 100:148]).all()


def test_a_tall_box_becomes_a_square_around_its_middle() -> None:
    image = astronaut()
    crop = cropping.face_crop(image, face_at(110, 60, 138, 108))
    assert (crop == image[60:108, 100:148]).all()


def test_beyond_the_border_the_border_is_repeated() -> None:
    image = astronaut()
    crop = cropping.face_crop(image, face_at(0, 0, 20, 60))
    assert crop.shape == (60, 60, 3)
    assert (crop[:, :20] == image[:60, :1]).all()
    assert (crop[:, 20:] == image[:60, :40]).all()


def test_the_margin_widens_each_side() -> None:
    crop = cropping.face_crop(astronaut(), face_at(100, 60, 150, 110), margin=0.1)
    assert crop.shape == (60, 60, 3)


def tilted(degrees: float) -> tuple[np.ndarray, Face]:
    """A white picture with two dark eyes, turned about its middle, and the face that has them."""
    image = np.full((200, 200, 3), 255, np.uint8)
    angle = np.radians(degrees)
    eyes = []
    for side in (-1, 1):
        x, y = 100 + side * 30 * np.cos(angle), 100 + side * 30 * np.sin(angle)
        eyes.append((x, y))
        image[round(y) - 4 : round(y) + 5, round(x) - 4 : round(x) + 5] = 0
    points = np.array([*eyes, (100, 110), (90, 130), (110, 130)], np.float32)
    return image, Face(Box(50, 50, 150, 150), 1.0, points)


@pytest.mark.parametrize("degrees", [-30, -10, 10, 30])
def test_alignment_levels_the_eyes(degrees: float) -> None:
    image, face = tilted(degrees)
    crop = cropping.face_crop(image, face)[:, :, 0]
    left, right = (np.argwhere(half < 128).mean(axis=0)[0] for half in np.split(crop, 2, axis=1))
    assert abs(left - right) < 2
    upright = cropping.face_crop(image, face, align=False)[:, :, 0]
    left, right = (np.argwhere(h < 128).mean(axis=0)[0] for h in np.split(upright, 2, axis=1))
    assert abs(left - right) > 8


def test_three_channels_keep_their_colours() -> None:
    image = cut_face()
    pixels = cropping.model_input(image, [cropping.whole_face(image)], InputSpec(96, 96, 3))
    assert pixels.shape == (1, 96, 96, 3)
    assert not (pixels[..., 0] == pixels[..., 2]).all()


def test_thresholded_faces_are_black_and_white() -> None:
    image = cut_face()
    spec = InputSpec(preprocessing="threshold:120")
    pixels = cropping.model_input(image, [cropping.whole_face(image)], spec)
    plain = cropping.model_input(image, [cropping.whole_face(image)], GREY)
    assert set(np.unique(pixels)) == {0, 255}
    assert ((pixels == 255) == (plain >= 120)).all()


def test_equalised_faces_use_the_whole_range() -> None:
    image = cut_face() // 4 + 90
    spec = InputSpec(preprocessing="equalize")
    pixels = cropping.model_input(image, [cropping.whole_face(image)], spec)
    assert pixels.min() < 10
    assert pixels.max() > 245


@given(
    st.integers(0, 511),
    st.integers(0, 511),
    st.integers(1, 600),
    st.integers(1, 600),
    st.sampled_from([0.0, 0.3, 1.0]),
)
def test_every_box_gives_a_whole_input(
    left: int, top: int, width: int, height: int, margin: float
) -> None:
    face = face_at(left, top, min(512, left + width), min(512, top + height))
    pixels = cropping.model_input(astronaut(), [face], InputSpec(margin=margin))
    assert pixels.shape == (1, 48, 48, 1)


def test_no_faces_give_an_empty_batch() -> None:
    assert cropping.model_input(astronaut(), [], GREY).shape == (0, 48, 48, 1)


@pytest.mark.parametrize("shape", [(1, 9_000_000, 3), (20, 60_000, 3), (60_000, 3, 3)])
def test_a_thin_picture_takes_no_square_of_its_length(shape: tuple[int, int, int]) -> None:
    image = np.full(shape, 90, np.uint8)
    face = cropping.whole_face(image)
    assert max(cropping.face_crop(image, face).shape) <= cropping.MAX_SIDE
    assert (cropping.model_input(image, [face], InputSpec()) == 90).all()


@pytest.mark.parametrize("tilt", [0, 8])
def test_a_face_in_a_long_panorama_is_cut_as_in_its_surroundings(tilt: int) -> None:
    random = np.random.default_rng(0)
    part = random.integers(0, 256, (500, 1000, 3), np.uint8)
    panorama = np.zeros((500, 40_000, 3), np.uint8)
    panorama[:, 38_000:39_000] = part

    def at(left: int) -> Face:
        points = [(30, 40), (70, 40 + tilt), (50, 60), (35, 80), (65, 80)]
        landmarks = np.array(points, np.float32) + np.float32([left, 200])
        return Face(Box(left, 200, left + 100, 300), 1.0, landmarks)

    expected = cropping.face_crop(part, at(450), margin=0.1)
    crop = cropping.face_crop(panorama, at(38_450), margin=0.1)
    assert np.abs(crop.astype(int) - expected).max() <= 2
