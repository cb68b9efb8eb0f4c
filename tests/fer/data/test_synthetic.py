"""The drawn faces: repeatable, varied, plainly labelled, and such that a network can learn them."""

import numpy as np
import pytest

from fer.data import inspection, selection
from fer.data.synthetic import faces as synthetic_faces
from fer.emotions import EMOTIONS
from fer.model_card import InputSpec


@pytest.fixture(scope="module")
def faces():
    return synthetic_faces.dataset(560, 140, seed=3)


def test_the_same_seed_draws_the_same_faces():
    one, same, other = (synthetic_faces.dataset(20, 8, seed=seed) for seed in (1, 1, 2))
    assert one.hash == same.hash and (one.votes == same.votes).all()
    assert one.hash != other.hash


def test_they_are_grey_balanced_and_all_different(faces):
    assert all(
        picture.shape == (48, 48) and picture.dtype == np.uint8 for picture in faces.pictures
    )
    found = inspection.inspect(faces)
    assert set(found.counts["train"].values()) == {80}
    assert set(found.counts["validation"].values()) == {20}
    assert found.num_removed == 0 and found.contradictions == 0


def test_they_say_that_they_prove_nothing(faces):
    assert "demo only" in faces.name
    assert "no person" in faces.licence


def test_every_face_has_ten_votes_and_weak_ones_lean_to_neutral():
    assert (synthetic_faces.dataset(70, 7).votes.sum(axis=1) == 10).all()
    neutral = EMOTIONS.index("neutral")
    for label, emotion in enumerate(EMOTIONS[:-1]):
        weak, strong = (
            synthetic_faces.vote_shares(emotion, 0.3),
            synthetic_faces.vote_shares(emotion, 1.0),
        )
        assert weak[neutral] > 2 * strong[neutral]
        assert strong[label] > weak[label] > 0.5
        assert weak.sum() == pytest.approx(1)


@pytest.mark.slow
@pytest.mark.parametrize("question", ["crowd", "fer2013"])
def test_both_questions_can_be_asked(question):
    data = selection.prepared("drawn", labels=question, limit=200)
    targets = selection.targets(data, question)
    assert targets.shape == (len(data), 7)
    assert targets.sum(axis=1) == pytest.approx(1, abs=1e-6)
    assert (data.splits == "train").sum() == 200


@pytest.mark.parametrize("side", [32, 48, 96])
def test_a_face_of_any_size_and_strength(side):
    random = np.random.default_rng(0)
    for emotion in EMOTIONS:
        for strength in (0.0, 1.0):
            assert synthetic_faces.face(emotion, random, strength, side).shape == (side, side)


def test_no_single_pixel_gives_the_expression_away(faces):
    """The best split of one pixel's grey into two tells any emotion from the rest but poorly."""
    flat = faces.inputs(InputSpec()).reshape(len(faces), -1).astype(float)
    flat = (flat - flat.mean(axis=0)) / flat.std(axis=0)
    for label in range(7):
        its = faces.labels == label
        gap = np.abs(flat[its].mean(axis=0) - flat[~its].mean(axis=0))
        assert gap.max() < 2.0


@pytest.mark.slow
def test_all_pixels_together_do():
    """A linear reading of the pixels is well above chance (1 in 7): there is something to learn."""
    data = synthetic_faces.dataset(1400, 350)
    train, validation = data.split("train"), data.split("validation")

    def features(part):
        flat = part.inputs(InputSpec(24, 24)).reshape(len(part), -1) / 255.0
        centred = flat - flat.mean(axis=1, keepdims=True)
        return np.column_stack([centred / centred.std(axis=1, keepdims=True), np.ones(len(part))])

    x, y = features(train), selection.targets(train, "fer2013")
    weights = np.linalg.solve(x.T @ x + 100 * np.eye(x.shape[1]), x.T @ y)
    right = (features(validation) @ weights).argmax(axis=1) == validation.labels
    assert right.mean() > 0.4
