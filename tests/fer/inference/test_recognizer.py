"""From a picture to results, with small made-up models and with the one that is shipped."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import PIL.Image
import pytest

import fer
from fer import images, registry
from fer.errors import BadImage, BadModel, BadSettings, UnknownModel
from fer.images import decoding
from fer.inference.recognizer import Recognizer
from tests.helpers import astronaut, cut_face, group_photo, publish_tiny

usefixtures = pytest.mark.usefixtures


@usefixtures("tiny_models")
def test_every_face_gets_probabilities_that_sum_to_one() -> None:
    result = fer.analyze(group_photo())
    assert len(result.faces) == 6
    for face in result.faces:
        assert face.prediction.probabilities.sum() == pytest.approx(1, abs=1e-5)
        assert 0 <= face.face.box.left < face.face.box.right <= result.width
    assert set(result.seconds) == {"decode", "detect", "crop", "classify"}


@usefixtures("tiny_models")
def test_a_path_its_bytes_and_its_array_give_the_same(tmp_path: Path) -> None:
    path = tmp_path / "photo.png"
    path.write_bytes(images.encode_png(astronaut()))
    answers = [
        fer.analyze(source).faces[0].prediction.probabilities
        for source in (path, str(path), path.read_bytes(), astronaut())
    ]
    for answer in answers[1:]:
        assert (answer == answers[0]).all()


@usefixtures("tiny_models")
def test_a_picture_without_a_face_gives_no_results() -> None:
    assert fer.analyze(np.zeros((50, 60, 3), np.uint8)).faces == ()


@usefixtures("tiny_models")
def test_a_whole_picture_is_one_face() -> None:
    image = np.zeros((50, 60, 3), np.uint8)
    result = fer.analyze(image, whole_picture=True)
    assert [face.face.box.as_list() for face in result.faces] == [[0, 0, 60, 50]]


@usefixtures("tiny_models")
def test_the_cards_level_decides_what_is_unsure() -> None:
    sure = fer.analyze(cut_face(), whole_picture=True, model="tiny").faces[0].prediction
    unsure = fer.analyze(cut_face(), whole_picture=True, model="other").faces[0].prediction
    assert sure.display_label == sure.label
    assert unsure.display_label == "unsure"
    assert (sure.probabilities == unsure.probabilities).all()


@usefixtures("tiny_models")
def test_quality_says_what_makes_a_face_hard_to_read() -> None:
    bright = fer.analyze(astronaut()).faces[0].quality
    dark = fer.analyze(astronaut() // 4).faces[0].quality
    assert bright.brightness > 2 * dark.brightness
    assert bright.roll is not None
    assert abs(bright.roll) < 20
    assert 60 < bright.size < 130


@usefixtures("tiny_models")
def test_unknown_names_are_told_which_exist() -> None:
    with pytest.raises(UnknownModel, match="other, tiny"):
        fer.analyze(astronaut(), model="nobody")


@usefixtures("models_folder")
def test_a_network_that_answers_nonsense_is_a_sentence() -> None:
    publish_tiny("sick", broken=True)
    with pytest.raises(BadModel, match="seven finite probabilities"):
        fer.analyze(cut_face(), model="sick", whole_picture=True)


def test_the_shipped_model_sees_the_samples_smile() -> None:
    prediction = (
        Recognizer(registry.load(registry.DEFAULT)).analyze(astronaut()).faces[0].prediction
    )
    assert prediction.label == "happy"
    assert not prediction.uncertain


def test_two_passes_read_a_face_and_its_mirror_image_alike() -> None:
    face, once = cut_face(), Recognizer(prior="training").model
    twice = once.with_passes(2)
    assert twice != once
    pixels = fer.analyze(face, whole_picture=True).faces[0].pixels
    assert pixels is not None
    pixels = pixels[None]
    mirrored = pixels[:, :, ::-1]
    assert not np.allclose(once.probabilities(pixels), once.probabilities(mirrored), atol=1e-4)
    assert np.allclose(twice.probabilities(pixels), twice.probabilities(mirrored), atol=1e-6)
    result = fer.analyze(face, prior="training", passes=2, whole_picture=True)
    assert np.allclose(
        result.faces[0].prediction.probabilities, twice.probabilities(pixels)[0], atol=1e-5
    )
    with pytest.raises(BadSettings, match="1 pass or 2; got 3"):
        once.with_passes(3)


@usefixtures("tiny_models")
def test_a_list_gives_a_list_of_the_same_results_in_one_call_of_the_engine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pictures = [astronaut(), np.zeros((50, 60, 3), np.uint8), group_photo(2, 1, 600)]
    recognizer = Recognizer()
    alone = [recognizer.analyze(picture) for picture in pictures]
    calls = []
    probabilities = registry.Model.probabilities

    def counted(model: registry.Model, pixels: np.ndarray) -> np.ndarray:
        calls.append(len(pixels))
        return probabilities(model, pixels)

    monkeypatch.setattr(registry.Model, "probabilities", counted)
    together = recognizer.analyze(pictures)
    assert calls == [3]
    for one, other in zip(alone, together, strict=True):
        assert (one.width, one.height) == (other.width, other.height)
        assert [face.face.box for face in one.faces] == [face.face.box for face in other.faces]
        for a, b in zip(one.faces, other.faces, strict=True):
            np.testing.assert_allclose(
                a.prediction.probabilities, b.prediction.probabilities, atol=1e-6
            )
    assert recognizer.analyze([]) == []
    assert len(fer.analyze([cut_face()] * 20, whole_picture=True)) == 20


@usefixtures("tiny_models")
def test_files_pil_images_and_arrays_of_every_kind_give_the_same_box() -> None:
    image = astronaut()
    expected = fer.analyze(image).faces[0].face.box
    sources = [
        io.BytesIO(images.encode_png(image)),
        PIL.Image.fromarray(image),
        image / 255,
        np.dstack([image, np.full(image.shape[:2], 255, np.uint8)]),
    ]
    for result in fer.analyze(sources):
        assert result.faces[0].face.box == expected
    assert fer.analyze(image[:, :, ::-1], bgr=True).faces[0].face.box == expected


@usefixtures("tiny_models")
def test_the_picture_of_a_list_that_cannot_be_read_is_named() -> None:
    with pytest.raises(BadImage, match=r"picture 2 of 3: None was given"):
        fer.analyze([astronaut(), None, astronaut()])


@usefixtures("tiny_models")
def test_boxes_of_a_picture_read_at_a_reduced_size_are_in_pixels_of_its_file(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    buffer = io.BytesIO()
    large = PIL.Image.fromarray(astronaut()).resize((1024, 1024))
    large.save(buffer, "JPEG", quality=95)
    whole = fer.analyze(buffer)
    monkeypatch.setattr(decoding, "MAX_PIXELS", 512 * 512)
    reduced = fer.analyze(buffer)
    assert (reduced.width, reduced.height) == (1024, 1024)
    assert whole.searched is not None
    assert reduced.searched is not None
    assert (whole.searched.smallest_face, reduced.searched.smallest_face) == (20, 40)
    pairs = zip(whole.faces[0].face.box.as_list(), reduced.faces[0].face.box.as_list(), strict=True)
    assert all(abs(a - b) < 16 for a, b in pairs)


@usefixtures("tiny_models")
def test_the_search_is_chosen_and_recorded() -> None:
    picture = np.zeros((1000, 1500, 3), np.uint8)
    result = Recognizer(search="thorough").analyze(picture)
    assert result.searched is not None
    assert (result.searched.search, result.searched.tiles) == ("thorough", 2)
    assert fer.analyze(picture, whole_picture=True).searched is None
    with pytest.raises(BadSettings, match="thorough"):
        Recognizer(search="everywhere")
