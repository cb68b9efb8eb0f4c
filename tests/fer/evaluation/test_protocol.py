"""Which faces are evaluated, with which true label, and that all others are accounted for."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, strategies as st

from fer.data.dataset import FER2013, NO_LABEL, UNREADABLE, UNSPLIT, Dataset
from fer.errors import BadDataset
from fer.evaluation import protocol
from tests.helpers import make_card


def dataset(splits: list[str], votes: list[list[int]] | None = None, **changes: Any) -> Dataset:
    n = len(splits)
    values: dict[str, Any] = {
        "name": "made up",
        "hash": "0",
        "pictures": [np.full((8, 8), row, np.uint8) for row in range(n)],
        "labels": np.arange(n) % 7,
        "votes": None if votes is None else np.array(votes, np.int64),
        "splits": np.array(splits, str),
    }
    return Dataset(**{**values, **changes})


def test_test_goes_before_validation() -> None:
    both = dataset(["train", "validation", "test", "test"])
    assert protocol.select(both, None, None, "fer2013").rows.tolist() == [2, 3]
    without = dataset(["train", "validation"])
    assert protocol.select(without, None, None, "fer2013").split == "validation"
    assert protocol.select(both, "PublicTest", None, "fer2013").split == "validation"


def test_a_data_set_without_splits_is_evaluated_whole() -> None:
    found = protocol.select(dataset([UNSPLIT] * 5), None, None, "fer2013")
    assert found.split == protocol.ALL and found.rows.tolist() == [0, 1, 2, 3, 4]
    (note,) = protocol.notes(dataset([UNSPLIT] * 5), found)
    assert "made up has no splits, and none were cut" in note and "evaluated, 5." in note
    with pytest.raises(BadDataset, match="has no splits"):
        protocol.select(dataset([UNSPLIT] * 5), "test", None, "fer2013")
    cut = dataset(["test"] * 5, notes=("Left out: contempt 3.",))
    notes = protocol.notes(cut, protocol.select(cut, None, None, "fer2013"))
    assert notes == ["Left out: contempt 3."]


def test_labels_are_fer2013s_only_where_the_data_set_is() -> None:
    own, famous = dataset(["test"]), dataset(["test"], own_labels=FER2013)
    assert protocol.true_label_name(own, "own") == "the labels of made up"
    assert protocol.true_label_name(famous, "fer2013") == "FER2013's label"
    assert protocol.true_label_name(famous, "crowd") == "the majority of the FER+ votes"
    assert protocol.is_fer2013(famous) and not protocol.is_fer2013(own)
    for labels in (None, "own", "fer2013"):
        assert protocol.select(own, None, labels, "crowd").labels == "own"
        assert protocol.select(famous, None, labels, "fer2013").labels == "fer2013"
    with pytest.raises(BadDataset, match=r"has no FER\+ votes"):
        protocol.select(famous, None, None, "crowd")


def test_a_model_of_own_labels_is_trained_for_those_of_its_data_set_alone() -> None:
    card = make_card(question="own", data={"name": "made up"})
    data = dataset(["test"])
    assert protocol.is_trained_for(card, data, "own")
    assert not protocol.is_trained_for(card, data, "crowd")
    assert not protocol.is_trained_for(card, dataset(["test"], name="other"), "own")
    assert not protocol.is_trained_for(make_card(question="fer2013"), data, "own")
    assert protocol.is_trained_for(make_card(question="crowd"), data, "crowd")


@pytest.mark.parametrize(
    ("split", "sentence"),
    [
        ("test", r"no test split; it has train \(2 faces\), validation \(1 faces\)"),
        ("tset", "'tset' is no split; choose one of train, validation, test"),
    ],
)
def test_an_absent_split_says_what_there_is(split: str, sentence: str) -> None:
    with pytest.raises(BadDataset, match=sentence):
        protocol.select(dataset(["train", "train", "validation"]), split, None, "fer2013")


def test_training_faces_alone_are_evaluated_only_by_name() -> None:
    with pytest.raises(BadDataset, match=r"neither a test nor a validation split; it has train"):
        protocol.select(dataset(["train"]), None, None, "fer2013")
    assert len(protocol.select(dataset(["train"]), "train", None, "fer2013").rows) == 1


def test_labels_follow_the_models_question_where_there_are_votes() -> None:
    votes = [[9, 0, 0, 0, 0, 0, 1, 0, 0, 0]]
    voted = dataset(["test"], votes, own_labels=FER2013)
    assert protocol.select(voted, None, None, "crowd").labels == "crowd"
    assert protocol.select(voted, None, None, "fer2013").labels == "fer2013"
    assert protocol.select(voted, None, "fer2013", "crowd").labels == "fer2013"
    assert protocol.select(voted, None, None, "another").labels == "fer2013"
    for whole_faces in (True, False):
        without = dataset(["test"], whole_faces=whole_faces)
        assert protocol.select(without, None, None, "crowd").labels == "own"


@pytest.mark.parametrize("labels", [None, "crowd"])
def test_the_crowd_without_votes_is_an_error(labels: str | None) -> None:
    with pytest.raises(BadDataset, match=r"has no FER\+ votes, only labels"):
        protocol.select(dataset(["test"], own_labels=FER2013), None, labels, "crowd")


def test_why_the_crowd_has_no_majority() -> None:
    votes = [
        [5, 0, 0, 2, 0, 0, 0, 0, 0, 3],
        [5, 0, 0, 5, 0, 0, 0, 0, 0, 0],
        [1, 0, 0, 0, 0, 0, 0, 0, 9, 0],
        [0] * 10,
        [4, 0, 0, 0, 0, 0, 0, 4, 2, 0],
    ]
    found = protocol.select(dataset(["test"] * 5, votes), None, "crowd", "crowd")
    assert found.rows.tolist() == [0, 4] and found.true.tolist() == [0, 0]
    assert found.dropped == {"tied": 1, "none of the seven": 1, "no votes": 1}


def test_nobody_left_is_an_error_that_says_why() -> None:
    with pytest.raises(BadDataset, match="2 no votes"):
        protocol.select(dataset(["test"] * 2, [[0] * 10] * 2), None, "crowd", "crowd")


votes_of_ten = st.lists(st.integers(0, 4), min_size=10, max_size=10)


@given(
    st.lists(st.tuples(st.sampled_from(["train", "test"]), votes_of_ten), min_size=1, max_size=30),
    st.dictionaries(
        st.tuples(
            st.sampled_from(["train", "test", UNSPLIT]), st.sampled_from([UNREADABLE, NO_LABEL])
        ),
        st.integers(1, 9),
    ),
)
def test_every_row_of_the_split_is_accounted_for(
    faces: list[tuple[str, list[int]]], left_out: dict[tuple[str, str], int]
) -> None:
    splits = [split for split, _ in faces]
    data = dataset(splits, [votes for _, votes in faces], left_out=left_out)
    rows = splits.count("test") + sum(
        count for (split, _), count in left_out.items() if split in ("test", UNSPLIT)
    )
    try:
        found = protocol.select(data, "test", "crowd", "crowd")
    except BadDataset:
        return
    assert len(found.rows) + sum(found.dropped.values()) == rows
    assert (data.splits[found.rows] == "test").all()
