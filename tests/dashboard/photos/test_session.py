"""A visitor's pictures: queued, analysed, turned, refused, and never on disk."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

from dashboard.camera.stream import FrozenFace, Moment
from dashboard.model_picker import Reader
from dashboard.photos import (
    following,
    picture as photo_picture,
    session as photo_session,
    view as photo_view,
)
from fer import images
from fer.errors import BadImage
from fer.geometry import Image
from fer.inference import cropping
from fer.inference.recognizer import CROP_SIDE
from fer.results import FrameResult
from fer.visualization import annotate
from tests.helpers import astronaut, cut_face, group_photo

pytestmark = pytest.mark.usefixtures("tiny_models")
READER = Reader("tiny")


def png(image: Image) -> bytes:
    return images.encode_png(image)


def test_a_broken_file_does_not_stop_the_others() -> None:
    table = photo_session.PhotoSession()
    table.add("broken.jpg", b"<html>")
    table.add("../../good\n.png", png(astronaut()))
    assert list(table.read_waiting(READER)) == [("broken.jpg", 1, 2), ("good .png", 2, 2)]
    assert [one.name for one in table.unreadable] == ["broken.jpg"]
    assert [one.name for one in table.pictures] == ["good .png"]
    assert not table.waiting


def test_few_pictures_are_read_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each visitor's thread holds a decoded picture of up to 150 MB meanwhile."""
    at_once: list[int] = []
    running = 0

    def decode(data: bytes, name: str) -> images.Photo:
        nonlocal running
        running += 1
        time.sleep(0.05)
        at_once.append(running)
        running -= 1
        raise BadImage("none")

    monkeypatch.setattr(images, "decode_photo", decode)
    tables = [photo_session.PhotoSession() for _ in range(3 * photo_picture.MOST_READ_AT_ONCE)]
    for table in tables:
        table.add("a.png", b"?")
    with ThreadPoolExecutor(len(tables)) as threads:
        list(threads.map(lambda table: list(table.read_waiting(READER)), tables))
    assert len(at_once) == len(tables)
    assert max(at_once) <= photo_picture.MOST_READ_AT_ONCE


def test_a_picture_leaves_the_queue_only_once_it_is_read() -> None:
    table = photo_session.PhotoSession()
    table.add("a.png", png(astronaut()))
    table.add("b.png", png(astronaut()))
    reading = table.read_waiting(READER)
    next(reading)
    next(reading)
    assert [one.name for one in table.pictures] == ["a.png"]
    assert [name for name, _ in table.waiting] == ["b.png"]


def test_clearing_while_reading_stops() -> None:
    table = photo_session.PhotoSession()
    table.add("a.png", png(astronaut()))
    reading = table.read_waiting(READER)
    next(reading)
    table.waiting.clear()
    assert list(reading) == []


def test_one_picture_too_many_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(photo_session, "MOST_PICTURES", 2)
    table = photo_session.PhotoSession()
    for number in range(3):
        table.add(f"{number}.png", b"x")
    assert len(table.waiting) == 2
    assert "2.png" in table.unreadable[0].reason


def test_a_turned_picture_is_found_again_in_pixels_of_the_original() -> None:
    upright = astronaut()[:400]
    picture = photo_picture.read("a.png", png(images.turned(upright, -1)), READER)
    again = photo_picture.read_again(picture, READER, 1)
    assert (again.result.width, again.result.height) == (512, 400)
    expected = photo_picture.read("b.png", png(upright), READER).result.faces[0]
    (found,) = again.result.faces
    assert found.face.box == expected.face.box
    assert (found.prediction.probabilities == expected.prediction.probabilities).all()
    assert photo_picture.read_again(again, READER, 3).result.width == 400


def test_without_its_source_a_picture_is_read_again_from_its_preview() -> None:
    picture = photo_picture.read("a.png", png(images.turned(astronaut(), -1)), READER)
    again = photo_picture.read_again(replace(picture, source=None), READER, 1)
    assert again.result.width == 512
    assert len(again.result.faces) == 1


def test_old_sources_make_room(monkeypatch: pytest.MonkeyPatch) -> None:
    face = png(cut_face())
    monkeypatch.setattr(photo_session, "MOST_SOURCE_BYTES", 2 * len(face))
    table = photo_session.PhotoSession()
    for number in range(3):
        table.add(f"{number}.png", face)
    list(table.read_waiting(Reader("tiny", whole_picture=True)))
    assert [one.source is not None for one in table.pictures] == [False, True, True]


def test_removed_pictures_count_are_bounded_and_come_back_as_far_as_there_is_room(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(photo_session, "MOST_PICTURES", 3)
    face = png(cut_face())
    table = photo_session.PhotoSession()

    def add(*names: str) -> None:
        for name in names:
            table.add(name, face)
        list(table.read_waiting(Reader("tiny", whole_picture=True)))

    add("a.png", "b.png")
    table.clear()
    assert table.num_bytes == 2 * len(face)
    add("c.png", "d.png")
    table.clear()
    assert table.num_bytes == 2 * len(face), "more than three would be kept"
    add("e.png", "f.png")
    table.undo()
    assert [one.name for one in table.pictures] == ["c.png", "e.png", "f.png"]
    assert "d.png was left out" in table.unreadable[0].reason
    table.undo()
    assert len(table.pictures) == 3


def test_too_much_at_once_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(photo_session, "MOST_WAITING_BYTES", 1)
    table = photo_session.PhotoSession()
    table.add("a.png", b"xx")
    assert "a.png was left out" in table.unreadable[0].reason


def test_large_pictures_keep_their_pixels_in_boxes_and_a_bounded_preview() -> None:
    import cv2
    import numpy as np

    large = np.asarray(cv2.resize(astronaut(), (2400, 2400)), np.uint8)
    picture = photo_picture.read("large.png", png(large), READER)
    assert picture.result.seconds["decode"] > 0
    assert picture.result.width == 2400
    assert max(picture.image().shape) == 1600
    again = photo_picture.read_again(picture, READER)
    assert again.result.width == 2400
    assert again.result.faces[0].face.box.right <= 2400


def test_a_cut_out_face_can_be_taken_whole() -> None:
    picture = photo_picture.read("face.png", png(cut_face()), Reader("tiny", whole_picture=True))
    assert len(picture.result.faces) == len(picture.crops) == 1


def test_each_face_is_cut_once(monkeypatch: pytest.MonkeyPatch) -> None:
    real, cuts = cropping.face_crop, []

    def counted(image: Image, *arguments: object, **options: object) -> Image:
        cuts.append(image.shape)
        return real(image, *arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(cropping, "face_crop", counted)
    picture = photo_picture.read("group.png", png(group_photo()), READER)
    assert len(cuts) == len(picture.result.faces) == len(picture.crops) == 6
    for face, crop in zip(picture.result.faces, picture.crops, strict=True):
        assert face.crop is None, "the page shows the JPEG; a session need not keep both"
        assert max(images.decode(crop).shape) <= CROP_SIDE
        assert face.pixels is not None
        assert face.pixels.shape == (48, 48, 1)


def test_the_annotated_preview_is_drawn_once_for_a_style(monkeypatch: pytest.MonkeyPatch) -> None:
    picture = photo_picture.read("face.png", png(astronaut()), READER)
    real, drawn = annotate.draw, []

    def counted(image: Image, result: FrameResult, style: str, **options: bool) -> Image:
        drawn.append(style)
        return real(image, result, style, **options)

    monkeypatch.setattr(annotate, "draw", counted)
    first = [photo_view.annotated_jpeg(picture, "box") for _ in range(3)]
    assert len(set(first)) == 1
    assert photo_view.annotated_jpeg(picture, "circle") != first[0]
    assert drawn == ["box", "circle"]
    assert list(picture.drawn) == ["circle"]


def test_what_is_gone_can_be_removed_and_replaced_again() -> None:
    table = photo_session.PhotoSession()
    table.add("a.png", png(astronaut()))
    table.add("b.png", png(astronaut()))
    list(table.read_waiting(READER))
    oldest, newest = table.pictures
    again = photo_picture.read_again(oldest, READER, 1)
    table.replace(oldest, again)
    table.replace(oldest, photo_picture.read_again(oldest, READER, 1))
    assert table.pictures == [again, newest] and not table.has(oldest)
    for _ in range(2):
        table.remove(newest)
        assert table.pictures == [again]


def test_a_second_click_on_turn_reads_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    picture = photo_picture.read("a.png", png(astronaut()), READER)
    table = photo_session.PhotoSession(pictures=[picture])
    photo_view._again(table, picture, READER, 1)
    (turned,) = table.pictures
    assert turned.turns == 1
    monkeypatch.setattr(
        photo_picture, "read_again", lambda *_: pytest.fail("it was read once more")
    )
    photo_view._again(table, picture, READER, 1)
    assert table.pictures == [turned]


def test_a_picture_whose_source_had_to_go_is_still_found() -> None:
    picture = photo_picture.read("a.png", png(astronaut()), READER)
    table = photo_session.PhotoSession(pictures=[replace(picture, source=None)])
    assert table.has(picture)
    table.remove(picture)
    assert table.pictures == []


def test_no_log_can_hold_a_face_by_way_of_its_repr() -> None:
    picture = photo_picture.read("a.png", png(astronaut()), READER)
    table = photo_session.PhotoSession(pictures=[picture])
    table.add("b.png", png(astronaut()))
    face = FrozenFace(1, np.zeros((48, 48, 1), np.uint8), picture.result.faces[0].prediction)
    moment = Moment(picture.preview, picture.record(), "a still", (face,))
    for value in (picture, table, face, moment):
        shown = repr(value)
        assert len(shown) < 1000 and "\\x" not in shown and "dtype=uint8" not in shown, shown


def test_a_failed_second_analysis_keeps_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    picture = photo_picture.read("a.png", png(astronaut()), READER)
    table = photo_session.PhotoSession(pictures=[picture], chosen=picture.key)

    def fail(*_: object) -> None:
        raise BadImage("it cannot be read any more.")

    monkeypatch.setattr(following, "read_again", fail)
    other = Reader("other")
    assert list(following.reanalyse(table, other)) == [("a.png", 1, 1)]
    (kept,) = table.pictures
    assert kept.result is picture.result and kept.read_by["model"] == "tiny"
    assert following.outdated(table, other) == []
    assert "any more" in table.unreadable[0].reason


def test_undone_pictures_come_back_in_their_places_and_follow_the_settings() -> None:
    table = photo_session.PhotoSession()
    for name in ("a.png", "b.png", "c.png"):
        table.add(name, png(cut_face()))
    whole = Reader("tiny", whole_picture=True)
    list(table.read_waiting(whole))
    first, second, third = table.pictures
    assert table.shown() is first
    table.chosen = third.key
    table.remove(third)
    assert table.shown() is second, "the neighbour"
    other = Reader("other", whole_picture=True)
    list(following.reanalyse(table, other))
    table.undo()
    assert [picture.name for picture in table.pictures] == ["a.png", "b.png", "c.png"]
    assert following.outdated(table, other) == [third]


def test_a_thumbnail_is_small() -> None:
    picture = photo_picture.read("a.png", png(astronaut()), READER)
    assert max(images.decode(picture.thumbnail).shape) == 144
    assert len(picture.thumbnail) < 10_000
