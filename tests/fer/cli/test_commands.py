"""The command line as scripts see it: exit codes, records, tables, sentences."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from fer import cli, images
from fer.emotions import EMOTIONS
from tests.helpers import astronaut, cut_face, group_photo, publish_tiny

pytestmark = pytest.mark.usefixtures("tiny_models")


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """A folder with two photos, one of them deeper, a broken one and a file that is none."""
    folder = tmp_path / "photos"
    (folder / "deep").mkdir(parents=True)
    (folder / "b.PNG").write_bytes(images.encode_png(astronaut()))
    (folder / "deep" / "b.png").write_bytes(images.encode_png(group_photo(2, 1, 600)))
    (folder / "a.jpg").write_bytes(b"<html>")
    (folder / "notes.txt").write_text("no picture")
    return folder


def records(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, list[dict]]:
    code = cli.main(["analyze", *arguments, "--json", "-"])
    return code, json.loads(capsys.readouterr().out)


def test_a_folder_is_read_in_order_and_a_bad_file_is_reported(
    photos: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, found = records(capsys, str(photos))
    assert code == 1
    assert [record["file"] for record in found] == [
        f"{photos}/a.jpg",
        f"{photos}/b.PNG",
        f"{photos}/deep/b.png",
    ]
    assert "not a picture" in found[0]["error"]
    assert len(found[2]["faces"]) == 2


def test_a_record_has_what_others_rely_on(photos: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, (record,) = records(capsys, str(photos / "b.PNG"))
    assert code == 0
    assert set(record) == {
        *("file", "model", "detector", "prior", "passes", "search", "searched"),
        *("width", "height", "faces", "seconds"),
    }
    named = [record[name] for name in ("model", "detector", "prior")]
    assert named == ["tiny", "mtcnn", "training"]
    assert set(record["seconds"]) == {"decode", "detect", "crop", "classify"}
    (face,) = record["faces"]
    assert set(face) == {"box", "score", "label", "confidence", "uncertain", "probabilities"}
    assert tuple(face["probabilities"]) == EMOTIONS
    assert sum(face["probabilities"].values()) == pytest.approx(1, abs=1e-4)
    assert face["label"] == max(face["probabilities"], key=face["probabilities"].get)
    assert all(isinstance(side, int) for side in face["box"])


def test_csv_has_a_row_a_face(photos: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["analyze", str(photos / "deep"), "--csv", "-"]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [row["face"] for row in rows] == ["1", "2"]
    assert list(rows[0]) == [
        *("file", "face", "left", "top", "right", "bottom"),
        *("score", "label", "confidence", "uncertain"),
        *EMOTIONS,
        *("model", "detector", "prior", "search", "passes"),
    ]
    assert {(row["model"], row["detector"], row["prior"]) for row in rows} == {
        ("tiny", "mtcnn", "training")
    }


def test_files_that_are_no_pictures_are_counted_by_ending(
    photos: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (photos / "README").touch()
    (photos / "deep" / "more.TXT").touch()
    assert cli.main(["analyze", str(photos), "--csv", "-"]) == 1
    assert f"passed over in {photos.name}: 2 .txt, 1 without ending." in capsys.readouterr().err


def test_the_search_can_be_chosen(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "large.png").write_bytes(images.encode_png(np.zeros((900, 1100, 3), np.uint8)))
    for search, tiles in (("fast", 0), ("thorough", 2)):
        assert cli.main(["analyze", str(tmp_path), "--search", search, "--json", "-"]) == 0
        out, err = capsys.readouterr()
        (record,) = json.loads(out)
        assert ("1 picture was not searched at full size" in err) == (search == "fast")
        assert record["search"] == search
        assert record["searched"] == {
            "smallest_face": 21 if search == "fast" else 20,
            "tiles": tiles,
            "tiles_total": tiles,
            "capped": False,
        }


def test_the_prior_can_be_chosen(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    publish_tiny("skewed", shares=(0.1, 0.1, 0.1, 0.4, 0.1, 0.1, 0.1))
    (tmp_path / "face.png").write_bytes(images.encode_png(cut_face()))
    found = {}
    for prior in ("training", "balanced", ",".join(f"{name}=2" for name in EMOTIONS)):
        arguments = (str(tmp_path), "--model", "skewed", "--whole-picture", "--prior", prior)
        assert cli.main(["analyze", *arguments, "--json", "-"]) == 0
        out, err = capsys.readouterr()
        (record,) = json.loads(out)
        assert ("sum to 14" in err) == ("=2" in prior)
        assert record["detector"] == "none"
        found[record["prior"]] = record["faces"][0]["probabilities"]["happy"]
    assert list(found)[:2] == ["training", "balanced"]
    own = ",".join(f"{name}=0.1429" for name in EMOTIONS)
    assert found[own] == found["balanced"] < found["training"]


@pytest.mark.parametrize(
    ("prior", "text"),
    [("even", "unknown prior 'even'"), ("happy=1", "seven shares"), ("balanced", "does not say")],
)
def test_a_prior_that_cannot_be_is_wrong_use(
    prior: str, text: str, photos: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = "tiny"
    if prior == "even":
        publish_tiny(model := "skewed", shares=(1 / 7,) * 7)
    assert cli.main(["analyze", str(photos), "--prior", prior, "--model", model]) == 2
    assert text in capsys.readouterr().err


def test_annotated_pictures_get_names_of_their_own(photos: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert cli.main(["analyze", str(photos), "--annotate", str(out)]) == 1
    assert sorted(path.name for path in out.iterdir()) == ["b-2.png", "b.png"]
    assert images.read(out / "b.png").shape == astronaut().shape


def test_without_outputs_there_is_a_line_a_face(
    photos: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["analyze", str(photos / "deep" / "b.png")]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 2


def test_a_file_that_is_named_is_always_tried(
    photos: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, (record,) = records(capsys, str(photos / "notes.txt"))
    assert code == 1
    assert "notes.txt" in record["error"]


def test_missing_paths_and_empty_folders_are_errors_and_the_rest_goes_on(
    photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty").mkdir()
    code, found = records(capsys, "gone.png", str(tmp_path / "empty"), str(photos / "b.PNG"))
    assert code == 1
    assert [set(record) == {"file", "error"} for record in found] == [True, True, False]


def test_a_whole_picture_is_one_face(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "face.png").write_bytes(images.encode_png(cut_face()))
    _, (record,) = records(capsys, str(tmp_path / "face.png"), "--whole-picture")
    assert [face["box"] for face in record["faces"]] == [[0, 0, record["width"], record["height"]]]


@pytest.mark.parametrize(
    ("option", "words"), [("--model", "other, tiny"), ("--detector", "mtcnn, haar")]
)
def test_unknown_names_are_wrong_use(
    option: str, words: str, photos: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["analyze", str(photos), option, "hal"]) == 2
    message = capsys.readouterr().err
    assert words in message
    assert "Traceback" not in message


def test_an_output_that_cannot_be_written_is_a_sentence(
    photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "no" / "such" / "folder.json"
    assert cli.main(["analyze", str(photos / "b.PNG"), "--json", str(target)]) == 2
    assert "cannot be written" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["analyze", "train"])
def test_every_command_helps_with_an_example(command: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "fer", command, "--help"], capture_output=True, text=True
    )
    assert done.returncode == 0
    assert f"example: python -m fer {command}" in done.stdout


def test_annotating_never_writes_over_a_file(photos: Path) -> None:
    before = (photos / "b.PNG").read_bytes()
    (photos / "b.png").write_bytes(before)
    assert cli.main(["analyze", str(photos / "b.png"), "--annotate", str(photos)]) == 0
    assert (photos / "b.png").read_bytes() == before
    assert (photos / "b-2.png").exists()


def test_outputs_are_tried_before_any_work(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise AssertionError("worked before the outputs were tried")

    monkeypatch.setattr("fer.inference.recognizer.Recognizer.analyze", fail)
    assert cli.main(["analyze", str(photos), "--json", str(tmp_path)]) == 2
    assert cli.main(["analyze", str(photos), "--csv", str(tmp_path / "no" / "a.csv")]) == 2


def test_a_picture_without_a_face_has_a_line_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "wall.png").write_bytes(images.encode_png(astronaut()[300:, :120]))
    assert cli.main(["analyze", str(tmp_path / "wall.png")]) == 0
    assert "no face found" in capsys.readouterr().out


def test_what_is_no_file_is_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    code, found = records(capsys, "", str(tmp_path / "pipe.png"), "/dev/zero")
    assert code == 1
    assert all("error" in record for record in found)


def test_a_name_that_is_not_utf_8_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / os.fsdecode(b"lat\xff1.png")
    path.write_bytes(images.encode_png(astronaut()))
    table = tmp_path / "faces.csv"
    assert cli.main(["analyze", str(path), "--csv", str(table), "--json", "-"]) == 0
    assert "lat" in table.read_text("utf-8")


@pytest.mark.skipif(sys.platform == "win32", reason="pipes of another kind")
@pytest.mark.parametrize("command", ["--help", "models --json", "inspect --data drawn --json -"])
def test_a_reader_that_closes_the_pipe_early_is_no_error(command: str) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "fer", *command.split()],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None and process.stderr is not None
    process.stdout.close()
    told = process.stderr.read()
    assert process.wait() == 0
    assert "Traceback" not in told and "BrokenPipe" not in told
    process.stderr.close()


@pytest.mark.parametrize("length", [300, 5000])
@pytest.mark.parametrize(
    "command",
    [
        "train --network mlp --data {}",
        "train --network mlp --data drawn --weights {}",
        "train --network mlp --data drawn --settings {}",
        "train --resume {}",
        "evaluate --model tiny --data {}",
        "analyze {}",
        "analyze . --json {}",
        "analyze . --annotate {}",
        "inspect --data {}",
    ],
)
def test_a_path_that_is_too_long_is_a_sentence(
    tiny_models: Path,
    runs_folder: Path,
    capsys: pytest.CaptureFixture[str],
    command: str,
    length: int,
) -> None:
    assert cli.main([part.format("a" * length) for part in command.split()]) in (1, 2)
    printed = capsys.readouterr()
    assert printed.out or printed.err.rstrip().endswith(".")
