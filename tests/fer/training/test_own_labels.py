"""A set without votes is trained on its own labels, and its model's card says so."""

import json
from pathlib import Path

import pytest

from fer import cli, registry
from fer.data import dataset, loading, selection
from fer.emotions import EMOTIONS
from fer.errors import BadSettings
from fer.runs.settings import TrainSettings, from_dict
from tests.fer.data import odd_data_sets as odd

SHORT = ("--network", "mlp", "--epochs", "1", "--name", "own")


def test_own_labels_are_the_default_and_the_card_says_so(
    tmp_path: Path, runs_folder: Path, models_folder: Path
) -> None:
    root = odd.class_folders(tmp_path / "my-faces", map(str, range(1, 8)), each=8)
    classes = ",".join(f"{n}={emotion}" for n, emotion in enumerate(odd.RAF_ORDER, 1))
    assert cli.main(["train", "--data", str(root), *SHORT]) == 2  # what do the numbers mean?
    assert not runs_folder.exists()
    assert cli.main(["train", "--data", str(root), *SHORT, "--classes", classes]) == 0
    (recorded,) = runs_folder.glob("*/settings.json")
    values = json.loads(recorded.read_text())
    assert (values["labels"], values["classes"]) == ("own", classes)
    card = registry.card("own")
    assert card.question == "own" and card.predicts == "the labels of my-faces"
    assert card.intended_use.startswith("Predicts the labels of my-faces.")
    assert "fer2013" not in (models_folder / "own" / "card.json").read_text().lower()


def test_what_is_learned_by_default(tmp_path: Path) -> None:
    rows = [(EMOTIONS[n % 7], odd.pixel_text(), "Training") for n in range(14)]
    header = ("emotion", "pixels", "Usage")
    fer2013 = loading.load(odd.table(tmp_path / "fer2013.csv", header, rows))
    own = loading.load(odd.table(tmp_path / "mine.csv", header, rows))
    found = [dataset.default_labels(data) for data in (fer2013, own, loading.load("drawn"))]
    assert found == ["fer2013", "own", "crowd"]
    assert (selection.targets(own, None).argmax(axis=1) == own.labels).all()


def test_settings_leave_it_open_or_name_it() -> None:
    assert TrainSettings("drawn").labels is None
    assert from_dict({"data": "drawn", "labels": "own"}).labels == "own"
    with pytest.raises(BadSettings, match="labels 'mine' is unknown"):
        TrainSettings("drawn", labels="mine")
