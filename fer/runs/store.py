"""Run folders: how a training job and its watchers exchange state. No TensorFlow here.

`launcher` starts, stops, resumes and deletes runs; `queue` makes them take turns.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import re
import secrets
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from fer import registry
from fer.data.loading import DRAWN
from fer.errors import BadRun, FerError
from fer.runs import epochs, processes, settings as settings_module
from fer.runs.settings import TrainSettings
from fer.runs.status import ACTIVE, DAMAGED, LOST, STATES, RunStatus, outcome, status_from
from fer.storage import files, folders

__all__ = [
    "ACTIVE",
    "STATES",
    "Run",
    "RunStatus",
    "create",
    "find",
    "folder",
    "get",
    "listing",
    "outcome",
]

SWEEP_FILE = "sweep.json"

_ID = re.compile(r"\d{8}-\d{6}-[a-z0-9-]{1,60}")


@dataclass(frozen=True, slots=True)
class Sweep:
    """Which sweep a run belongs to, and among how many trials the best is chosen there."""

    id: str
    trials: int


@dataclass(frozen=True, slots=True)
class Run:
    """One run folder."""

    path: Path

    @property
    def id(self) -> str:
        return self.path.name

    @property
    def settings(self) -> TrainSettings:
        """The settings of the run. Raises `BadRun` where its file is damaged."""
        try:
            return settings_module.from_dict(files.json_object(self.path / "settings.json"))
        except (OSError, ValueError, TypeError, FerError) as error:
            reason = files.reason_of(error)
            raise BadRun(f"the settings of the run {self.id} cannot be read: {reason}.") from None

    def write_settings(self, settings: TrainSettings) -> None:
        text = json.dumps(_anchored(settings).as_dict(), indent=2)
        files.replace_file(self.path / "settings.json", text.encode())

    @property
    def checkpoint(self) -> Path:
        return self.path / "checkpoint.npz"

    @property
    def best(self) -> Path:
        return self.path / "best.npz"

    @property
    def teacher_probabilities(self) -> Path:
        """The predictions of the run's teachers for its training faces."""
        return self.path / "taught.npz"

    @property
    def sweep(self) -> Sweep | None:
        """The sweep that this run is a trial of."""
        try:
            values = files.json_object(self.path / SWEEP_FILE)
            return Sweep(str(values["sweep"]), int(values["trials"]))
        except (OSError, ValueError, KeyError, TypeError):
            return None

    @property
    def stop_request(self) -> Path:
        """A file that asks the job to stop, for as long as it is there."""
        return self.path / "stop"

    def stopping_seconds(self) -> float | None:
        """How long ago the job was asked to stop; None where it was not."""
        try:
            return time.time() - self.stop_request.stat().st_mtime
        except OSError:
            return None

    def metrics(self) -> list[dict[str, Any]]:
        """The finished epochs, in order; a half-written last line is left for the next reading."""
        return epochs.read(self.path / "metrics.jsonl")

    def add_metrics(self, row: Mapping[str, Any]) -> None:
        with (self.path / "metrics.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")
            file.flush()

    def cut_metrics(self, num_epochs: int) -> None:
        """Forgets what was written after the first `num_epochs` epochs, and half a line."""
        path = self.path / "metrics.jsonl"
        rows = [row for row in self.metrics() if row["epoch"] <= num_epochs]
        data = "".join(json.dumps(row) + "\n" for row in rows).encode()
        if path.exists() and path.read_bytes() != data:
            files.replace_file(path, data)

    def log(self, lines: int = 200) -> str:
        """The last lines that the job has printed."""
        return files.tail(self.path / "log.txt", lines)

    def status(self) -> RunStatus:
        """The present state: `outcome` of what is recorded and what is seen."""
        status = self._seen()
        # A job that ended between the reading and the look at its process is not lost.
        return self._seen() if status.state == "lost" else status

    def write_status(self, status: RunStatus, on_full_disk: bool = False) -> None:
        """`on_full_disk` writes over the last status, which needs no space, instead of replacing
        it. Raises `OSError`."""
        write = files.overwrite_file if on_full_disk else files.replace_file
        write(self.path / "status.json", json.dumps(dataclasses.asdict(status)).encode())

    def _seen(self) -> RunStatus:
        try:
            recorded = status_from(files.json_object(self.path / "status.json"))
        except (OSError, ValueError):
            return RunStatus(state="lost", error=DAMAGED)
        alive = recorded.is_active and recorded.owner is not None and recorded.owner.is_alive()
        state = outcome(recorded.state, alive, self.stop_request.exists())
        if state == "lost":
            return dataclasses.replace(recorded, state=state, error=recorded.error or LOST)
        return dataclasses.replace(recorded, state=state)


def folder() -> Path:
    """Where runs live: `FER_RUNS`, or as `folders` says."""
    return folders.runs()


def new_id(kind: str) -> str:
    """The present second, what it is, and a few random digits."""
    stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    return f"{stamp}-{kind.replace('_', '-')}-{secrets.token_hex(2)}"


def create(settings: TrainSettings, run_id: str | None = None, sweep: Sweep | None = None) -> Run:
    """A new run folder with its settings, in the state "queued" and owned by this process."""
    name = run_id or new_id(settings.network)
    run, new = Run(folder() / name), Run(folder() / f".new-{name}")
    files.remove_leftovers(folder())
    try:
        new.path.mkdir(parents=True)
        with files.held(new.path):
            new.write_settings(settings)
            if sweep is not None:
                record = {"sweep": sweep.id, "trials": sweep.trials}
                files.replace_file(new.path / SWEEP_FILE, json.dumps(record).encode())
            new.write_status(RunStatus(epochs=settings.epochs).owned_by(processes.identity()))
            os.rename(new.path, run.path)  # a reader sees a whole run or none
    except OSError as error:
        shutil.rmtree(new.path, ignore_errors=True)
        raise BadRun(f"a run folder cannot be written: {error.strerror or error}.") from None
    return run


def find(id_or_path: str) -> Run:
    """The run of that id, or in that folder. Raises `BadRun`."""
    for path in (folder() / id_or_path, Path(id_or_path)):
        if os.path.isfile(path / "settings.json"):
            return Run(path)
    raise BadRun(f"there is no run {id_or_path[:80]!r} in {folder()}.")


def get(run_id: str) -> Run:
    """The run of that id, which may come from an address: never a path. Raises `BadRun`."""
    run = Run(folder() / run_id) if _ID.fullmatch(run_id) else None
    if run is None or not run.path.is_dir():
        raise BadRun(f"there is no run {run_id[:80]!r}; it may have been deleted.")
    return run


def listing() -> list[Run]:
    """All runs, damaged ones too, the newest first."""
    paths = [path for path in folder().glob("*") if _ID.fullmatch(path.name) and path.is_dir()]
    return [Run(path) for path in sorted(paths, key=_age, reverse=True)]


def unfinished(settings: TrainSettings) -> Run | None:
    """The newest run with the very same settings that is not finished, if there is one.

    Settings that leave open what is to be predicted are the same as those that the data decided.
    """
    wanted = _anchored(settings)
    for run in listing():
        with contextlib.suppress(BadRun):
            recorded = run.settings
            if wanted.labels is None:
                recorded = dataclasses.replace(recorded, labels=None)
            if recorded == wanted and run.status().state != "finished":
                return run
    return None


def _anchored(settings: TrainSettings) -> TrainSettings:
    """The settings with absolute paths, for resuming the run from any working folder."""
    weights = settings.weights
    if weights is not None and weights not in registry.names() and os.path.isfile(weights):
        weights = str(Path(weights).absolute())
    return dataclasses.replace(
        settings,
        data=settings.data if settings.data == DRAWN else str(Path(settings.data).absolute()),
        votes=settings.votes and str(Path(settings.votes).absolute()),
        weights=weights,
    )


def _age(path: Path) -> tuple[str, int]:
    """Sorts by the second in the id, and within it by when the settings were written."""
    try:
        written = (path / "settings.json").stat().st_mtime_ns
    except OSError:
        written = 0
    return path.name[:15], written
