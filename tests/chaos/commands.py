"""`python -m fer` commands in folders of their own, which can be killed."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from dashboard.server import workspaces
from fer import registry
from fer.storage import files, folders

LIMIT_SECONDS = 900.0
_KNOWN_HIDDEN = {".commands", ".queue", ".lock"}


@dataclass(frozen=True)
class Place:
    """A folder with models and runs."""

    folder: Path

    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "FER_MODELS": str(self.folder / "models"),
            "FER_RUNS": str(self.folder / "runs"),
        }

    def use(self) -> None:
        """Makes this process look here too."""
        os.environ.update(self.environment())

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """To its end."""
        return subprocess.run(
            [sys.executable, "-m", "fer", *arguments],
            cwd=folders.ROOT,
            env=self.environment(),
            capture_output=True,
            text=True,
            timeout=LIMIT_SECONDS,
        )

    def started(self, *arguments: str) -> subprocess.Popen[bytes]:
        """A command at work."""
        return subprocess.Popen(
            [sys.executable, "-m", "fer", *arguments],
            cwd=folders.ROOT,
            env=self.environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def kill(self, seconds: float, *arguments: str) -> int | None:
        """Starts a command and kills it after so many seconds; its exit code if it was faster."""
        process = self.started(*arguments)
        try:
            return process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None
        finally:
            process.kill()
            process.wait()

    def check_clean(self) -> None:
        """An hour later the next start leaves nothing half-made. Call `use` before."""
        hour_ago = time.time() - 2 * files.LEFT_SECONDS
        for root in (self.folder / "models", self.folder / "runs"):
            for path in root.glob(".*"):
                os.utime(path, (hour_ago, hour_ago))
            files.remove_leftovers(root)
            assert {path.name for path in root.glob(".*")} <= _KNOWN_HIDDEN
        workspaces.sweep()
        assert not workspaces.left()

    def seconds_of(self, *arguments: str) -> float:
        """How long a command takes that must succeed."""
        began = time.monotonic()
        done = self.run(*arguments)
        assert done.returncode == 0, done.stderr
        return time.monotonic() - began


def copied(folder: Path) -> Place:
    """A place with the shipped models."""
    source = registry.folder()
    for name in registry.SHIPPED:
        shutil.copytree(source / name, folder / "models" / name)
    return Place(folder)


def moments(chance: random.Random, whole: float, count: int) -> list[float]:
    """Random moments of something that takes so long."""
    return sorted(chance.uniform(0.02, whole) for _ in range(count))
