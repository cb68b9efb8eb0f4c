"""Long commands with progress, which write their results into a folder of their own."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dashboard.server.children import running
from dashboard.server.children.running import Child
from dashboard.server.workspaces import Workspace
from fer.evaluation.predictions import PROGRESS
from fer.storage import files

LIMIT_SECONDS = 6 * 3600.0
_GRACE_SECONDS = 5.0
RESULTS = "results"
"""The folder of a command's results, in its own."""


@dataclass(slots=True)
class Task:
    """A running or finished command. `began` is its first progress that was seen: seconds since its
    start, and steps done."""

    child: Child
    result: str
    began: tuple[float, int] | None = None
    cancelled: bool = False

    @property
    def results(self) -> Path:
        """The folder that it writes its results into."""
        return Path(self.child.folder.name) / RESULTS

    @property
    def is_done(self) -> bool:
        return self.child.is_done()

    @property
    def failure(self) -> str | None:
        """The message it failed with; None if its result is there, though some inputs were bad."""
        if self.cancelled:
            return "It was cancelled."
        if self.child.process.returncode in (0, 1) and (self.results / self.result).is_file():
            return None
        return self.child.failure or "The command ended without a result."

    def progress(self) -> tuple[int, int] | None:
        """Steps done, of how many; None before the first."""
        try:
            values = files.json_object(self.results / PROGRESS)
            done, total = int(values["done"]), int(values["total"])
        except (OSError, ValueError, KeyError, TypeError):
            return None
        if self.began is None:
            self.began = self.child.seconds, done
        return done, total

    def seconds_left(self) -> float | None:
        """Estimated from the speed since the first progress; None before that is known."""
        progress = self.progress()
        if progress is None or self.began is None:
            return None
        done, total = progress
        since, first = self.began
        if done <= first:
            return None
        return (self.child.seconds - since) / (done - first) * (total - done)

    def cancel(self) -> None:
        """Ends the command as Ctrl-C does, and kills it if that takes too long."""
        if self.is_done:
            return
        self.cancelled = True
        self.child.process.terminate()
        try:
            self.child.process.wait(_GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            self.child.process.kill()
            self.child.process.wait()

    def remove(self) -> None:
        """Ends it and deletes what it wrote."""
        self.cancel()
        self.child.folder.cleanup()


def start(
    arguments: Sequence[str], result: str, folder: Workspace, models: Path | None = None
) -> Task:
    """Runs `python -m fer ARGUMENTS --keep FOLDER`, which is to write a file `result` there.
    `models`: another folder of models than the server's."""
    more = ["--keep", str(Path(folder.name) / RESULTS)]
    return Task(running.start([*arguments, *more], folder, LIMIT_SECONDS, models), result)
