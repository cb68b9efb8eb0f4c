"""Run folders: told apart, read while they are written, and never trusted."""

from __future__ import annotations

import dataclasses
import errno
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from fer.errors import BadRun
from fer.runs import checks, launcher, processes, store
from fer.runs.settings import TrainSettings
from fer.runs.status import DAMAGED, RunStatus
from fer.runs.store import Run
from fer.storage import files
from fer.training import failures
from tests.helpers import epoch_row


def make_run(**status: object) -> Run:
    run = store.create(TrainSettings("drawn", network="mlp", epochs=4))
    if status:
        run.write_status(dataclasses.replace(run.status(), **status))  # type: ignore[arg-type]
    return run


def test_what_killed_processes_left_is_removed(runs_folder: Path) -> None:
    make_run()
    before = time.time() - 7200
    names = (".new-20260101-000000-mlp-0123", ".deleted-0123abcd")
    for name in (*names, ".queue"):
        (runs_folder / name).mkdir()
        os.utime(runs_folder / name, (before, before))
    make_run()
    assert [path.name for path in runs_folder.glob(".*")] == [".queue"]


def as_owner(owner: processes.Identity) -> dict[str, object]:
    return {"pid": owner.pid, "pid_created": owner.created, "pid_start": owner.start}


def test_a_new_run_is_queued_and_holds_its_settings(runs_folder: Path) -> None:
    run = make_run()
    assert run.status().state == "queued"
    assert run.settings.network == "mlp"
    assert [path.name for path in runs_folder.iterdir()] == [run.id]


def test_settings_name_paths_that_hold_anywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("some.weights.h5").touch()
    settings = TrainSettings("a.csv", network="mlp", votes="b.csv", weights="some.weights.h5")
    kept = store.create(settings).settings
    assert (kept.data, kept.votes) == (str(tmp_path / "a.csv"), str(tmp_path / "b.csv"))
    assert kept.weights == str(tmp_path / "some.weights.h5")
    assert store.create(TrainSettings("drawn", weights="crowd")).settings.weights == "crowd"


def test_a_folder_that_cannot_be_written_is_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("FER_RUNS", str(tmp_path / "file"))
    with pytest.raises(BadRun, match="cannot be written"):
        make_run()


def test_the_listing_is_newest_first_and_bears_damage(runs_folder: Path) -> None:
    first, second = make_run(), make_run()
    (first.path / "status.json").write_text('{"state": "run')
    (second.path / "status.json").unlink()
    (second.path / "settings.json").write_text("[]")
    third = make_run()
    for other in ("uploads", ".queue", ".deleted-ab", "notes"):
        (runs_folder / other).mkdir()
    (runs_folder / "20260101-000000-mlp-ffff").touch()
    assert [run.id for run in store.listing()] == [third.id, second.id, first.id]
    assert [run.status().state for run in (first, second, third)] == ["lost", "lost", "queued"]
    assert "damaged" in (first.status().error or "")
    with pytest.raises(BadRun, match="settings of the run"):
        _ = second.settings


@pytest.mark.parametrize("name", ["..", "../../etc", "/etc", "", "uploads", "a\0b", "x" * 500])
def test_an_id_is_no_path(name: str) -> None:
    make_run()
    with pytest.raises(BadRun, match="there is no run"):
        store.get(name)


def test_a_run_is_found_by_its_id() -> None:
    run = make_run()
    assert store.get(run.id) == store.find(run.id) == store.find(str(run.path)) == run


def test_a_dead_process_and_a_later_one_with_its_number_are_lost() -> None:
    me = processes.identity()
    alive = make_run(state="running")
    assert alive.status().state == "running"
    later = make_run(state="running", pid=me.pid, pid_created=me.created - 100, pid_start=None)
    gone = make_run(state="running", pid=2**22 + 1, pid_created=1.0)
    for run in (later, gone):
        assert run.status().state == "lost"
        assert "memory" in (run.status().error or "")


@pytest.mark.skipif(sys.platform != "linux", reason="Linux computes it from the time of boot")
def test_setting_the_clock_makes_no_living_run_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    run = make_run(state="running")
    created = psutil.Process.create_time
    monkeypatch.setattr(psutil.Process, "create_time", lambda process: created(process) + 3600)
    assert run.status().state == "running"
    with pytest.raises(BadRun, match="is active already"):
        launcher.resume(run)


def test_a_process_of_another_boot_is_another_one() -> None:
    me = processes.identity()
    for start in ("0000-1111:5", "no start"):
        assert not dataclasses.replace(me, start=start).is_alive() or me.start is None


def test_a_status_of_an_older_version_is_still_read() -> None:
    run = make_run(state="running")
    values = json.loads((run.path / "status.json").read_text())
    del values["pid_start"]
    (run.path / "status.json").write_text(json.dumps(values))
    assert run.status().state == "running"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no zombies")
def test_a_zombie_is_lost() -> None:
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    owner = processes.identity(process.pid)
    run = make_run(state="running", **as_owner(owner))
    assert run.status().state == "running"
    process.kill()
    until = time.monotonic() + 10
    while run.status().state == "running" and time.monotonic() < until:
        time.sleep(0.01)
    assert run.status().state == "lost"
    process.communicate()


def test_a_job_that_ends_while_it_is_looked_at_is_not_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    run = make_run(state="running")

    def ends(owner: processes.Identity) -> bool:
        run.write_status(RunStatus(state="finished"))
        return False

    monkeypatch.setattr(processes.Identity, "is_alive", ends)
    assert run.status().state == "finished"


def test_a_request_to_stop_is_seen_at_once() -> None:
    run = make_run(state="running")
    run.stop_request.touch()
    assert run.status().state == "stopping"


def test_half_a_line_is_left_for_the_next_reading() -> None:
    run = make_run()
    assert run.metrics() == []
    run.add_metrics(epoch_row(1))
    second = json.dumps(epoch_row(2))
    with (run.path / "metrics.jsonl").open("a") as file:
        file.write(second[:30])
        file.flush()
        assert run.metrics() == [epoch_row(1)]
        file.write(second[30:] + "\nnot json\n[]\n")
        file.flush()
        assert run.metrics() == [epoch_row(1), epoch_row(2)]


@pytest.mark.parametrize(
    "changes",
    [
        {"epoch": True},
        {"epoch": 0},
        {"epoch": 10**400},
        {"seconds": None},
        {"val_accuracy": "0.5"},
        {"val_accuracy": 10**18},
        {"recall": [0.5] * 7},
        {"confusion": [[1]]},
        {"recall": {"\ud800": 0.5}},
    ],
)
def test_a_line_that_no_job_writes_is_passed_over(changes: dict[str, object]) -> None:
    run = make_run()
    run.add_metrics(epoch_row(1))
    run.add_metrics({**epoch_row(2), **changes})
    run.add_metrics(epoch_row(3, loss=float("nan")))
    assert [row["epoch"] for row in run.metrics()] == [1, 3]


@pytest.mark.parametrize(
    "missing", ["seconds", "val_accuracy", "accuracy", "loss", "learning_rate", "recall"]
)
def test_a_line_with_a_hole_is_passed_over(missing: str) -> None:
    run = make_run()
    run.add_metrics({key: value for key, value in epoch_row().items() if key != missing})
    assert run.metrics() == []


def test_epochs_after_the_checkpoint_are_forgotten() -> None:
    run = make_run()
    for epoch in (1, 2, 3):
        run.add_metrics(epoch_row(epoch, seconds=epoch / 3))
    with (run.path / "metrics.jsonl").open("a") as file:
        file.write('{"half')
    assert len(run.metrics()) == 3
    run.cut_metrics(1)
    run.add_metrics(epoch_row(2, seconds=123456.789))
    run.add_metrics(epoch_row(3, seconds=0))
    assert [row["seconds"] for row in run.metrics()] == [1 / 3, 123456.789, 0]


@pytest.mark.parametrize(
    "text",
    [
        '{"state": "failed", "error": 5}',
        '{"state": "finished", "model": ["x"]}',
        '{"state": "finished", "epoch": true}',
        '{"state": "finished", "epoch": ' + "9" * 400 + "}",
        '{"state": ["finished"]}',
        '{"state": "finished", "progress": 1e400}',
        '{"state": ' + "[" * 100_000 + "]" * 100_000 + "}",
    ],
)
def test_an_odd_status_is_damaged(text: str) -> None:
    run = make_run()
    (run.path / "status.json").write_text(text)
    assert (run.status().state, run.status().error) == ("lost", DAMAGED)


@pytest.mark.parametrize("network", ["[" * 100_000 + "]" * 100_000, "9" * 400, '"\\ud800"'])
def test_odd_settings_are_a_sentence(network: str) -> None:
    run = make_run()
    (run.path / "settings.json").write_text('{"data": "drawn", "network": ' + network + "}")
    with pytest.raises(BadRun, match="settings of the run"):
        _ = run.settings


def test_nothing_is_rewritten_where_nothing_is_forgotten() -> None:
    run = make_run()
    run.add_metrics(epoch_row(1))
    before = (run.path / "metrics.jsonl").stat().st_ino
    run.cut_metrics(1)
    assert (run.path / "metrics.jsonl").stat().st_ino == before


def test_the_log_is_its_last_lines() -> None:
    run = make_run()
    assert run.log() == ""
    (run.path / "log.txt").write_bytes(b"\xff\n" * 200_000 + "one\ntwo é\n".encode())
    assert run.log(2) == "one\ntwo é"
    assert len(run.log(50).splitlines()) == 50


def test_a_full_disk_is_told_before_training(monkeypatch: pytest.MonkeyPatch) -> None:
    checks.check_space()
    with pytest.raises(BadRun, match=r"disk is too full.*needs 1,073,741,824 MB"):
        checks.check_space(2**50)


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.npz"
    with files.written_whole(path) as file:
        file.write(b"old")
    with pytest.raises(OSError), files.written_whole(path) as file:
        file.write(b"new")
        raise OSError(errno.ENOSPC, "No space left on device")
    assert path.read_bytes() == b"old"
    assert [file.name for file in tmp_path.iterdir()] == ["checkpoint.npz"]


class ResourceExhaustedError(Exception):
    """Called like TensorFlow's."""


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError(errno.ENOSPC, "No space left on device", "/a/b.npz"), "disk is full: b.npz"),
        (RuntimeError("H5: errno = 28, 'No space left on device'"), "disk is full: a file"),
        (MemoryError(), "not enough memory"),
        (ResourceExhaustedError("OOM when allocating tensor"), "not enough memory"),
        (OSError(errno.ENOMEM, "Cannot allocate memory"), "not enough memory"),
        (PermissionError(errno.EACCES, "Permission denied", "x.npz"), "x.npz could not be"),
        (BadRun("the loss is no longer a number."), "the loss is no longer a number."),
    ],
)
def test_reasons_are_sentences(error: Exception, words: str) -> None:
    assert words in (failures.reason(error) or "")


def test_an_error_of_ours_has_no_excuse() -> None:
    assert failures.reason(KeyError("x")) is None


def test_an_old_status_without_the_new_fields_is_read() -> None:
    run = make_run()
    old = {"state": "stopped", "epoch": 2, "epochs": 5, "later": "unknown"}
    (run.path / "status.json").write_text(json.dumps(old))
    assert (run.status().state, run.status().epoch) == ("stopped", 2)
