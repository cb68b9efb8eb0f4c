"""Covered faces show no person; what is around them stays."""

from __future__ import annotations

import numpy as np
import pytest

from fer import images, registry
from fer.geometry import Box
from fer.inference import detection
from fer.live.analyzer import Analyzer, LiveSettings
from fer.results import FrameResult
from fer.visualization import pixelate
from tests import clips
from tests.helpers import ASTRONAUT_FACE, astronaut, result_of


def test_a_covered_face_is_not_found_any_more() -> None:
    image = astronaut()
    covered = pixelate.faces(image, result_of(image, Box(*ASTRONAUT_FACE)))
    assert detection.detect(image)
    assert detection.detect(covered) == ()


def test_a_hidden_face_is_covered_as_well() -> None:
    image = astronaut()
    result = FrameResult((), 512, 512, hidden=(Box(*ASTRONAUT_FACE),))
    assert detection.detect(pixelate.faces(image, result)) == ()
    turned = pixelate.faces(images.mirrored(image), result.mirrored())
    assert detection.detect(turned) == ()
    small = images.bounded(image, 256)[0]
    assert detection.detect(pixelate.faces(small, result.scaled(256, 256))) == ()


@pytest.mark.parametrize("detector", ["mtcnn", "haar"])
def test_a_film_of_a_covered_face_shows_none(detector: str) -> None:
    analyser, model = Analyzer(), registry.load()
    for number in range(0, clips.FRAMES, 3):
        image, time = clips.frame(number), number / 30
        how = LiveSettings(detector=detector)
        result = analyser.analyze(image, time, time, model, how).result
        assert detection.detect(pixelate.faces(image, result)) == ()


def test_the_rest_stays_as_it_is() -> None:
    image = astronaut()
    covered = pixelate.faces(image, result_of(image, Box(*ASTRONAUT_FACE)))
    np.testing.assert_array_equal(covered[300:], image[300:])
    np.testing.assert_array_equal(covered[:, 350:], image[:, 350:])
    assert (covered[68:190, 178:270] != image[68:190, 178:270]).any()


def test_a_face_has_few_squares() -> None:
    image = astronaut()
    left, top, right, bottom = ASTRONAUT_FACE
    covered = pixelate.faces(image, result_of(image, Box(left, top, right, bottom)))
    face = covered[top:bottom, left:right].reshape(-1, 3)
    assert len(np.unique(face, axis=0)) <= 2 * pixelate.BLOCKS**2


def test_everything_can_be_covered_down_to_one_pixel() -> None:
    assert detection.detect(pixelate.everything(astronaut())) == ()
    assert pixelate.everything(np.full((1, 1, 3), 7, np.uint8)).tolist() == [[[7, 7, 7]]]


def test_a_face_at_the_border_and_a_tiny_one_are_covered() -> None:
    image = astronaut()
    for box in (Box(0, 0, 5, 512), Box(511, 511, 512, 512)):
        assert pixelate.faces(image, result_of(image, box)).shape == image.shape
