"""The states of a run, and what a status file may hold."""

from __future__ import annotations

import dataclasses
import time
from dataclasses import dataclass
from typing import Any

from fer.figures import Count, Finite, Share, checked
from fer.runs.processes import Identity

ACTIVE = ("queued", "starting", "running", "stopping")
OVER = ("stopped", "finished", "failed", "lost")
STATES = ACTIVE + OVER

SILENT_SECONDS = 60.0
"""After so long without a heartbeat an active job is hung, or its machine is overloaded."""

LOST = (
    "the job ended without a message: it was killed, as happens where memory runs out, or the "
    "computer was switched off. Resuming continues after the last finished epoch; a smaller batch "
    "size or fewer images need less memory."
)
DAMAGED = "the run's status file is missing or damaged."


@dataclass(frozen=True, slots=True)
class RunStatus:
    """What `status.json` holds; `progress` is the share (0–1) of the present epoch that is done.

    `epoch` counts finished epochs. `images_per_second` is of the present epoch; `seconds_left` is
    None as long as it cannot be known. `activity` says in words what an active job is doing.
    `batch_losses` are points (epochs done, mean loss of the batches since the point before) of this
    process, thinned out so that they stay few.
    `heartbeat` is when, in seconds since 1970, the job last gave a sign of life.
    """

    state: str = "queued"
    epoch: Count = 0
    epochs: Count = 0
    progress: Share = 0.0
    images_per_second: Finite | None = None
    seconds_left: Finite | None = None
    error: str | None = None
    model: str | None = None
    pid: Count | None = None
    pid_created: Finite | None = None
    pid_start: str | None = None
    heartbeat: Finite | None = None
    activity: str | None = None
    batch_losses: tuple[tuple[Finite, Finite], ...] = ()

    @property
    def is_active(self) -> bool:
        return self.state in ACTIVE

    @property
    def owner(self) -> Identity | None:
        """The process that does the work."""
        if self.pid is None or self.pid_created is None:
            return None
        return Identity(self.pid, self.pid_created, self.pid_start)

    def owned_by(self, owner: Identity) -> RunStatus:
        return dataclasses.replace(
            self, pid=owner.pid, pid_created=owner.created, pid_start=owner.start
        )

    def is_hung(self, now: float | None = None) -> bool:
        """Whether an active job has long been without a heartbeat."""
        now = time.time() if now is None else now
        return (
            self.is_active and self.heartbeat is not None and now - self.heartbeat > SILENT_SECONDS
        )


def outcome(recorded: str, alive: bool, asked_to_stop: bool = False) -> str:
    """The state of a run, from what is recorded and what is seen; the first that holds wins:

    1. a state that is over (stopped, finished, failed, lost) stays as recorded;
    2. a job whose process is gone, or an unknown state, is lost;
    3. an active job that was asked to stop is stopping;
    4. any other is as recorded: queued, starting, running or stopping.
    """
    if recorded in OVER:
        return recorded
    if not alive or recorded not in ACTIVE:
        return "lost"
    return "stopping" if asked_to_stop else recorded


def status_from(values: dict[str, Any]) -> RunStatus:
    """A status as it was recorded. Raises `ValueError` for what no job writes."""
    status = checked(RunStatus, values, "status")
    if status.state not in STATES:
        raise ValueError(f"status: no run is {status.state!r}")
    return status
