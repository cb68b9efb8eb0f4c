"""Slices, copies, mistakes, wrong labels and the crowd's mix on cases made by hand."""

from __future__ import annotations

import numpy as np
import pytest

from fer.data.dataset import UNSPLIT, Dataset
from fer.evaluation import disagreement, duplicates, mistakes, slices
from tests.helpers import make_card

MISSED = np.full(7, np.nan, np.float32)


def mix(**shares: float) -> np.ndarray:
    names = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
    return np.array([shares.get(name, 0.0) for name in names], np.float32)


def test_slices_are_quarters_and_hold_everyone_once() -> None:
    quality = np.full((101, 5), np.nan, np.float32)
    quality[:100, 1] = np.arange(100)
    quality[:100, 2] = 7.0
    quality[:100, 3] = np.where(np.arange(100) % 2, 1, -1) * np.arange(100)
    right = np.arange(101) >= 50
    found = slices.by_quality(quality, right)
    assert set(found) == {"sharpness", "roll"}
    for name in found:
        assert [one.n for one in found[name]] == [25, 25, 25, 25]
        assert [one.accuracy for one in found[name]] == [0.0, 0.0, 1.0, 1.0]
    assert found["sharpness"][0].low == 0 and found["sharpness"][-1].high == 99
    low, high = slices.by_quality(quality, np.arange(101) % 3 > 0)["roll"][0].interval
    assert low < 2 / 3 < high


def test_a_quality_that_few_values_share_has_fewer_slices() -> None:
    quality = np.full((40, 5), np.nan, np.float32)
    quality[:, 0] = np.repeat([48, 96], 20)
    found = slices.by_quality(quality, np.ones(40, bool))["size"]
    assert sum(one.n for one in found) == 40


def test_the_surest_mistake_comes_first() -> None:
    p = np.stack(
        [mix(happy=0.9, sad=0.1), mix(happy=0.6, sad=0.4), mix(sad=0.8, happy=0.2), MISSED]
    )
    assert mistakes.worst(p, np.array([4, 4, 4, 3])).tolist() == [0, 1]
    assert mistakes.worst(p, np.array([4, 4, 4, 3]), most=1).tolist() == [0]
    assert mistakes.confused(p, np.array([4, 4, 4, 3]), 4, 3).tolist() == [0, 1]
    assert mistakes.confused(p, np.array([4, 4, 4, 3]), 3, 7).tolist() == [3]


def test_a_label_that_was_swapped_is_found() -> None:
    random = np.random.default_rng(0)
    true = np.repeat([3, 4], 50)
    p = np.stack([mix(happy=h, sad=1 - h) for h in np.where(true == 3, 0.9, 0.1)])
    p += random.uniform(0, 0.02, p.shape).astype(np.float32)
    p /= p.sum(axis=1, keepdims=True)
    labels = true.copy()
    labels[7] = 4
    assert mistakes.suspect_labels(p, labels)[0] == (7, 3)
    assert mistakes.suspect_labels(p, true) == []
    said = mistakes.about_suspects(p, labels)
    assert said.startswith("1 of 100 labels") and "differs from 1 of the labels (1%)" in said


def test_one_label_only_and_missed_faces_are_no_trouble() -> None:
    p = np.stack([mix(happy=1.0), mix(sad=1.0), MISSED])
    assert mistakes.suspect_labels(p, np.array([3, 3, 3])) == []
    assert mistakes.suspect_labels(MISSED[None], np.array([3])) == []


def test_the_models_mix_beside_the_crowds() -> None:
    votes = np.array([[5, 0, 0, 5, 0, 0, 0, 0, 0, 0], [0, 0, 0, 10, 0, 0, 0, 0, 0, 0], [0] * 10])
    p = np.stack([mix(angry=0.5, happy=0.5), mix(happy=0.75, sad=0.25), mix(happy=1.0)])
    found = disagreement.disagreement(p, votes)
    assert found is not None
    assert found.indices.tolist() == [0, 1]
    assert found.crowd_bits == pytest.approx([1.0, 0.0])
    assert found.model_bits == pytest.approx([1.0, 0.8113], abs=1e-4)
    assert found.distance == pytest.approx([0.0, 0.25])
    assert found.most_disputed[0] == 0 and found.farthest[0] == 1
    assert found.correlation == pytest.approx(1.0)
    assert disagreement.disagreement(p[2:], votes[2:]) is None
    assert disagreement.disagreement(p[:1], votes[:1]).correlation is None  # type: ignore[union-attr]


def copied(splits: list[str], pictures: list[int], labels: list[int]) -> Dataset:
    return Dataset(
        name="copies",
        hash="abc",
        pictures=[np.full((4, 4), one, np.uint8) for one in pictures],
        labels=np.array(labels),
        votes=None,
        splits=np.array(splits, str),
    )


def test_copies_within_and_across_splits_are_counted() -> None:
    data = copied(["train", "test", "test", "test", "train"], [1, 1, 1, 2, 3], [0, 0, 3, 0, 0])
    found = duplicates.find(data, np.array([1, 2, 3]), "test")
    assert found.within == 1 and found.across == {"train": 2} and found.contradictions == 1
    assert found.groups == ((0, 1, 2),)
    words = duplicates.notes([make_card(data={"hash": "abc"})], data, "test", found)
    assert len(words) == 3 and "trained on the training split" in words[0]


def test_a_model_is_known_to_have_seen_the_faces() -> None:
    data = copied([UNSPLIT] * 2, [1, 2], [0, 1])
    found = duplicates.find(data, np.array([0, 1]), "all")
    cards = [make_card("mine", data={"hash": "abc"}), make_card("other", data={"hash": "x"})]
    known, unknown = duplicates.notes(cards, data, "all", found)
    assert known == "mine was trained on this dataset: it has seen these faces, or many of them."
    assert unknown.startswith("Whether other learned from some of these very faces cannot be")
    assert "expect less on other faces" in duplicates.notes(cards, data, "validation", found)[0]
