"""A job in which nothing is read or learned: all else of `fer.training.job`, for tests.

It writes "begin ID" and "end ID" to `FER_RUNS/order.txt` and works until it is stopped or the file
`finish` appears in its run folder.
"""

from __future__ import annotations

import sys
import threading
import time
from typing import Any

from fer.data.budget import Budget
from fer.runs import queue as run_queue, store
from fer.runs.store import Run
from fer.training import job
from fer.training.reporter import Reporter

SLOW_START = 77
"""Settings with this seed take a second to start."""
SLOW_READING = 78
"""Settings with this seed read until they are stopped."""
IMPATIENT = 79
"""Settings with this seed wait for nobody who is reading."""


def read(run: Run, reporter: Reporter, budget: Budget) -> Any:
    reporter.state("starting")
    reporter.doing("reading the faces")
    if run.settings.seed == IMPATIENT:
        run_queue.READING_SECONDS = 0
    while run.settings.seed == SLOW_READING:
        budget.check()
        time.sleep(0.02)


def work(run: Run, data: object, reporter: Reporter, stop: threading.Event) -> str:
    reporter.state("starting")
    if run.settings.seed == SLOW_START:
        time.sleep(1)  # as the import of TensorFlow, it cannot be cut short
    if stop.is_set():
        return "stopped"
    note(f"begin {run.id}")
    reporter.state("running")
    while not stop.is_set() and not (run.path / "finish").exists():
        time.sleep(0.02)
    note(f"end {run.id}")
    if stop.is_set():
        return "stopped"
    reporter.state("finished")
    return "finished"


def note(line: str) -> None:
    with (store.folder() / "order.txt").open("a", encoding="utf-8") as file:
        file.write(line + "\n")


if __name__ == "__main__":
    job.read = read
    job._work = work
    sys.exit(job.main())
