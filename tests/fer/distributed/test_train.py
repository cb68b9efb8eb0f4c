"""`train --workers 2`: the curve of one process, also where a worker is killed midway."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import pytest

from fer import cli
from fer.cli.output import MOST_WORKERS
from fer.runs import store
from fer.runs.store import Run
from tests.clusters import Cluster
from tests.fer.distributed.conftest import CPUS
from tests.helpers import within_seconds

WORKER = "ray::RayTrainWorker"
SETTINGS = [
    *("--network", "cnn4", "--size", "16", "--epochs", "1000", "--augmentation", "strong"),
    *("--schedule", "constant", "--learning-rate", "0.001", "--batch-size", "32"),
]
"""With batch normalisation and dropout. Nobody waits for so many epochs."""
COMPARED = 20


def start(cluster: Cluster, *flags: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "fer", "train", *flags, "--address", cluster.address]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True)


def wait_for_epochs(number: int, process: subprocess.Popen[str]) -> Run:
    def has_epochs() -> bool:
        assert process.poll() is None, process.communicate()
        return any(len(run.metrics()) >= number for run in store.listing())

    within_seconds(400, has_epochs)
    (run,) = store.listing()
    return run


@pytest.mark.cluster
@pytest.mark.timeout(1500)
@pytest.mark.skipif(sys.platform == "win32", reason="signals of another kind")
@pytest.mark.usefixtures("models_folder")
def test_two_workers_give_the_curve_of_one_process_also_after_one_is_killed(
    cluster: Cluster, faces: Path
) -> None:
    flags = ["--data", str(faces), *SETTINGS, "--workers", str(CPUS)]
    process = start(cluster, *flags)
    here, expected = curve_here(wait_for_epochs(0, process))  # while the workers start
    run = wait_for_epochs(1, process)
    cluster.workers(WORKER)[-1].kill()
    within_seconds(100, lambda: len(cluster.workers(WORKER)) < CPUS)
    done = len(run.metrics())
    wait_for_epochs(done + 1, process)
    process.send_signal(signal.SIGINT)
    told = process.communicate(timeout=300)[1]
    assert process.returncode == 130, told
    assert "a worker was lost; the run goes on after epoch" in told and "Traceback" not in told
    assert run.status().state == "stopped" and not (run.path / "ray").exists()
    rows = run.metrics()
    for row in rows:
        assert f"\nepoch {row['epoch']}/1000  loss {row['loss']:.4f}" in told
    assert [row["epoch"] for row in rows] == list(range(1, len(rows) + 1))
    for row, alone in zip(rows, expected, strict=False):
        for name in ("loss", "val_loss"):  # five digits at first; rounding grows with the steps
            closeness = 1e-4 if row["epoch"] <= 3 else 1e-2
            assert row[name] == pytest.approx(alone[name], rel=closeness), row["epoch"]
    here.restore(run.checkpoint)
    assert here.progress.epoch == len(rows)


def curve_here(run: Run) -> tuple[Any, list[dict[str, Any]]]:
    """A learner of the run's settings in this process, and its first epochs."""
    from fer.training import job

    learner = job.learner_for(run.settings, job.checked_data(run.settings))
    rows = []
    for _ in range(COMPARED):
        assert learner.run_epoch(lambda _: None, lambda: False)
        rows.append(learner.finish_epoch())
    return learner, rows


@pytest.mark.cluster
def test_a_batch_that_workers_cannot_share_is_a_sentence(
    cluster: Cluster, faces: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    flags = ["--data", str(faces), *SETTINGS[:-1], "33", "--address", cluster.address]
    assert cli.main(["train", *flags]) == 2
    assert "2 workers cannot share a batch of 33 faces equally" in capsys.readouterr().err
    assert not store.folder().exists()


@pytest.mark.cluster
@pytest.mark.skipif((os.cpu_count() or 1) >= MOST_WORKERS, reason="no number is too large")
def test_a_cluster_of_this_machine_leaves_nothing_behind(faces: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    unset = ("RAY_AUTH_TOKEN", "RAY_AUTH_MODE")
    environment = {name: value for name, value in os.environ.items() if name not in unset}
    count = (os.cpu_count() or 1) + 1
    command = ["train", "--data", str(faces), *SETTINGS, "--workers", str(count)]
    with subprocess.Popen(
        [sys.executable, "-m", "fer", *command],
        stderr=subprocess.PIPE,
        text=True,
        env={**environment, "HOME": str(home)},
        start_new_session=True,
    ) as process:
        told = process.communicate(timeout=300)[1]
    assert process.returncode == 2
    assert told.startswith("fer: the cluster on this machine has") and told.count("\n") == 1
    assert list(home.iterdir()) == [] and not store.folder().exists()
    ended = [one for one in psutil.process_iter() if _home(one) == str(home)]
    assert psutil.wait_procs(ended, timeout=60)[1] == [], "processes of Ray are left"


def _home(process: psutil.Process) -> str | None:
    with suppress(psutil.Error, OSError):
        return process.environ().get("HOME")
    return None
