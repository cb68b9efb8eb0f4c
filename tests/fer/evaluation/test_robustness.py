"""What corruptions do to faces, and the falls of accuracy that come of them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from fer import registry
from fer.data.dataset import Dataset
from fer.data.synthetic import faces as synthetic_faces
from fer.errors import BadDataset
from fer.evaluation import corruptions, robustness
from fer.model_card import InputSpec
from tests.helpers import cut_face, level_of, publish_tiny

BY_NAME = {one.name: one for one in corruptions.ALL}


def test_each_kind_has_five_strengths_in_words() -> None:
    assert len(corruptions.ALL) == 10
    for one in corruptions.ALL:
        assert len(set(map(one.describe, one.strengths))) == 5
    named = {one.name: one.describe(strength) for one, strength in corruptions.named()}
    assert named == {
        "jpeg": "quality 30 at four-fold size",
        "low resolution": "down to 24 px",
        "rotation": "±10°",
        "shift": "±10% both ways",
        "size": "±10%",
    }


@pytest.mark.parametrize("name", list(BY_NAME))
def test_the_stronger_the_farther_from_the_face(name: str) -> None:
    face, one = cut_face(), BY_NAME[name]
    changes = []
    for strength in one.strengths:
        worse = corruptions.applied(face, one, strength, row=5)
        assert worse.shape == face.shape and worse.dtype == np.uint8
        assert (worse == corruptions.applied(face, one, strength, row=5)).all()
        changes.append(float(np.abs(worse.astype(int) - face).mean()))
    assert changes[0] > 0 and changes[-1] > changes[0]


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6), st.integers(8, 70), st.sampled_from(corruptions.ALL))
def test_grey_faces_of_any_size_stay_grey(row: int, side: int, one: corruptions.Corruption) -> None:
    grey = np.random.default_rng(row).integers(0, 256, (side, side, 1), dtype=np.uint8)
    worse = corruptions.applied(np.repeat(grey, 3, axis=2), one, one.strengths[-1], row)
    assert worse.shape == (side, side, 3)
    spread = np.ptp(worse.astype(int), axis=2).max()
    assert spread <= (3 if one.name == "jpeg" else 0)


def test_directions_differ_between_faces() -> None:
    face = cut_face()
    for name in ("shift", "size", "rotation"):
        one = BY_NAME[name]
        seen = {corruptions.applied(face, one, 0.1, row).tobytes() for row in range(20)}
        assert len(seen) == (4 if name == "shift" else 2)


def test_a_shift_repeats_the_border() -> None:
    face = np.zeros((20, 20, 3), np.uint8)
    face[:, :10] = 200
    one = BY_NAME["shift"]
    for row in range(8):
        assert set(np.unique(corruptions.applied(face, one, 0.2, row))) <= {0, 200}


def levels(n: int = 70) -> Dataset:
    rows = np.arange(n)
    return Dataset(
        name="levels",
        hash="0",
        pictures=[np.full((30, 40), level_of(row % 7), np.uint8) for row in rows],
        labels=rows % 7,
        votes=None,
        splits=np.array(["test"] * n),
    )


def test_a_model_of_brightness_minds_darkness_alone(models_folder: Path) -> None:
    publish_tiny("reads", reads_levels=3.0, question="fer2013")
    publish_tiny("colour", reads_levels=3.0, question="fer2013", spec=InputSpec(20, 20, 3))
    models = [registry.load("reads"), registry.load("colour")]
    steps: list[tuple[int, int]] = []
    found = robustness.measure(
        models, levels(), "x", on_progress=lambda done, total: steps.append((done, total))
    )
    record = found.as_dict()
    json.dumps(record, allow_nan=False)
    assert steps[-1] == (70 * 51, 70 * 51)
    for its in record["models"].values():
        assert its["clean"] == 1.0
        assert set(its["curves"]) == set(BY_NAME)
        assert all(one["loss"] == 0 for one in its["curves"]["blur"])
        dark = [one["accuracy"] for one in its["curves"]["darkness"]]
        assert dark == sorted(dark, reverse=True) and dark[-1] <= 2 / 7
        worst = its["curves"]["darkness"][-1]
        assert worst["loss"] == pytest.approx(100 * (1 - worst["accuracy"]))
        assert worst["loss_interval"][0] <= worst["loss"] <= worst["loss_interval"][1]
        assert its["card"]["worst_loss"] == max(
            one["loss"] for one in its["card"]["corruptions"].values()
        )
        assert len(its["card"]["corruptions"]) == 5


def test_the_table_for_cards_and_a_limit(models_folder: Path) -> None:
    publish_tiny("reads", reads_levels=3.0, question="fer2013")
    found = robustness.measure(
        [registry.load("reads")], levels(), "x", limit=10, cases=corruptions.named()
    )
    assert found.data["n"] == 10 and len(found.cases) == 5
    assert found.card("reads")["corruptions"]["rotation, ±10°"]["loss"] == 0.0


def test_photographs_are_searched_and_those_without_a_face_counted(models_folder: Path) -> None:
    publish_tiny("reads", reads_levels=3.0, question="fer2013")
    dark = np.zeros((60, 60), np.uint8)
    face = synthetic_faces.face("happy", np.random.default_rng(0), side=96)
    data = Dataset(
        name="photos",
        hash="0",
        pictures=[dark, face],
        labels=np.array([0, 3]),
        votes=None,
        splits=np.array(["test"] * 2),
        whole_faces=False,
    )
    found = robustness.measure([registry.load("reads")], data, "x", cases=corruptions.named())
    assert found.data["n"] == 1 and found.data["not_found"] == 1
    with pytest.raises(BadDataset, match="no face was found"):
        robustness.measure([registry.load("reads")], data.rows(np.array([0])), "x")
