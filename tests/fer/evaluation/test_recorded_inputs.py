"""What networks saw, kept beside the report; and the table of every face's answers."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
import pytest

from fer import registry
from fer.cli import main
from fer.emotions import EMOTIONS
from fer.errors import BadDataset
from fer.evaluation import recorded_inputs, report
from fer.evaluation.reports import records
from fer.inference import cropping, detection
from fer.model_card import InputSpec
from tests.helpers import astronaut, labelled_zip, publish_tiny

LABELS, SAID = [3, 3, 4, 6, 0], [3, 4, 4, 6, 6]


@pytest.fixture
def data(models_folder: Path, tmp_path: Path) -> Path:
    publish_tiny("reads", reads_levels=3.0)
    publish_tiny("larger", reads_levels=3.0, spec=InputSpec(64, 56, 3))
    file = tmp_path / "faces.zip"
    file.write_bytes(labelled_zip(LABELS, SAID))
    return file


def evaluated(data: Path, *flags: str) -> Path:
    keep = data.parent / "kept"
    command = ["evaluate", "--model", "reads,larger", "--data", str(data), "--keep", str(keep)]
    assert main([*command, *flags]) == 0
    return keep


def test_each_models_own_inputs_are_kept_face_by_face(data: Path) -> None:
    keep = evaluated(data, "--whole-picture")
    found = report.load(keep)
    for number, shape in enumerate([(48, 48, 1), (64, 56, 3)]):
        inputs = recorded_inputs.inputs(keep, number, found.faces.found)
        assert {inputs[place].shape for place in range(5)} == {shape}
        model = registry.load(found.models[number].name)
        again = model.probabilities(np.stack([inputs[place] for place in range(5)]))
        assert again == pytest.approx(found.models[number].probabilities, abs=1e-6)


def test_faces_that_were_not_found_have_no_input_and_shift_nothing(
    models_folder: Path, tmp_path: Path
) -> None:
    from fer import images

    publish_tiny("reads", reads_levels=3.0)
    for name, picture in (("a", np.zeros((60, 60, 3), np.uint8)), ("b", astronaut())):
        (tmp_path / "test" / "happy").mkdir(parents=True, exist_ok=True)
        (tmp_path / "test" / "happy" / f"{name}.png").write_bytes(images.encode_png(picture))
    keep = tmp_path / "kept"
    assert main(["evaluate", "--model", "reads", "--data", str(tmp_path), "--keep", str(keep)]) == 0
    found = report.load(keep)
    assert found.faces.found.tolist() == [False, True]
    inputs = recorded_inputs.inputs(keep, 0, found.faces.found)
    with pytest.raises(BadDataset, match="no face was found"):
        inputs[0]
    face = detection.detect(astronaut(), detection.DEFAULT)
    shrunk = images.bounded(astronaut(), 224)[0]
    assert inputs[1].shape == (48, 48, 1)
    expected = cropping.model_input(astronaut(), face, InputSpec())[0]
    assert shrunk.shape[0] == 224
    assert np.corrcoef(inputs[1].ravel(), expected.ravel())[0, 1] > 0.9
    rows = list(csv.DictReader(io.StringIO(records.csv_text(found))))
    assert rows[0]["reads answer"] == "not found" and rows[0]["reads happy"] == ""


def test_inputs_of_another_evaluation_are_refused(data: Path) -> None:
    keep = evaluated(data, "--whole-picture")
    with pytest.raises(BadDataset, match="not those of the report"):
        recorded_inputs.inputs(keep, 0, np.ones(4, bool))
    with pytest.raises(BadDataset, match="were not stored"):
        recorded_inputs.inputs(keep, 2, np.ones(5, bool))


def test_a_second_evaluation_into_the_same_folder_replaces_the_first(data: Path) -> None:
    evaluated(data, "--whole-picture")
    keep = evaluated(data, "--whole-picture")
    found = report.load(keep)
    assert recorded_inputs.inputs(keep, 1, found.faces.found)[4].shape == (64, 56, 3)


def test_the_table_holds_every_models_answer_to_every_face(data: Path) -> None:
    found = report.load(evaluated(data, "--whole-picture"))
    rows = list(csv.DictReader(io.StringIO(records.csv_text(found))))
    true = {row["source"]: row["true"] for row in rows}
    assert sorted(true.values()) == sorted(EMOTIONS[label] for label in LABELS)
    assert sum(row["reads is right"] == "true" for row in rows) == 3
    for row in rows:
        assert sum(float(row[f"larger {one}"]) for one in EMOTIONS) == pytest.approx(1, abs=1e-4)
