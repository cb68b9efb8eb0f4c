"""Starting, stopping, resuming and deleting runs, each a process of its own. No TensorFlow here.

>>> run = launcher.start(TrainSettings("drawn", network="mlp", epochs=3))
>>> run.status().state
'queued'
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import secrets
import shutil

from fer.errors import BadDataset, BadRun
from fer.permission import require
from fer.runs import (
    checks,
    processes,
    queue as run_queue,
    status as run_status,
    store,
    uploads,
)
from fer.runs.processes import Identity
from fer.runs.settings import TrainSettings
from fer.runs.status import RunStatus
from fer.runs.store import Run

JOB = "fer.training.job"
MOST_WAITING = 20
"""Runs that may wait for their turn, whoever started them."""


def start(settings: TrainSettings) -> Run:
    """Starts a run in a process of its own, which first waits for its turn.

    Raises `FerError` for what `checks.check` finds, and `NotAllowed` where that is closed.
    """
    require("train")
    checks.check(settings)
    with run_queue.changing():
        _check_waiting()
        run = _new_run(settings)
        _launch(run, settings)
    return run


def create(settings: TrainSettings) -> Run:
    """A new run of this process; its name is reserved while it is active.

    Raises `FerError` if the name was taken since it was checked.
    """
    with run_queue.changing():
        return _new_run(settings)


def resume(run: Run) -> Run:
    """Resumes a run from its last checkpoint, in a new process on the same folder.

    Raises `BadRun` while it is active or once it is finished.
    """
    require("train")
    checks.check_installed()
    checks.check_space()
    with run_queue.changing():
        settings = _resumable(run)
        _check_waiting()
        _launch(run, settings)
    return run


def stop(run: Run, force: bool = False) -> None:
    """Asks a run to checkpoint and stop; at once if it is queued. Raises `BadRun` if it is over.

    With `force` its process is killed, for a job that is hung: its last finished epoch is kept.
    """
    require("train")
    with run_queue.changing():
        status = run.status()
        if not status.is_active or status.owner is None:
            raise BadRun(f"the run {run.id} is not active; it is {status.state}.")
        run.stop_request.touch()
        if force:
            status.owner.kill()
            run.write_status(dataclasses.replace(status, state="stopped", activity=None))
        elif status.heartbeat is not None:  # before its first sign of life a signal would kill it
            status.owner.ask_to_stop()


def delete(run: Run) -> None:
    """Deletes a run, and uploads that no other run names. Raises `BadRun` while it is active."""
    require("delete")
    with run_queue.changing():
        state = run.status().state
        if state in run_status.ACTIVE:
            raise BadRun(f"the run {run.id} is active ({state}). Stop it first.")
        digests = uploads.named_in(run)
        leaving = run.path.with_name(f".deleted-{secrets.token_hex(4)}")
        try:
            os.rename(run.path, leaving)  # a reader sees the whole run or none
        except OSError as error:
            raise BadRun(f"the run {run.id} cannot be deleted: {error.strerror}.") from None
    shutil.rmtree(leaving, ignore_errors=True)
    for digest in digests:
        with contextlib.suppress(BadDataset):  # deleted meanwhile
            uploads.delete_if_unused(digest)


def claim(run: Run) -> None:
    """Makes this process the one that does the work of a run.

    Raises `BadRun` if another one does it, or if nothing is left to do.
    """
    me = processes.identity()
    with run_queue.changing():
        owner = run.status().owner
        if owner is None or not owner.is_same(me):
            _hand_over(run, _resumable(run), me)


def _check_waiting() -> None:
    if len(run_queue.waiting()) >= MOST_WAITING:
        raise BadRun(f"{MOST_WAITING} runs are queued. Wait until one is done.")


def _new_run(settings: TrainSettings) -> Run:
    """Call it while `changing`: of two that start at once with one name, one gets it."""
    if settings.name is not None:
        checks.check_name(settings.name)
    return store.create(settings)


def _resumable(run: Run) -> TrainSettings:
    """The settings of a run that can be resumed."""
    state = run.status().state
    if state in run_status.ACTIVE:
        raise BadRun(f"the run {run.id} is active already ({state}).")
    if state == "finished":
        raise BadRun(f"the run {run.id} is finished; start a new one to train further.")
    return run.settings


def _launch(run: Run, settings: TrainSettings) -> None:
    """Starts the job's process, which waits in `claim` until its status names it."""
    path = run.path.absolute()
    try:
        owner = processes.spawn(JOB, [str(path)], path / "log.txt")
        _hand_over(run, settings, owner)
        run_queue.enter(run.id, owner, is_ready=False)
    except OSError as error:
        reason = f"the job could not be started: {error.strerror or error}."
        with contextlib.suppress(OSError):
            run.write_status(RunStatus(state="failed", epochs=settings.epochs, error=reason))
        raise BadRun(reason) from None


def _hand_over(run: Run, settings: TrainSettings, owner: Identity) -> None:
    run.stop_request.unlink(missing_ok=True)
    status = RunStatus(epoch=len(run.metrics()), epochs=settings.epochs)
    run.write_status(status.owned_by(owner))
