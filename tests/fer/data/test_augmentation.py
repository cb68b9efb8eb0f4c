"""Faces are varied within bounds, and the same random generator varies them in the same way."""

from __future__ import annotations

import numpy as np
import pytest

from fer.data import transforms
from fer.data.augmentation import STRENGTHS, augmented, occlusion

FACES = np.random.default_rng(0).integers(0, 256, (12, 48, 48, 1), dtype=np.uint8)
SMOOTH = np.repeat(np.linspace(60, 200, 48)[None, :, None], 48, axis=0).astype(np.uint8)


@pytest.mark.parametrize("name", STRENGTHS)
@pytest.mark.parametrize("channels", [1, 3])
def test_the_same_generator_gives_the_same_faces(name: str, channels: int) -> None:
    faces = np.repeat(FACES, channels, axis=3)
    one, same, other = (
        augmented(faces, STRENGTHS[name], np.random.default_rng(seed)) for seed in (1, 1, 2)
    )
    assert one.shape == faces.shape and one.dtype == np.uint8
    assert np.array_equal(one, same)
    assert name == "none" or not np.array_equal(one, other)


def test_photo_leaves_its_input_alone_and_varies_every_face() -> None:
    before = FACES.copy()
    varied = augmented(FACES, STRENGTHS["photo"], np.random.default_rng(3))
    assert np.array_equal(FACES, before)
    assert all((one != face).any() for one, face in zip(varied, FACES, strict=True))


def test_gamma_keeps_black_and_white_and_darkens_above_one() -> None:
    levels = np.array([[[0], [128], [255]]], np.uint8)
    assert transforms.gamma_corrected(levels, 2.0).ravel().tolist() == [0, 64, 255]
    assert transforms.gamma_corrected(levels, 1.0).ravel().tolist() == [0, 128, 255]


def test_blurs_smooth_and_sharpening_does_the_opposite() -> None:
    noise = FACES[0]
    assert transforms.blurred(noise, 1.0).std() < noise.std()
    assert transforms.motion_blurred(noise, 4, 30).std() < noise.std()
    assert transforms.sharpened(transforms.blurred(noise, 1.0), 1.0).std() > (
        transforms.blurred(noise, 1.0).std()
    )


def test_motion_blur_smooths_along_its_direction_alone() -> None:
    stripes = np.zeros((48, 48, 1), np.uint8)
    stripes[::2] = 200
    assert np.array_equal(transforms.motion_blurred(stripes, 4, 0), stripes)
    assert np.ptp(transforms.motion_blurred(stripes, 4, 90)) < 200


def test_local_equalisation_raises_contrast() -> None:
    assert transforms.locally_equalized(SMOOTH // 4 + 90, 3.0).std() > (SMOOTH // 4).std()


def test_noise_is_the_same_in_all_channels() -> None:
    grey = np.full((48, 48, 3), 128, np.uint8)
    noisy = transforms.with_noise(grey, 10, np.random.default_rng(0))
    assert np.array_equal(noisy[..., 0], noisy[..., 2])
    assert 8 < noisy[..., 0].std() < 12


def test_a_drawn_thing_covers_a_part_of_a_copy() -> None:
    before = SMOOTH.copy()
    shares = []
    for seed in range(60):
        covered = occlusion.covered(SMOOTH, np.random.default_rng(seed))
        assert covered.shape == SMOOTH.shape and covered.dtype == np.uint8
        shares.append((covered != SMOOTH).mean())
    assert np.array_equal(SMOOTH, before)
    assert 0.02 < np.mean(shares) < 0.3
    assert max(shares) < 0.6
