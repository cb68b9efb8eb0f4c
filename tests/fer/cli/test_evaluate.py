"""`python -m fer evaluate` and `robustness` as their users call them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sklearn.metrics

from fer import images
from fer.cli import main
from fer.data.synthetic import faces as synthetic_faces
from fer.emotions import EMOTIONS, OTHER_VOTE_COLUMNS, VOTE_COLUMNS
from tests.helpers import astronaut, level_of, publish_tiny

ROOT = Path(__file__).resolve().parents[3]
MAJORITY = ([0, 0, 0, 8, 0, 0, 2, 0, 0, 0], [0, 0, 0, 0, 6, 0, 4, 0, 0, 0])
TIED, UNKNOWN, NOBODY = ([5, 0, 0, 5] + [0] * 6, [1] + [0] * 7 + [9, 0], [0] * 10)


@pytest.fixture(autouse=True)
def models(models_folder: Path) -> Path:
    publish_tiny("reads", reads_levels=3.0, question="crowd")
    publish_tiny("label", reads_levels=3.0, question="fer2013")
    publish_tiny("neutral", question="crowd")
    publish_tiny("broken", broken=True)
    return models_folder


def write_csv(folder: Path, rows: list[tuple[str, int, int]]) -> Path:
    """A row is its usage, its label and the emotion that "reads" will say of it."""
    lines = ["emotion,pixels,Usage"]
    for number, (usage, label, said) in enumerate(rows):
        pixels = np.full(2304, level_of(said))
        pixels[number] += 1  # no two pictures are alike
        lines.append(f"{label},{' '.join(map(str, pixels))},{usage}")
    path = folder / "fer2013.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


def write_votes(path: Path, usages: list[str], votes: list[list[int]]) -> Path:
    columns = (*VOTE_COLUMNS, *OTHER_VOTE_COLUMNS)
    lines = ["Usage,Image name," + ",".join(columns)]
    for number, (usage, its) in enumerate(zip(usages, votes, strict=True)):
        lines.append(f"{usage},fer{number:07d}.png," + ",".join(map(str, its)))
    path.write_text("\n".join(lines) + "\n")
    return path


def evaluated(capsys: pytest.CaptureFixture[str], *arguments: object, code: int = 0) -> Any:
    assert main(["evaluate", *map(str, arguments), "--json", "-"]) == code
    return json.loads(capsys.readouterr().out, parse_constant=pytest.fail)


def refused(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    assert main(list(map(str, arguments))) == 2
    printed = capsys.readouterr()
    assert printed.out == "" and "Traceback" not in printed.err
    return printed.err


def test_labels_of_a_csv_against_scikit_learn(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    random = np.random.default_rng(0)
    true, said = random.integers(0, 7, 60), random.integers(0, 7, 60)
    data = write_csv(tmp_path, [("PrivateTest", *pair) for pair in zip(true, said, strict=True)])
    record = evaluated(capsys, "--model", "label", "--data", data)
    assert record["data"]["path"] == str(data)
    assert record["data"]["split"] == "test" and record["data"]["labels"] == "fer2013"
    assert record["data"]["n"] == 60 and record["data"]["dropped"] == {}
    assert len(record["data"]["hash"]) == 64 and record["comparison"] == []
    its = record["models"]["label"]
    assert its["n"] == 60 and its["missed"] == 0
    assert its["accuracy"] == pytest.approx((true == said).mean())
    assert its["macro_f1"] == pytest.approx(sklearn.metrics.f1_score(true, said, average="macro"))
    assert its["confusion"] == sklearn.metrics.confusion_matrix(true, said).tolist()
    assert list(its["per_class"]) == list(EMOTIONS)
    assert its["ece_votes"] is None
    assert its["seconds_per_face"] > 0
    assert its["coverage_curve"][-1] == [1.0, its["accuracy"]]


def test_the_crowds_majority_and_who_has_none(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    votes = [*MAJORITY, TIED, UNKNOWN, NOBODY, MAJORITY[0]]
    usages = ["PublicTest"] * 5 + ["Training"]
    data = write_csv(tmp_path, [(usage, 0, 3) for usage in usages])
    write_votes(tmp_path / "fer2013new.csv", usages, votes)
    record = evaluated(capsys, "--model", "reads,neutral", "--data", data)
    facts = record["data"]
    assert facts["split"] == "validation" and facts["labels"] == "crowd" and facts["n"] == 2
    assert facts["dropped"] == {"tied": 1, "none of the seven": 1, "no votes": 1}
    assert record["models"]["reads"]["accuracy"] == 0.5
    assert record["models"]["reads"]["ece_votes"] is not None
    pair = record["comparison"][0]
    assert pair["models"] == ["reads", "neutral"] and pair["difference"] == 0.5
    assert pair["mcnemar_p"] == 1.0 and len(pair["interval"]) == 2
    labels = evaluated(capsys, "--model", "reads", "--data", data, "--labels", "fer2013")
    assert labels["data"]["n"] == 5 and labels["models"]["reads"]["accuracy"] == 0.0
    one = evaluated(capsys, "--model", "reads", "--data", data, "--split", "train")
    assert one["data"]["n"] == 1
    assert one["models"]["reads"]["per_class"]["angry"]["recall"] is None


def test_votes_are_named_where_they_lie_elsewhere(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = write_csv(tmp_path, [("PrivateTest", 3, 3)] * 2)
    votes = write_votes(tmp_path / "other.csv", ["PrivateTest"] * 2, [MAJORITY[0]] * 2)
    assert "has no FER+ votes" in refused(capsys, "evaluate", "--model", "reads", "--data", data)
    record = evaluated(capsys, "--model", "reads", "--data", data, "--votes", votes)
    assert record["data"]["n"] == 2 and record["data"]["labels"] == "crowd"


def test_wrong_rows_are_counted_and_end_in_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = write_csv(tmp_path, [("PrivateTest", 3, 3), ("PrivateTest", 4, 4), ("Training", 3, 3)])
    with data.open("a") as file:
        file.write("3,1 2 3,PrivateTest\n3,1 2 3,Training\n")
        file.write(f"9,{' '.join(['7'] * 2304)},PrivateTest\n")
    record = evaluated(capsys, "--model", "label", "--data", data, code=1)
    assert record["data"]["n"] == 2
    assert record["data"]["dropped"] == {"unreadable": 1, "no usable label": 1}


@pytest.fixture
def folders(tmp_path: Path) -> Path:
    """A photo of a face, drawn faces, one with no face in it, and one that is broken."""
    random = np.random.default_rng(0)
    root = tmp_path / "photos"
    for emotion in ("happy", "sad"):
        (root / "test" / emotion).mkdir(parents=True)
        for number in range(2):
            grey = synthetic_faces.face(emotion, random, side=64)
            picture = np.repeat(grey[:, :, None], 3, axis=2)
            (root / "test" / emotion / f"{number}.png").write_bytes(images.encode_png(picture))
    photo = images.encode_png(astronaut())
    (root / "test" / "happy" / "photo.png").write_bytes(photo)
    (root / "test" / "sad" / "dark.png").write_bytes(
        images.encode_png(np.zeros((80, 120, 3), np.uint8))
    )
    return root


def test_faces_are_searched_in_folders_and_misses_count_as_wrong(
    folders: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    record = evaluated(capsys, "--model", "neutral", "--data", folders)
    its = record["models"]["neutral"]
    assert record["data"]["labels"] == "own" and record["data"]["n"] == its["n"] == 6
    assert record["data"]["true_label"].startswith("the labels of ")
    assert its["missed"] >= 1
    assert sum(map(sum, its["confusion"])) == 6 - its["missed"]
    whole = evaluated(capsys, "--model", "neutral", "--data", folders, "--whole-picture")
    assert whole["models"]["neutral"]["missed"] == 0
    assert sum(map(sum, whole["models"]["neutral"]["confusion"])) == 6


def test_a_zip_of_folders_and_a_broken_picture(
    folders: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folders / "test" / "sad" / "broken.jpg").write_bytes(b"no picture")
    packed = tmp_path / "photos.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        for file in sorted(folders.rglob("*.*")):
            archive.write(file, file.relative_to(folders))
    for data in (folders, packed):
        record = evaluated(capsys, "--model", "neutral", "--data", data, "--whole-picture", code=1)
        assert record["data"]["n"] == 6 and record["data"]["dropped"] == {"unreadable": 1}
        assert "broken.jpg" in record["data"]["problems"][0]


def test_one_folder_without_splits_and_one_emotion_is_evaluated_whole(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "faces" / "neutral").mkdir(parents=True)
    for number in range(3):
        picture = np.full((30, 30 + number, 3), 100, np.uint8)
        (tmp_path / "faces" / "neutral" / f"{number}.png").write_bytes(images.encode_png(picture))
    record = evaluated(
        capsys, "--model", "neutral", "--data", tmp_path / "faces", "--whole-picture"
    )
    assert record["data"]["n"] == 3 and record["data"]["split"] == "all"
    its = record["models"]["neutral"]
    assert its["accuracy"] == its["macro_f1"] == its["balanced_accuracy"] == 1.0
    assert its["per_class"]["happy"] == {
        **{"precision": None, "recall": None, "f1": None},
        "support": 0,
    }


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--model", "nobody"], "unknown model 'nobody'; the models are:"),
        (["--model", "reads,reads"], "named twice"),
        (["--model", "reads,"], "holds a name that is empty"),
        (["--model", "broken"], "does not return seven finite probabilities"),
        (["--model", "reads", "--split", "test"], "has no test split; it has train"),
        (["--model", "reads", "--split", "odd"], "'odd' is no split"),
        (["--model", "reads", "--votes", "nowhere.csv", "--data", "x.csv"], "does not exist"),
        (["--model", "reads", "--with-faces"], "name its file with --html"),
        (["--model", "reads", "--json", "/nowhere/x.json"], "cannot be written"),
        (["--model", "reads", "--html", "/nowhere/x.html"], "cannot be written"),
    ],
)
def test_wrong_use_ends_in_2_with_a_sentence(
    arguments: list[str], sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    usages = ["Training", "PublicTest"]
    data = write_csv(tmp_path, [(usage, 3, 3) for usage in usages])
    write_votes(tmp_path / "fer2013new.csv", usages, [MAJORITY[0]] * 2)
    assert sentence in refused(capsys, "evaluate", "--data", data, *arguments)


def test_labels_that_no_model_has(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "faces" / "bored").mkdir(parents=True)
    (tmp_path / "faces" / "bored" / "1.png").write_bytes(images.encode_png(astronaut()))
    said = refused(capsys, "evaluate", "--model", "reads", "--data", tmp_path / "faces")
    assert "not named by one of the seven emotions: bored" in said
    (tmp_path / "empty").mkdir()
    said = refused(capsys, "evaluate", "--model", "reads", "--data", tmp_path / "empty")
    assert "holds no pictures in class folders" in said


def test_files_are_written_and_the_table_printed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    targets = [tmp_path / "report.json", tmp_path / "report.html", tmp_path / "kept"]
    arguments = ["evaluate", "--model", "reads,neutral", "--data", "drawn"]
    flags = ["--json", targets[0], "--html", targets[1], "--keep", targets[2], "--with-faces"]
    assert main([*arguments, *map(str, flags)]) == 0
    printed = capsys.readouterr().out
    assert "reads minus neutral" in printed and "left out:" in printed
    record = json.loads(targets[0].read_text())
    assert record["data"]["split"] == "validation"
    assert "data:image/png" in targets[1].read_text()
    kept = json.loads((targets[2] / "report.json").read_text())
    assert kept["models"] == record["models"]
    progress = json.loads((targets[2] / "progress.json").read_text())
    assert progress["done"] == progress["total"] == record["data"]["n"]


SKEWED = (0.02, 0.02, 0.02, 0.02, 0.02, 0.02, 0.88)


def test_the_prior_of_each_figure_is_named_and_changes_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    publish_tiny("skewed", reads_levels=0.3, shares=SKEWED, question="fer2013")
    data = write_csv(tmp_path, [("PrivateTest", label, label) for label in range(7)] * 2)
    accuracy = {}
    for prior in ("training", "balanced"):
        record = evaluated(capsys, "--model", "skewed", "--data", data, "--prior", prior)
        assert record["models"]["skewed"]["prior"] == prior
        accuracy[prior] = record["models"]["skewed"]["accuracy"]
        flags = ("--model", "skewed", "--data", data, "--prior", prior, "--card", "--json", "-")
        assert main(["robustness", *map(str, flags)]) == 0
        measured = json.loads(capsys.readouterr().out)["models"]["skewed"]
        assert measured["prior"] == measured["card"]["prior"] == prior
        assert measured["clean"] == accuracy[prior]
    assert accuracy["training"] < 0.6 and accuracy["balanced"] == 1.0
    shares = ",".join(f"{emotion}={share}" for emotion, share in zip(EMOTIONS, SKEWED, strict=True))
    own = evaluated(capsys, "--model", "skewed", "--data", data, "--prior", shares)
    assert own["models"]["skewed"]["accuracy"] == accuracy["training"]
    assert main(["evaluate", "--model", "skewed", "--data", str(data), "--prior", "balanced"]) == 0
    assert "skewed  balanced" in capsys.readouterr().out


def test_a_prior_that_a_model_does_not_know_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = write_csv(tmp_path, [("PrivateTest", 3, 3)] * 2)
    for command in ("evaluate", "robustness"):
        flags = (command, "--data", data, "--model", "reads", "--prior")
        assert "knows the prior 'training' alone" in refused(capsys, *flags, "balanced")
        assert "NAME=SHARE" in refused(capsys, *flags, "happy=a")


def test_models_that_assume_different_things_are_said_to(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    publish_tiny("even", reads_levels=0.3, shares=SKEWED, default_prior="balanced")
    data = write_csv(tmp_path, [("PrivateTest", 3, 3)] * 2)
    flags = ("--data", data, "--labels", "fer2013", "--model")
    notes = evaluated(capsys, *flags, "even,reads")["data"]["notes"]
    assert "different priors (even: balanced; reads: training)" in " ".join(notes)
    assert "priors" not in " ".join(evaluated(capsys, *flags, "reads,neutral")["data"]["notes"])


def test_nothing_foreign_loads_for_an_evaluation() -> None:
    code = (
        "import sys; import fer.cli.evaluate, fer.cli.robustness; "
        "sys.exit(any(m in sys.modules for m in ('tensorflow', 'keras', 'streamlit')))"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 0


@pytest.fixture
def heard_interrupts() -> Iterator[None]:
    """A child inherits an ignored SIGINT, which tests in the background of a shell have."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.slow
@pytest.mark.usefixtures("heard_interrupts")
@pytest.mark.skipif(os.name != "posix", reason="signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_cleanly_when_interrupted(number: signal.Signals, tmp_path: Path) -> None:
    """All corruptions of the drawn faces take seconds; it is told to end once it has begun."""
    kept, target = tmp_path / "kept", tmp_path / "robustness.json"
    command = ["robustness", "--model", "reads", "--data", "drawn", "--keep", kept]
    process = subprocess.Popen(
        [sys.executable, "-m", "fer", *map(str, command), "--json", str(target)],
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 120
    while not (kept / "progress.json").exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(number)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130, said
    assert "interrupted" in said and "Traceback" not in said
    assert not target.exists() and not (kept / "robustness.json").exists()


def test_robustness_as_a_table_and_for_a_card(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = write_csv(tmp_path, [("PrivateTest", one % 7, one % 7) for one in range(14)])
    arguments = ["robustness", "--model", "label", "--data", str(data), "--card"]
    assert main(arguments) == 0
    assert "down to 24 px" in capsys.readouterr().out
    assert main([*arguments, "--json", "-", "--limit", "7"]) == 0
    record = json.loads(capsys.readouterr().out)
    card = record["models"]["label"]["card"]
    assert card["n"] == 7 and card["clean"] == 1.0 and card["worst_loss"] == 0.0
    assert len(card["corruptions"]) == 5
    said = refused(capsys, *arguments, "--limit", "0")
    assert "limit is 0" in said
