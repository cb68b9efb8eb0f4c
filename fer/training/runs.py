"""Run folders: how a training job and those who watch it talk to each other. No TensorFlow here."""

from __future__ import annotations

import dataclasses
import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil

from fer.errors import BadRun
from fer.training import settings as settings_module
from fer.training.settings import TrainSettings

STATES = (
    "queued",
    "starting",
    "running",
    "stopping",
    "stopped",
    "finished",
    "failed",
    "lost",
)
ACTIVE = ("queued", "starting", "running", "stopping")


@dataclass(frozen=True, slots=True)
class RunStatus:
    """What `status.json` holds; `progress` is the share (0–1) of the present epoch that is done."""

    state: str = "queued"
    epoch: int = 0
    epochs: int = 0
    progress: float = 0.0
    images_per_second: float | None = None
    seconds_left: float | None = None
    error: str | None = None
    model: str | None = None
    pid: int | None = None
    pid_created: float | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """One run folder."""

    path: Path

    @property
    def id(self) -> str:
        return self.path.name

    @property
    def settings(self) -> TrainSettings:
        return settings_module.from_dict(
            json.loads((self.path / "settings.json").read_text("utf-8"))
        )

    @property
    def checkpoint(self) -> Path:
        return self.path / "checkpoint.npz"

    @property
    def best(self) -> Path:
        return self.path / "best.npz"

    def metrics(self) -> list[dict[str, Any]]:
        """The finished epochs, in order; a half-written last line is left for the next reading."""
        try:
            lines = (self.path / "metrics.jsonl").read_text("utf-8").split("\n")[:-1]
        except FileNotFoundError:
            return []
        return [json.loads(line) for line in lines]

    def add_metrics(self, row: Mapping[str, Any]) -> None:
        with (self.path / "metrics.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")
            file.flush()

    def cut_metrics(self, epochs: int) -> None:
        """Forgets what was written after the first `epochs` epochs."""
        rows = [row for row in self.metrics() if row["epoch"] <= epochs]
        text = "".join(json.dumps(row) + "\n" for row in rows)
        replace_file(self.path / "metrics.jsonl", text.encode())

    def status(self) -> RunStatus:
        """The state as recorded, or "lost" where its process died without a word."""
        try:
            recorded = RunStatus(**json.loads((self.path / "status.json").read_text("utf-8")))
        except (OSError, ValueError, TypeError):
            return RunStatus(state="lost", error="the run's status file is missing or damaged")
        alive = _is_alive(recorded.pid, recorded.pid_created)
        return dataclasses.replace(recorded, state=outcome(recorded.state, alive))

    def write_status(self, status: RunStatus) -> None:
        text = json.dumps(dataclasses.asdict(status))
        replace_file(self.path / "status.json", text.encode())


def outcome(recorded: str, alive: bool) -> str:
    """A dead job that still says it is at work is lost."""
    return "lost" if recorded in ACTIVE and not alive else recorded


def folder() -> Path:
    """Where runs live: `FER_RUNS`, else `runs/`."""
    return Path(os.environ.get("FER_RUNS") or "runs")


def create(settings: TrainSettings) -> Run:
    """A new run folder with its settings, in the state "queued" and owned by this process."""
    stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    run = Run(folder() / f"{stamp}-{settings.network.replace('_', '-')}-{secrets.token_hex(2)}")
    run.path.mkdir(parents=True)
    replace_file(run.path / "settings.json", json.dumps(settings.as_dict(), indent=2).encode())
    run.write_status(own(RunStatus(epochs=settings.epochs)))
    return run


def find(id_or_path: str) -> Run:
    """The run of that id, or in that folder. Raises `BadRun`."""
    for path in (folder() / id_or_path, Path(id_or_path)):
        if (path / "settings.json").is_file():
            return Run(path)
    raise BadRun(f"there is no run {id_or_path!r} in {folder()}.")


def own(status: RunStatus) -> RunStatus:
    """The status with this process as the one that does the work."""
    process = psutil.Process()
    return dataclasses.replace(status, pid=process.pid, pid_created=process.create_time())


def replace_file(path: Path, data: bytes) -> None:
    """Writes a whole file so that a reader sees the old one or the new one, never half of it."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        temporary.write_bytes(data)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def _is_alive(pid: int | None, created: float | None) -> bool:
    if pid is None:
        return False
    try:
        process = psutil.Process(pid)
        same = created is None or abs(process.create_time() - created) < 2
        return bool(same and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
