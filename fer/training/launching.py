"""Starting, stopping, resuming and deleting runs, each a process of its own. No TensorFlow here.

>>> run = launching.start(TrainSettings("drawn", network="mlp", epochs=3))
>>> run.status().state
'queued'
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import secrets
import shutil
from pathlib import Path

from fer import registry
from fer.errors import BadDataset, BadRun, BadSettings
from fer.permission import require_training, training_allowed
from fer.training import distillation, processes, queueing, runs, transfer, uploads
from fer.training.loading import DRAWN
from fer.training.processes import Identity
from fer.training.runs import Run
from fer.training.settings import TrainSettings
from fer.training.states import RunStatus

__all__ = ["check", "claim", "delete", "resume", "start", "stop", "training_allowed"]

JOB = "fer.training.job"


def start(settings: TrainSettings) -> Run:
    """Starts a run in a process of its own, which first waits for its turn.

    Raises `FerError` for what `check` finds, and `NotAllowed` under `FER_TRAINING=off`.
    """
    require_training()
    check(settings)
    with queueing.changing():
        run = runs.create(settings)
        _launch(run, settings)
    return run


def resume(run: Run) -> Run:
    """Goes on with a run after its last checkpoint, in a new process on the same folder.

    Raises `BadRun` while it is at work or once it is finished.
    """
    require_training()
    runs.check_space()
    with queueing.changing():
        settings = _resumable(run)
        _launch(run, settings)
    return run


def stop(run: Run, force: bool = False) -> None:
    """Asks a run to checkpoint and stop; at once if it is queued. Raises `BadRun` if it is over.

    With `force` its process is killed, for a job that is hung: it keeps its last finished epoch.
    """
    require_training()
    with queueing.changing():
        status = run.status()
        if not status.is_active or status.owner is None:
            raise BadRun(f"the run {run.id} is not at work; it is {status.state}.")
        run.stop_request.touch()
        if force:
            status.owner.kill()
            run.write_status(dataclasses.replace(status, state="stopped", activity=None))
        elif status.heartbeat is not None:  # before its first sign of life a signal would kill it
            status.owner.ask_to_stop()


def delete(run: Run) -> None:
    """Deletes a run, and uploads that no other run names. Raises `BadRun` while it is at work."""
    require_training()
    with queueing.changing():
        state = run.status().state
        if state in runs.ACTIVE:
            raise BadRun(f"the run {run.id} is at work ({state}). Stop it first.")
        digests = uploads.named_in(run)
        leaving = run.path.with_name(f".deleted-{secrets.token_hex(4)}")
        try:
            os.rename(run.path, leaving)  # a reader sees the whole run or none
        except OSError as error:
            raise BadRun(f"the run {run.id} cannot be deleted: {error.strerror}.") from None
    shutil.rmtree(leaving, ignore_errors=True)
    for digest in digests:
        with contextlib.suppress(BadDataset):  # deleted by somebody else already
            uploads.delete_if_unused(digest)


def check(settings: TrainSettings) -> None:
    """Raises `FerError` for what would make a run fail and is quick to see: names, weights, disk.

    The faces themselves are checked by `datasets.inspect` before, and by the job.
    """
    name = settings.name
    if name is not None:
        check_name(name)
    if settings.data != DRAWN and not Path(settings.data).exists():
        raise BadDataset(f"{Path(settings.data).name} does not exist. Check the path.")
    transfer.source(settings)
    distillation.check(settings)
    runs.check_space()


def check_name(name: str) -> None:
    """Raises `FerError` if a model has that name, or will have it once a run is finished."""
    if registry.check_name(name) in registry.names():
        raise BadSettings(f"there is a model {name!r} already; choose another name.")
    for run in runs.listing():
        with contextlib.suppress(BadRun):
            if run.status().is_active and run.settings.name == name:
                raise BadSettings(f"the run {run.id} will be called {name!r}; choose another name.")


def claim(run: Run) -> None:
    """Makes this process the one that does the work of a run.

    Raises `BadRun` if another one does it, or if nothing is left to do.
    """
    me = processes.identity()
    with queueing.changing():
        owner = run.status().owner
        if owner is None or not owner.is_same(me):
            _hand_over(run, _resumable(run), me)


def _resumable(run: Run) -> TrainSettings:
    """The settings of a run that may be taken up."""
    state = run.status().state
    if state in runs.ACTIVE:
        raise BadRun(f"the run {run.id} is at work already ({state}).")
    if state == "finished":
        raise BadRun(f"the run {run.id} is finished; start a new one to train on.")
    return run.settings


def _launch(run: Run, settings: TrainSettings) -> None:
    """Starts the job's process, which waits in `claim` until its status names it."""
    folders = {
        "FER_RUNS": str(runs.folder().absolute()),
        "FER_MODELS": str(registry.folder().absolute()),
        "TF_CPP_MIN_LOG_LEVEL": os.environ.get("TF_CPP_MIN_LOG_LEVEL", "2"),
    }
    place = str(run.path.absolute())
    try:
        owner = processes.spawn(JOB, [place], run.path.absolute() / "log.txt", folders)
        _hand_over(run, settings, owner)
        queueing.enter(run.id, owner)
    except OSError as error:
        reason = f"the job could not be started: {error.strerror or error}."
        with contextlib.suppress(OSError):
            run.write_status(RunStatus(state="failed", epochs=settings.epochs, error=reason))
        raise BadRun(reason) from None


def _hand_over(run: Run, settings: TrainSettings, owner: Identity) -> None:
    run.stop_request.unlink(missing_ok=True)
    status = RunStatus(epoch=len(run.metrics()), epochs=settings.epochs)
    run.write_status(status.owned_by(owner))
