"""Sweeps as processes of their own: started, stopped and deleted without importing Ray.

A sweep's folder names the process that works on it, also where a command in a shell does.
"""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
import signal

from fer.distributed import check_installed, sweeps
from fer.distributed.sweeps import SweepSettings
from fer.errors import BadRun, FerError
from fer.permission import require
from fer.runs import checks, launcher, processes, queue, store
from fer.runs.processes import Identity
from fer.storage import files

_OWNER, _LOG = "owner.json", "log.txt"


def listing() -> list[str]:
    """The ids of all sweeps, the newest first."""
    kept = (store.folder() / "sweeps").glob(f"*/{store.SWEEP_FILE}")
    return sorted((path.parent.name for path in kept), reverse=True)


def start(sweep: SweepSettings, workers: int) -> str:
    """Starts a sweep in a process of its own and gives its id. Raises `FerError`."""
    require("train")
    check_installed()
    checks.check(dataclasses.replace(sweep.trial({}), name=sweep.name))
    sweep_id = store.new_id("sweep")
    with queue.changing():
        _check_alone()
        sweeps.keep(sweep_id, sweep)
        _launch(sweep_id, workers)
    return sweep_id


def resume(sweep_id: str, workers: int) -> None:
    """Goes on with a sweep that was stopped or lost its process. Raises `FerError`."""
    require("train")
    check_installed()
    sweeps.kept(sweep_id)
    with queue.changing():
        _check_alone()
        _launch(sweep_id, workers)


def stop(sweep_id: str, force: bool = False) -> None:
    """Stops a sweep as Ctrl-C does: its trials save a checkpoint. With `force` it is killed."""
    require("train")
    owner = _owner(sweep_id)
    if owner is not None and force:
        owner.kill()
    elif owner is not None:
        owner.ask_to_stop(signal.SIGINT)


def delete(sweep_id: str) -> None:
    """Deletes a sweep and the runs of all its trials. Raises `BadRun` while it is at work."""
    require("delete")
    if is_at_work(sweep_id):
        raise BadRun("the sweep is at work. Stop it first.")
    for run in sweeps.trials(sweep_id):
        launcher.delete(run)
    shutil.rmtree(sweeps.folder(sweep_id), ignore_errors=True)


def claim(sweep_id: str) -> None:
    """Makes this process the one that works on a sweep. Raises `BadRun` if another one does."""
    me, owner = processes.identity(), _owner(sweep_id)
    if owner is not None and owner.is_alive() and not owner.is_same(me):
        raise BadRun(f"the sweep {sweep_id} is at work already.")
    _write_owner(sweep_id, me)


def is_at_work(sweep_id: str) -> bool:
    """Whether a process on this machine works on it."""
    owner = _owner(sweep_id)
    return owner is not None and owner.is_alive()


def log(sweep_id: str) -> str:
    """The last lines of its command, where a page started it, without the folder of the runs."""
    text = files.tail(sweeps.folder(sweep_id) / _LOG, 200)
    return text.replace(f"{store.folder().absolute()}{os.sep}", "")


def failure(sweep_id: str) -> str | None:
    """The last sentence of its command, where it has ended without one trial's epoch."""
    told = [line for line in log(sweep_id).splitlines() if line.startswith("fer: ")]
    if not told or is_at_work(sweep_id) or any(run.metrics() for run in sweeps.trials(sweep_id)):
        return None
    reason = told[-1].removeprefix("fer: ")
    return reason[:1].upper() + reason[1:]


def _check_alone() -> None:
    if any(map(is_at_work, listing())):
        raise BadRun("another sweep is at work. Wait until it is done, or stop it.")


def _launch(sweep_id: str, workers: int) -> None:
    arguments = ["sweep", "--resume", sweep_id, "--workers", str(workers)]
    try:
        owner = processes.spawn("fer", arguments, sweeps.folder(sweep_id) / _LOG)
    except OSError as error:
        raise BadRun(f"the sweep could not be started: {error.strerror or error}.") from None
    _write_owner(sweep_id, owner)


def _write_owner(sweep_id: str, owner: Identity) -> None:
    try:
        path = sweeps.folder(sweep_id) / _OWNER
        files.replace_file(path, json.dumps(dataclasses.asdict(owner)).encode())
    except OSError as error:
        raise FerError(f"the sweep cannot be written: {files.reason_of(error)}.") from None


def _owner(sweep_id: str) -> Identity | None:
    try:
        return Identity(**files.json_object(sweeps.folder(sweep_id) / _OWNER))
    except (OSError, ValueError, TypeError):
        return None
