"""From a picture to results, with small made-up models and with the one that is shipped."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import fer
from fer import images, registry
from fer.errors import BadModel, UnknownModel
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
    assert sure.words == sure.label
    assert unsure.words == "unsure"
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
