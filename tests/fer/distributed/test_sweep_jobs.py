"""Sweeps as processes: which one works, and starting, stopping and deleting it."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from fer import distributed, permission
from fer.errors import BadRun, NotAllowed
from fer.runs import processes, store
from fer.runs.processes import Identity
from fer.runs.status import RunStatus
from tests.helpers import epoch_row

if not distributed.is_installed():
    pytest.skip("Ray is not installed", allow_module_level=True)
from fer.distributed import sweep_jobs, sweeps

SWEEP = sweeps.from_dict(
    {
        "settings": {"data": "drawn", "network": "mlp", "epochs": 4},
        "search": {"learning_rate": {"low": 1e-3, "high": 0.1, "log": True}},
        "trials": 2,
        "name": "tuned",
    }
)


@pytest.fixture
def spawned(monkeypatch: pytest.MonkeyPatch, runs_folder: Path) -> list[list[str]]:
    """What was started, in place of which this process is alive."""
    found: list[list[str]] = []

    def spawn(module: str, arguments: list[str], log: Path) -> Identity:
        found.append([module, *arguments])
        return processes.identity()

    monkeypatch.setattr(processes, "spawn", spawn)
    return found


def add_trial(sweep_id: str, number: int, state: str = "stopped", accuracy: float = 0.3) -> Any:
    run = store.create(
        SWEEP.trial({"learning_rate": 0.01 * (number + 1)}),
        f"{sweep_id}-0000{number}",
        store.Sweep(sweep_id, 2),
    )
    run.add_metrics(epoch_row(1, val_accuracy=accuracy))
    run.write_status(RunStatus(state=state, epoch=1, epochs=4))
    return run


def test_a_sweep_is_started_once_and_can_be_gone_on_with(
    spawned: list[list[str]], tiny_models: object
) -> None:
    sweep_id = sweep_jobs.start(SWEEP, 2)
    assert spawned == [["fer", "sweep", "--resume", sweep_id, "--workers", "2"]]
    assert sweeps.kept(sweep_id) == SWEEP and sweep_jobs.listing() == [sweep_id]
    assert sweep_jobs.is_at_work(sweep_id)
    for refused in (lambda: sweep_jobs.start(SWEEP, 1), lambda: sweep_jobs.resume(sweep_id, 1)):
        with pytest.raises(BadRun, match="another sweep is at work"):
            refused()
    with pytest.raises(BadRun, match="Stop it first"):
        sweep_jobs.delete(sweep_id)
    sweep_jobs.claim(sweep_id)  # this process may


@pytest.mark.skipif(sys.platform == "win32", reason="signals of another kind")
def test_it_is_stopped_as_by_ctrl_c_and_its_folder_says_why_it_failed(runs_folder: Path) -> None:
    sweeps.keep("one", SWEEP)
    code = "import time\nprint(flush=True)\ntime.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        sweep_jobs._write_owner("one", processes.identity(process.pid))
        with pytest.raises(BadRun, match="at work already"):
            sweep_jobs.claim("one")
        sweep_jobs.stop("one")
        assert process.wait(240) in (-signal.SIGINT, 130)
    assert not sweep_jobs.is_at_work("one")
    (sweeps.folder("one") / "log.txt").write_text(
        f"I0 {runs_folder.absolute()}/a\nfer: the disk is full\n"
    )
    assert sweep_jobs.log("one").startswith("I0 a")
    assert sweep_jobs.failure("one") == "The disk is full"


def test_a_sweep_goes_with_the_runs_of_its_trials(runs_folder: Path) -> None:
    sweep_id = store.new_id("sweep")
    sweeps.keep(sweep_id, SWEEP)
    for number in range(2):
        add_trial(sweep_id, number)
    other = store.create(SWEEP.trial({}))
    sweep_jobs.delete(sweep_id)
    assert store.listing() == [other] and sweep_jobs.listing() == []


def test_where_training_is_off_none_starts(
    spawned: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(permission.VARIABLE, "off")
    for call in (lambda: sweep_jobs.start(SWEEP, 1), lambda: sweep_jobs.resume("one", 1)):
        with pytest.raises(NotAllowed):
            call()
    assert not spawned
