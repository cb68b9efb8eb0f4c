"""A job that is killed between writing its second epoch's figures and its checkpoint, for tests."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Mapping
from typing import Any

from fer.runs.store import Run
from fer.training import job

_add_metrics = Run.add_metrics


def add_metrics(run: Run, row: Mapping[str, Any]) -> None:
    _add_metrics(run, row)
    if row["epoch"] == 2:
        os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    Run.add_metrics = add_metrics  # type: ignore[method-assign]
    sys.exit(job.main())
