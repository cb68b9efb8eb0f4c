"""Detectors on a real face, on many, on none, and from many threads at once."""

from __future__ import annotations

import os
import signal
import weakref
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import cv2
import numpy as np
import pytest

from fer.errors import UnknownDetector
from fer.geometry import Box, Image
from fer.inference import detection
from tests.helpers import ASTRONAUT_FACE, astronaut, group_photo, within_seconds


def overlap(a: Box, b: Box) -> float:
    """Intersection over union."""
    across = min(a.right, b.right) - max(a.left, b.left)
    down = min(a.bottom, b.bottom) - max(a.top, b.top)
    common = max(0, across) * max(0, down)
    return common / (a.width * a.height + b.width * b.height - common)


@pytest.mark.parametrize("name", detection.names())
def test_the_sample_has_one_face_where_a_person_sees_it(name: str) -> None:
    faces = detection.detect(astronaut(), name)
    seen = Box(*ASTRONAUT_FACE)
    best = max(faces, key=lambda face: overlap(face.box, seen))
    assert overlap(best.box, seen) > 0.5


def test_the_default_gives_landmarks_inside_the_box() -> None:
    (face,) = detection.detect(astronaut())
    assert face.landmarks is not None
    left_eye, right_eye, nose, *_ = face.landmarks
    assert face.box.left < left_eye[0] < nose[0] < right_eye[0] < face.box.right
    assert left_eye[1] < nose[1]


def test_all_faces_of_a_group_are_found_left_to_right() -> None:
    faces = detection.detect(group_photo())
    assert len(faces) == 6
    lefts = [face.box.left for face in faces]
    assert lefts == sorted(lefts)


def test_boxes_are_given_in_pixels_of_a_large_picture() -> None:
    large = np.asarray(cv2.resize(astronaut(), (3072, 3072)), np.uint8)
    (face,) = detection.detect(large)
    assert overlap(face.box, Box(*(6 * value for value in ASTRONAUT_FACE))) > 0.5


def test_a_face_that_fills_a_small_picture_is_found() -> None:
    left, top, right, bottom = ASTRONAUT_FACE
    small = astronaut()[top - 10 : bottom + 10, left - 25 : right + 25]
    assert len(detection.detect(np.ascontiguousarray(small))) == 1


@pytest.mark.parametrize("name", detection.names())
@pytest.mark.parametrize("shape", [(1, 1), (1, 3000), (7, 5), (13, 13), (300, 200)])
def test_pictures_without_faces_give_none(name: str, shape: tuple[int, int]) -> None:
    assert detection.detect(np.full((*shape, 3), 127, np.uint8), name) == ()


@pytest.mark.slow
@pytest.mark.parametrize("name", detection.names())
def test_many_threads_see_what_one_sees(name: str) -> None:
    pictures: list[Image] = [astronaut(), group_photo(2, 1, 600)] * 6
    alone = [[face.box for face in detection.detect(picture, name)] for picture in pictures]
    with ThreadPoolExecutor(6) as threads:
        found = list(threads.map(lambda picture: detection.detect(picture, name), pictures))
    assert [[face.box for face in faces] for faces in found] == alone


def test_an_unknown_detector_is_told_which_exist() -> None:
    with pytest.raises(UnknownDetector, match=r"'hal'.*mtcnn, haar"):
        detection.detect(astronaut(), "hal")


def test_detectors_that_nobody_uses_are_let_go_of() -> None:
    """Each keeps the memory of the largest picture that it has seen."""
    with detection._borrowed("haar") as at_work:
        with detection._borrowed("haar") as other:
            idle = weakref.ref(other)
        del other
        detection.release()
        assert idle() is None
        assert at_work.detect(np.full((30, 30, 3), 127, np.uint8)) is not None
        with detection._borrowed("haar") as anew:
            assert anew is not at_work
    assert detection._pool("haar").qsize() == detection.POOL_SIZE


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_child_forked_while_all_detectors_are_at_work_gets_its_own(tmp_path: Path) -> None:
    done = tmp_path / "done"
    with ExitStack() as threads:
        for _ in range(detection.POOL_SIZE):
            threads.enter_context(detection._borrowed("haar"))
        child = os.fork()
        if not child:
            detection.detect(np.full((30, 30, 3), 127, np.uint8), "haar")
            done.touch()
            os._exit(0)
    try:
        within_seconds(60, done.exists)
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
