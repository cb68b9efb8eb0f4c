"""Cuts are told from pans, zooms, shaking hands, fades, flashes and noise."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest
import skimage.data

from fer.geometry import Image
from fer.video.cuts import Glance, Neighbours

PHOTOS = [skimage.data.astronaut(), skimage.data.coffee(), skimage.data.chelsea()]
WIDTH, HEIGHT, COUNT = 160, 120, 24

View = Callable[[int, np.random.Generator], Image]


def view(
    photo: Image, x: float = 0.5, y: float = 0.5, zoom: float = 1.5, turn: float = 0.0
) -> Image:
    """A part of a photo around a point, in degrees and shares of its size."""
    height, width = photo.shape[:2]
    scale = WIDTH * zoom / min(height * WIDTH / HEIGHT, width)
    matrix = cv2.getRotationMatrix2D((x * width, y * height), turn, scale)
    matrix[:, 2] += WIDTH / 2 - x * width, HEIGHT / 2 - y * height
    size, border = (WIDTH, HEIGHT), cv2.BORDER_REFLECT
    return np.asarray(
        cv2.warpAffine(photo, matrix, size, flags=cv2.INTER_AREA, borderMode=border), np.uint8
    )


def lit(picture: Image, gain: float) -> Image:
    return np.clip(picture * gain, 0, 255).astype(np.uint8)


def cuts(film: View) -> list[int]:
    """The frames with which shots begin, in a film with the noise of a camera."""
    random = np.random.default_rng(3)
    glances = []
    for number in range(COUNT):
        picture = film(number, random)
        noisy = np.clip(picture + random.normal(0, 4, picture.shape), 0, 255).astype(np.uint8)
        glances.append(Glance.of(noisy, WIDTH))
    none = [None]
    around = zip(
        glances, none + glances[:-1], none * 2 + glances[:-2], glances[1:] + none, strict=True
    )
    return [n for n, places in enumerate(around) if Neighbours(*places).is_cut]


@pytest.mark.parametrize("photo", PHOTOS, ids=["astronaut", "coffee", "chelsea"])
@pytest.mark.parametrize(
    "film",
    {
        "still": lambda photo, n, random: view(photo),
        "pan": lambda photo, n, random: view(photo, 0.3 + 0.015 * n),
        "zoom": lambda photo, n, random: view(photo, zoom=1 + 0.06 * n),
        "turn": lambda photo, n, random: view(photo, turn=3 * n),
        "shake": lambda photo, n, random: view(
            photo, 0.5 + random.normal(0, 0.02), 0.5 + random.normal(0, 0.02)
        ),
        "flash": lambda photo, n, random: lit(view(photo), 3 if n == 10 else 1),
        "fade out": lambda photo, n, random: lit(view(photo), max(0, 1 - n / 18)),
        "dark": lambda photo, n, random: lit(view(photo, 0.4 + 0.01 * n), 0.15),
    }.items(),
    ids=lambda item: item[0],
)
def test_there_is_no_cut_in_one_shot(photo: Image, film: tuple[str, Callable[..., Image]]) -> None:
    assert cuts(lambda n, random: film[1](photo, n, random)) == []


@pytest.mark.parametrize("gain", [1.0, 0.4, 0.15])
@pytest.mark.parametrize(("first", "second"), [(0, 1), (1, 2), (2, 0), (1, 0)])
def test_a_cut_is_found_in_its_frame(first: int, second: int, gain: float) -> None:
    def film(number: int, random: np.random.Generator) -> Image:
        if number < 12:
            return lit(view(PHOTOS[first], 0.5 + 0.004 * number), gain)
        return lit(view(PHOTOS[second], 0.4, zoom=2, turn=number), gain)

    assert cuts(film) == [12]


def test_a_shot_begins_after_black() -> None:
    black = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    shot = view(PHOTOS[0])

    def film(number: int, random: np.random.Generator) -> Image:
        return black if 8 <= number < 13 else shot

    assert cuts(film) == [8, 13]


def test_another_size_is_another_shot() -> None:
    wide, tall = Glance.of(view(PHOTOS[0]), 160), Glance.of(np.zeros((160, 90, 3), np.uint8), 160)
    assert Neighbours(tall, before=wide, after=tall).is_cut
