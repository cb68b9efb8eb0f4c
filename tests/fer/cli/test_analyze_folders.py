"""`analyze` on folders: several processes, a summary, and going on after an interruption."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import psutil
import pytest

from fer import cli, engine, images
from fer.inference.batch import processes
from fer.inference.batch.job import Job
from tests.helpers import astronaut, level_of, publish_tiny, within_seconds

pytestmark = pytest.mark.usefixtures("tiny_models", "own_main")

HOSTILE = ("=cmd.png", "two\nlines.png", os.fsdecode(b"lat\xff.png"), 'a"b,c.png')


@pytest.fixture
def faces(tmp_path: Path) -> Path:
    """Twelve cut-out faces, some with odd names, and one file that is no picture."""
    folder = tmp_path / "faces"
    folder.mkdir()
    names = [*HOSTILE, *(f"{number}.png" for number in range(8))]
    for number, name in enumerate(names):
        picture = np.full((48, 48, 3), level_of(number % 7), np.uint8)
        (folder / name).write_bytes(images.encode_png(picture))
    (folder / "5b.png").write_bytes(b"<html>")
    return folder


@pytest.fixture
def analysed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names that are analysed, in order."""
    seen: list[str] = []
    whole = Job.analyse

    def counting(self: Job, recognizer: Any, listed: Any) -> Any:
        seen.append(listed.name)
        return whole(self, recognizer, listed)

    monkeypatch.setattr(Job, "analyse", counting)
    return seen


def analyze(*arguments: object) -> int:
    return cli.main(["analyze", "--whole-picture", *map(str, arguments)])


def untimed(path: Path) -> list[dict[str, Any]]:
    return [
        {name: value for name, value in record.items() if name != "seconds"}
        for record in json.loads(path.read_text("utf-8"))
    ]


def test_two_workers_write_what_one_writes(tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    (folder / "deep").mkdir(parents=True)
    for number in range(3):
        picture = np.ascontiguousarray(astronaut()[:, : 512 - 30 * number])
        (folder / f"{number}.png").write_bytes(images.encode_png(picture))
        (folder / "deep" / f"{number}.png").write_bytes(images.encode_png(picture[:, ::-1]))
    (folder / "1b.png").write_bytes(b"no picture")
    for workers in ("1", "2"):
        out = tmp_path / workers
        outputs = ("--json", f"{out}.json", "--csv", f"{out}.csv", "--annotate", str(out))
        assert cli.main(["analyze", str(folder), "--workers", workers, *outputs]) == 1
    assert untimed(tmp_path / "1.json") == untimed(tmp_path / "2.json")
    assert (tmp_path / "1.csv").read_bytes() == (tmp_path / "2.csv").read_bytes()
    drawn = [{path.name: path.read_bytes() for path in (tmp_path / n).iterdir()} for n in "12"]
    assert drawn[0] == drawn[1]
    assert len(drawn[0]) == 6


def test_the_json_is_one_list_as_ever(faces: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.json"
    analyze(faces, "--json", out)
    text = out.read_text("utf-8")
    assert text == json.dumps(json.loads(text), indent=1) + "\n"


@pytest.mark.parametrize("kind", ["json", "csv", "both"])
def test_a_file_cut_anywhere_is_gone_on_with(
    kind: str, faces: Path, tmp_path: Path, analysed: list[str]
) -> None:
    whole = {name: tmp_path / f"whole.{name}" for name in ("json", "csv")}
    parts = {name: tmp_path / f"part.{name}" for name in ("json", "csv")}
    kinds = ["json", "csv"] if kind == "both" else [kind]
    analyze(faces, "--json", whole["json"], "--csv", whole["csv"])
    flags = [item for name in kinds for item in (f"--{name}", parts[name])]
    everything = {name: whole[name].read_bytes() for name in kinds}
    size = len(everything[kinds[0]])
    fewest = []
    for cut in [*range(0, size, size // 23), size - 3, size - 1, size]:
        for name in kinds:
            parts[name].write_bytes(everything[name][: cut if name == kinds[0] else cut // 2])
        analysed.clear()
        assert analyze(faces, *flags, "--resume") == 1
        fewest.append(len(analysed))
        if "csv" in kinds:
            assert parts["csv"].read_bytes() == everything["csv"], cut
        if "json" in kinds:
            assert untimed(parts["json"]) == untimed(whole["json"]), cut
    assert fewest[0] == 13
    # A table has no row for the file that is no picture, and its last picture may lack faces.
    assert fewest[-1] == (2 if kind == "csv" else 0)


def test_a_new_picture_is_added_to_what_was_done(
    faces: Path, tmp_path: Path, analysed: list[str]
) -> None:
    out = tmp_path / "out.json"
    analyze(faces, "--json", out)
    shutil.copy(faces / "1.png", faces / "00.png")
    analysed.clear()
    analyze(faces, "--json", out, "--resume")
    assert analysed == [f"{faces}/00.png"]
    assert [record["file"] for record in json.loads(out.read_text("utf-8"))][-1] == analysed[0]


def test_what_cannot_be_resumed_is_a_sentence_and_stays(
    faces: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    publish_tiny("another")
    table, records = tmp_path / "out.csv", tmp_path / "out.json"
    analyze(faces, "--csv", table, "--json", records)
    shopping = tmp_path / "shopping.csv"
    shopping.write_text("item,price\nmilk,1\n")
    listing = tmp_path / "listing.json"
    listing.write_text('{"a": 1}\n')
    before = {path: path.read_bytes() for path in (table, records, shopping, listing)}
    capsys.readouterr()
    for flags, text in (
        (("--csv", table, "--model", "another"), "made with model tiny, not another"),
        (("--json", records, "--model", "another"), "made with model tiny"),
        (("--csv", shopping), "shopping.csv was not written by this command"),
        (("--json", listing), "listing.json was not written by this command"),
        (("--json", "-"), "--resume goes on with a file"),
        (("--json", records, "--passes", 2), "made with passes 1, not 2"),
        ((), "--resume goes on with a file"),
    ):
        assert analyze(faces, *flags, "--resume") == 2
        assert text in capsys.readouterr().err
    assert before == {path: path.read_bytes() for path in before}


@pytest.mark.parametrize("workers", ["0", "-1", "1000"])
def test_a_number_of_workers_that_cannot_be(
    workers: str, faces: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert analyze(faces, "--workers", workers) == 2
    assert "--workers takes 1 to 64" in capsys.readouterr().err


def test_even_a_single_worker_is_a_process_with_one_core(
    faces: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[int] = []

    def here(make: Any, items: Any, workers: int) -> Iterator[Any]:
        started.append(workers)
        analyse = make()
        started.append(cv2.getNumThreads())
        return ((item, analyse(item)) for item in items)

    monkeypatch.setattr(processes, "ordered", here)
    before = cv2.getNumThreads()
    try:
        assert analyze(faces) == 1
        assert started == []  # few pictures: this process, on all cores
        assert analyze(faces, "--workers", 1) == 1
        assert started == [1, 1]
    finally:
        cv2.setNumThreads(before)
        engine.use_threads(engine.THREADS)


@pytest.mark.skipif(sys.platform == "win32", reason="no such limit")
def test_a_full_disk_leaves_no_half_of_an_annotated_picture(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import resource

    (tmp_path / "photo.png").write_bytes(images.encode_png(astronaut()))
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (5_000, before[1]))
    try:
        assert analyze(tmp_path / "photo.png", "--annotate", tmp_path / "annotated") == 1
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert "the annotated picture of photo.png cannot be written" in capsys.readouterr().err
    assert list((tmp_path / "annotated").iterdir()) == []


def test_two_outputs_do_not_mix_on_standard_output(
    faces: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert analyze(faces, "--json", "-", "--csv", "-") == 2
    assert capsys.readouterr().out == ""


def test_a_summary_counts_and_names_the_least_sure(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    publish_tiny("levels", reads_levels=1, uncertain_below=0.5)
    folder = tmp_path / "faces"
    folder.mkdir()
    for number, emotion in enumerate((0, 3, 3, 6)):
        picture = np.full((48, 48, 3), level_of(emotion), np.uint8)
        (folder / f"{number}.png").write_bytes(images.encode_png(picture))
    between = np.full((48, 48, 3), level_of(4) + 18, np.uint8)
    (folder / "between.png").write_bytes(images.encode_png(between))
    (folder / "none.png").write_bytes(b"<html>")
    assert analyze(folder, "--model", "levels", "--csv", "-") == 1
    told = capsys.readouterr().err
    assert "6 pictures, 5 faces, 1 could not be read." in told
    assert "angry 20%, happy 40%, neutral 20%, unsure 20%." in told
    assert "least sure: between.png face 1" in told


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Forty small photos with a face each: some seconds of work."""
    folder = tmp_path / "photos"
    folder.mkdir()
    picture = images.encode_png(np.ascontiguousarray(astronaut()[:260, 90:350]))
    for number in range(40):
        (folder / f"{number:02}.png").write_bytes(picture)
    return folder


def started(folder: Path, table: Path, *flags: str) -> subprocess.Popen[str]:
    """The command at work on a folder with two workers, after its first rows."""
    command = [sys.executable, "-m", "fer", "analyze", str(folder), "--csv", str(table)]
    process = subprocess.Popen(
        [*command, "--model", "tiny", "--workers", "2", *flags],
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    within_seconds(60, lambda: table.exists() and table.read_text().count("\n") > 2)
    return process


def workers_of(process: subprocess.Popen[str]) -> list[psutil.Process]:
    return [
        child
        for child in psutil.Process(process.pid).children()
        if "spawn_main" in " ".join(child.cmdline())
    ]


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="signals of another kind")
@pytest.mark.parametrize("victim", ["worker", "everybody", "parent"])
def test_an_ended_run_says_so_leaves_nobody_and_is_gone_on_with(
    victim: str, photos: Path, tmp_path: Path
) -> None:
    table = tmp_path / "faces.csv"
    process = started(photos, table)
    workers = workers_of(process)
    assert len(workers) == 2
    if victim == "worker":
        workers[0].kill()
    elif victim == "everybody":
        os.killpg(process.pid, signal.SIGINT)
    else:
        process.kill()
    assert process.stderr is not None
    with process.stderr:
        told = process.stderr.read()
    code = process.wait(240)
    within_seconds(120, lambda: not any(worker.is_running() for worker in workers))
    assert "Traceback" not in told
    if victim == "worker":
        assert code == 1
        assert "a worker process was killed while it read" in told
    elif victim == "everybody":
        assert code == 130
    if victim != "parent":
        assert f"What was read is in {table}; --resume does the rest." in told
    kept = table.read_text()
    assert cli.main(["analyze", str(photos), "--csv", str(table), "--resume"]) == 0
    rows = table.read_text().splitlines()
    assert table.read_text().startswith("\n".join(kept.splitlines()[:-2]))
    assert [row.split(",")[0] for row in rows[1:]] == sorted(map(str, photos.iterdir()))
