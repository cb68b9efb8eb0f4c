"""`sweep`: trials on a real cluster that loses driver and worker, and what cannot be tried."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import pytest

from fer import cli, registry
from fer.errors import BadSettings
from fer.runs import store
from tests.clusters import Cluster
from tests.helpers import within_seconds

sweeps = pytest.importorskip("fer.distributed.sweeps", exc_type=ImportError)

EPOCHS = 6
SETTINGS = f"""
settings: {{data: DATA, network: mlp, epochs: {EPOCHS}, batch_size: 32}}
search:
  learning_rate: {{low: 1e-3, high: 0.1, log: true}}
  augmentation: [none, light]
trials: 2
grace: {EPOCHS}
"""


def start(cluster: Cluster, *flags: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "fer", "sweep", *map(str, flags)]
    return subprocess.Popen(
        [*command, "--address", cluster.address],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_for_epoch(process: subprocess.Popen[str]) -> None:
    def has_epoch() -> bool:
        assert process.poll() is None, process.communicate()
        return any(run.metrics() for run in store.listing())

    within_seconds(400, has_epoch)


def trials_at_work(driver: subprocess.Popen[str]) -> list[tuple[store.Run, psutil.Process]]:
    """The trials that are trained just now, and their workers."""
    found = []
    for run in store.listing():
        owner = run.status().owner if run.status().is_active else None
        if owner is not None and owner.pid != driver.pid:
            with suppress(psutil.NoSuchProcess):
                found.append((run, psutil.Process(owner.pid)))
    return found


def kill_a_trial(driver: subprocess.Popen[str]) -> list[str]:
    """Kills a worker that has epochs left to train, if there is one just now; its run's id."""
    for run, worker in trials_at_work(driver):
        with suppress(psutil.NoSuchProcess):
            worker.suspend()
            if len(run.metrics()) < EPOCHS:
                worker.kill()
                return [run.id]
            worker.resume()
    return []


@pytest.mark.cluster
@pytest.mark.timeout(1500)
@pytest.mark.skipif(sys.platform == "win32", reason="signals of another kind")
def test_a_sweep_outlives_its_driver_and_a_worker(
    cluster: Cluster, models_folder: Path, faces: Path, tmp_path: Path
) -> None:
    (tmp_path / "sweep.yaml").write_text(SETTINGS.replace("DATA", str(faces)))
    process = start(cluster, tmp_path / "sweep.yaml", "--workers", 2)
    wait_for_epoch(process)
    for _, worker in trials_at_work(process):  # so that something is left to go on with
        with suppress(psutil.NoSuchProcess):
            worker.suspend()
    process.kill()
    process.communicate()
    (folder,) = (store.folder() / "sweeps").iterdir()
    within_seconds(300, lambda: not any(run.status().is_active for run in store.listing()))

    flags = ("--resume", folder.name, "--name", "tuned", "--json", "-")
    process = start(cluster, *flags, "--workers", 2)
    lost: list[str] = []
    within_seconds(
        400, lambda: lost.extend(kill_a_trial(process)) or lost or process.poll() is not None
    )
    out, told = process.communicate(timeout=800)
    assert process.returncode == 0, told
    for run_id in lost:
        assert f"{run_id}: its worker was lost; it goes on after its last epoch" in told
    rows: list[dict[str, Any]] = json.loads(out)
    assert [row["run"] for row in rows] == [f"{folder.name}-0000{number}" for number in range(2)]
    assert len({row["learning_rate"] for row in rows}) == 2
    for row in rows:
        run = store.get(row["run"])
        assert [line["epoch"] for line in run.metrics()] == list(range(1, EPOCHS + 1))
        assert run.sweep == store.Sweep(folder.name, 2)
    best = max(rows, key=lambda row: row["val_accuracy"])
    assert [row["state"] for row in rows if row is best] == ["finished"]
    assert {row["state"] for row in rows if row is not best} == {"stopped"}
    card = registry.card("tuned")
    assert card.metrics["run"] == best["run"]
    assert "among 2 trials, the settings were chosen" in str(card.metrics["protocol"])


def test_what_cannot_be_tried_is_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "sweep.yaml"
    for text, told in (
        ("[1, 2]", "a sweep has settings and search"),
        ("{settings: {data: drawn}, search: {}}", "search of a sweep must name settings"),
        ("{settings: {data: drawn}, search: {epochs: [1]}}", "epochs cannot vary"),
        ("{settings: {data: drawn}, search: {colour: [1]}}", "unknown setting colour"),
        ("{settings: {data: drawn}, search: {learning_rate: 5}}", "takes a list of values"),
        ("{settings: {data: drawn}, search: {learning_rate: {low: 2, high: 1}}}", "low is less"),
        ("{settings: {data: drawn}, search: {batch_size: [0]}}", "a trial with batch_size 0"),
        ("{settings: {data: drawn}, search: {seed: [1]}, trials: 0}", "trials is 0"),
        ("settings: {data: drawn", "cannot be read"),
    ):
        path.write_text(text)
        assert cli.main(["sweep", str(path)]) == 2
        assert told in capsys.readouterr().err, text
    assert cli.main(["sweep", str(tmp_path / "none.yaml")]) == 2
    assert cli.main(["sweep", "--resume", "none"]) == 2
    assert cli.main(["sweep"]) == 2
    assert "Traceback" not in capsys.readouterr().err
    assert not store.folder().exists()


def test_a_number_with_an_exponent_is_a_number(tmp_path: Path) -> None:
    (tmp_path / "sweep.yaml").write_text(SETTINGS)
    sweep = sweeps.read(tmp_path / "sweep.yaml")
    assert sweep.search["learning_rate"] == {"low": 0.001, "high": 0.1, "log": True}
    with pytest.raises(BadSettings):
        sweeps.from_dict({**sweep.as_dict(), "search": {"learning_rate": ["fast"]}})
