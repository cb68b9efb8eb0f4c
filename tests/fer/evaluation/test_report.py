"""Whole evaluations with models whose answers are known beforehand."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from fer import images, registry
from fer.data import loading
from fer.data.dataset import Dataset
from fer.emotions import EMOTIONS
from fer.errors import BadDataset, BadImage, BadModel
from fer.evaluation import predictions, report
from fer.model_card import InputSpec
from tests.helpers import astronaut, level_of, publish_tiny


@pytest.fixture(autouse=True)
def models(models_folder: Path) -> None:
    publish_tiny("reads", reads_levels=3.0, question="fer2013")
    publish_tiny("larger", reads_levels=3.0, question="fer2013", spec=InputSpec(64, 64, 3))
    publish_tiny("neutral", question="fer2013")


def faces(labels: list[int], said: list[int], votes: list[list[int]] | None = None) -> Dataset:
    """Faces of mixed sizes whose grey level makes the model "reads" say what it should."""
    return Dataset(
        name="levels",
        hash="0",
        pictures=[
            np.full((20 + 7 * (row % 5), 30), level_of(emotion), np.uint8)
            for row, emotion in enumerate(said)
        ],
        labels=np.array(labels),
        votes=None if votes is None else np.array(votes),
        splits=np.array(["test"] * len(labels)),
    )


def test_pictures_of_mixed_sizes_for_models_of_mixed_inputs() -> None:
    data = faces([0, 1, 2, 3, 4, 5, 6, 6], [0, 1, 2, 3, 4, 5, 6, 0])
    steps: list[tuple[int, int]] = []
    found = report.evaluate(
        [registry.load("reads"), registry.load("larger"), registry.load("neutral")],
        data,
        "levels.csv",
        on_progress=lambda done, total: steps.append((done, total)),
    )
    assert [one.figures["accuracy"] for one in found.models] == [7 / 8, 7 / 8, 2 / 8]
    assert found.models[0].predicted.tolist() == [0, 1, 2, 3, 4, 5, 6, 0]
    assert found.data["n"] == 8 and found.data["labels"] == "own"
    assert found.faces.rows.tolist() == list(range(8)) and found.faces.found.all()
    assert found.faces.boxes[1].tolist() == [0, 0, 30, 27]
    assert steps[-1] == (8, 8)
    pairs = [one["models"] for one in found.comparison]
    assert pairs == [["reads", "larger"], ["reads", "neutral"], ["larger", "neutral"]]
    assert found.comparison[0]["mcnemar_p"] == 1.0
    assert found.comparison[1]["difference"] == pytest.approx(5 / 8)


def test_a_report_is_kept_and_read_again(tmp_path: Path) -> None:
    votes = [[0, 0, 0, 10, 0, 0, 0, 0, 0, 0], [0] * 10, [0, 0, 0, 5, 0, 0, 5, 0, 0, 0]]
    data = faces([3, 3, 6], [3, 6, 6], votes)
    found = report.evaluate([registry.load("reads")], data, "x")
    found.save(tmp_path)
    again = report.load(tmp_path)
    assert again.as_dict() == found.as_dict()
    assert again.models[0].question == "fer2013"
    for name in report.Faces.__slots__:
        assert np.array_equal(
            getattr(again.faces, name),
            getattr(found.faces, name),
            equal_nan=name == "quality",
        )
    assert again.faces.shares is not None and np.isnan(again.faces.shares[1]).all()
    with pytest.raises(ValueError, match="read-only"):
        again.faces.true[0] = 1
    (tmp_path / "report.json").write_text("{}")
    with pytest.raises(BadDataset, match="cannot be read"):
        report.load(tmp_path)


def test_a_model_of_nonsense_is_named() -> None:
    publish_tiny("broken", broken=True)
    with pytest.raises(BadModel, match="'broken' does not return seven finite"):
        report.evaluate([registry.load("broken")], faces([0], [0]), "x", labels="fer2013")


class _Watched(list):  # type: ignore[type-arg]
    """Pictures that know how often they were asked for, and one that cannot be read."""

    asked = 0

    def __getitem__(self, place):  # type: ignore[no-untyped-def]
        self.asked += 1
        if place == 3:
            raise BadImage("3.png is damaged.")
        return super().__getitem__(place)


def test_pictures_are_read_once_each_in_turn_and_unreadable_ones_told() -> None:
    data = faces([0] * 600, [0] * 600)
    watched = _Watched(data.pictures)
    object.__setattr__(data, "pictures", watched)
    seen: list[int] = []
    read = predictions.read(
        [registry.load("reads")],
        data,
        np.arange(600),
        on_progress=lambda done, total: seen.append(watched.asked),
    )
    assert seen == [256, 512, 600]
    assert read.num_unreadable == 1 and 3 not in read.readable and len(read.readable) == 599
    assert "damaged" in str(read.problems[0])


def test_what_progress_raises_ends_the_reading() -> None:
    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        predictions.read([registry.load("reads")], faces([0], [0]), np.arange(1), on_progress=stop)


@contextmanager
def folders(root: Path) -> Iterator[Dataset]:
    """Class folders with a photo of one face, a smaller face beside a larger one, and darkness."""
    for emotion, name, picture in (
        ("happy", "face.png", astronaut()),
        ("happy", "two.png", _two_faces()),
        ("sad", "dark.png", np.zeros((90, 90, 3), np.uint8)),
    ):
        folder = root / "test" / emotion
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(images.encode_png(picture))
    with loading.opened(root) as data:
        yield data


def _two_faces() -> np.ndarray:
    picture = np.zeros((512, 768, 3), np.uint8)
    picture[:, 256:] = astronaut()
    picture[256:, :256] = images.bounded(astronaut(), 256)[0]
    return picture


def test_photographs_are_searched_and_the_largest_face_counts(tmp_path: Path) -> None:
    with folders(tmp_path) as data:
        found = report.evaluate([registry.load("reads")], data, str(tmp_path))
        whole = report.evaluate([registry.load("reads")], data, str(tmp_path), whole_picture=True)
    figures = found.models[0].figures
    assert figures["n"] == 3 and figures["missed"] == 1
    assert sum(map(sum, figures["confusion"])) == 2
    by_name = dict(zip(found.faces.sources, found.faces.boxes, strict=True))
    left, _, right, _ = by_name["test/happy/two.png"]
    assert left > 256 and right - left > 70
    assert by_name["test/sad/dark.png"].tolist() == [0, 0, 0, 0]
    assert np.isfinite(found.faces.quality[found.faces.found]).all()
    assert whole.models[0].figures["missed"] == 0
    json.dumps(found.as_dict(), allow_nan=False)
    assert set(figures["per_class"]) == set(EMOTIONS)
