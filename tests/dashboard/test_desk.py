"""Pictures on a visitor's desk: queued, read, turned, refused, and never on disk."""

from __future__ import annotations

import pytest

from dashboard import desk
from dashboard.answering import Reader
from fer import images
from fer.values import Image
from tests.helpers import astronaut, cut_face

pytestmark = pytest.mark.usefixtures("tiny_models")
READER = Reader("tiny")


def png(image: Image) -> bytes:
    return images.encode_png(image)


def test_a_broken_file_does_not_stop_the_others() -> None:
    table = desk.Desk()
    table.add("broken.jpg", b"<html>")
    table.add("../../good\n.png", png(astronaut()))
    assert list(table.read_waiting(READER)) == ["broken.jpg", "good .png"]
    assert [one.name for one in table.unreadable] == ["broken.jpg"]
    assert [one.name for one in table.pictures] == ["good .png"]
    assert not table.waiting


def test_a_picture_leaves_the_queue_only_once_it_is_read() -> None:
    table = desk.Desk()
    table.add("a.png", png(astronaut()))
    table.add("b.png", png(astronaut()))
    reading = table.read_waiting(READER)
    next(reading)
    next(reading)
    assert [one.name for one in table.pictures] == ["a.png"]
    assert [name for name, _ in table.waiting] == ["b.png"]


def test_clearing_while_reading_stops() -> None:
    table = desk.Desk()
    table.add("a.png", png(astronaut()))
    reading = table.read_waiting(READER)
    next(reading)
    table.waiting.clear()
    assert list(reading) == []


def test_one_picture_too_many_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk, "MOST_PICTURES", 2)
    table = desk.Desk()
    for number in range(3):
        table.add(f"{number}.png", b"x")
    assert len(table.waiting) == 2
    assert "2.png" in table.unreadable[0].reason


def test_a_turned_picture_is_found_again_in_pixels_of_the_original() -> None:
    sideways = images.turned(astronaut()[:400], -1)
    large = images.turned(astronaut()[:400], 0)
    picture = desk.read("a.png", sideways, READER)
    again = desk.read_again(picture, READER, 1)
    assert (again.result.width, again.result.height) == (large.shape[1], large.shape[0])
    assert len(again.result.faces) == 1
    upright = desk.read("b.png", large, READER).result.faces[0].face.box
    found = again.result.faces[0].face.box
    assert abs(found.left - upright.left) < 12
    assert abs(found.top - upright.top) < 12


def test_large_pictures_keep_their_pixels_in_boxes_and_a_bounded_preview() -> None:
    import cv2
    import numpy as np

    large = np.asarray(cv2.resize(astronaut(), (2400, 2400)), np.uint8)
    picture = desk.read("large.png", large, READER)
    assert picture.result.width == 2400
    assert max(picture.image().shape) == 1600
    again = desk.read_again(picture, READER)
    assert again.result.width == 2400
    assert again.result.faces[0].face.box.right <= 2400


def test_a_cut_out_face_can_be_taken_whole() -> None:
    picture = desk.read("face.png", cut_face(), Reader("tiny", whole_picture=True))
    assert len(picture.result.faces) == len(picture.crops) == 1
