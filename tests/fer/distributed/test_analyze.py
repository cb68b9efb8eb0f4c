"""`analyze --address`: the results of a real cluster, one of whose workers is killed midway."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fer import cli, images
from fer.doctor import packages
from fer.storage import folders
from tests import films, scenes
from tests.clusters import Cluster
from tests.fer.distributed.conftest import CPUS
from tests.helpers import astronaut, within_seconds

pytestmark = [
    pytest.mark.cluster,
    pytest.mark.timeout(1500),
    pytest.mark.usefixtures("tiny_models"),
    pytest.mark.skipif(sys.platform == "win32", reason="signals of another kind"),
]

FACES = 120


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Photos with a face each, more than workers read ahead, and one file that is no picture."""
    folder = tmp_path / "photos"
    folder.mkdir()
    picture = np.ascontiguousarray(astronaut()[:260, 90:350])
    for number in range(FACES):
        shifted = np.ascontiguousarray(picture[:, number % 30 :])
        (folder / f"{number:03}.png").write_bytes(images.encode_png(shifted))
    (folder / "003b.png").write_bytes(b"no picture")
    return folder


def analyze(cluster: Cluster, folder: Path, out: Path) -> list[str]:
    outputs = ["--csv", f"{out}.csv", "--json", f"{out}.json", "--address", cluster.address]
    return ["analyze", str(folder), "--model", "tiny", *outputs]


def start(cluster: Cluster, folder: Path, out: Path, *flags: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "fer", *analyze(cluster, folder, out), *flags]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True)


def halt_after_some_rows(out: Path, process: subprocess.Popen[str]) -> None:
    """Stops the command itself midway, so that its workers soon have nothing to do."""
    table = Path(f"{out}.csv")

    def has_rows() -> bool:
        assert process.poll() is None, "it ended before"
        return table.exists() and table.read_text("utf-8").count("\n") > 2

    within_seconds(400, has_rows)
    process.send_signal(signal.SIGSTOP)
    assert table.read_text("utf-8").count("\n") < FACES, "it was done"


def untimed(path: Path) -> list[dict[str, Any]]:
    return [
        {name: value for name, value in record.items() if name != "seconds"}
        for record in json.loads(path.read_text("utf-8"))
    ]


def start_here(folder: Path, out: Path) -> subprocess.Popen[bytes]:
    flags = ["--model", "tiny", "--workers", "1", "--csv", f"{out}.csv", "--json", f"{out}.json"]
    command = [sys.executable, "-m", "fer", "analyze", str(folder), *flags]
    return subprocess.Popen(command, stderr=subprocess.DEVNULL)


def assert_same(one: Path, other: Path) -> None:
    assert Path(f"{one}.csv").read_bytes() == Path(f"{other}.csv").read_bytes()
    assert untimed(Path(f"{one}.json")) == untimed(Path(f"{other}.json"))


def test_a_worker_killed_midway_is_replaced_and_a_stopped_run_is_gone_on_with(
    cluster: Cluster, photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    alone = start_here(photos, here)
    process = start(cluster, photos, there, "--workers", str(CPUS))
    halt_after_some_rows(there, process)
    first, _ = cluster.workers()
    first.kill()
    process.send_signal(signal.SIGCONT)
    told = process.communicate(timeout=600)[1]
    assert process.returncode == 1
    assert f"{FACES + 1} pictures, {FACES} faces, 1 could not be read." in told
    assert "Traceback" not in told
    assert alone.wait(600) == 1
    assert_same(here, there)

    stopped = tmp_path / "stopped"
    process = start(cluster, photos, stopped)
    halt_after_some_rows(stopped, process)
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGCONT)
    told = process.communicate(timeout=300)[1]
    assert process.returncode == 130
    assert "--resume does the rest" in told and "Traceback" not in told
    within_seconds(200, lambda: not cluster.workers())
    assert cli.main([*analyze(cluster, photos, stopped), "--resume"]) == 1
    assert "done already" in capsys.readouterr().err
    assert_same(here, stopped)


def test_more_workers_than_cpus_is_a_sentence_before_any_work(
    cluster: Cluster, photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    flags = ["--csv", str(tmp_path / "out.csv"), "--address", cluster.address]
    assert cli.main(["analyze", str(photos), *flags, "--workers", str(CPUS + 1)]) == 2
    told = capsys.readouterr().err
    assert f"has {CPUS} CPUs, and each worker takes one; got --workers {CPUS + 1}." in told
    assert not (tmp_path / "out.csv").exists()


def test_workers_that_lack_the_model_are_a_sentence(
    cluster: Cluster,
    photos: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.delenv("FER_MODELS")  # this end has its own, the workers those of the project
    monkeypatch.setattr(folders, "models", lambda: tmp_path / "models")
    flags = ["--model", "tiny", "--address", cluster.address]
    assert cli.main(["analyze", str(photos), *flags]) == 2
    assert "cannot load the model" in capsys.readouterr().err


def test_workers_with_other_versions_are_a_sentence(
    cluster: Cluster,
    photos: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(packages, "version", lambda: "0.0.1")
    assert cli.main(["analyze", str(photos), "--address", cluster.address]) == 2
    told = capsys.readouterr().err
    assert "has fer-dashboard" in told and "and this machine fer-dashboard 0.0.1" in told


def test_films_are_read_as_here(
    cluster: Cluster, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    still = [scenes.frame([(160, 120, 120, False)], 320, 240)] * 6
    clips = [films.write(tmp_path / f"{name}.mp4", still, 25) for name in "ab"]
    (tmp_path / "bad.mp4").write_bytes(clips[0].read_bytes()[:300])
    command = ["video", str(clips[0]), str(tmp_path / "bad.mp4"), str(clips[1]), "--csv", "-"]
    assert cli.main(command) == 1
    here = capsys.readouterr()
    assert here.out.count("\n") == 1 + 12
    assert cli.main([*command, "--address", cluster.address]) == 1
    assert capsys.readouterr() == here
