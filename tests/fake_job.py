"""A job in which nothing is learned: all of `fer.training.job` but its work, for tests.

It writes "begin ID" and "end ID" to `FER_RUNS/order.txt` and works until it is stopped or the file
`finish` appears in its run folder.
"""

from __future__ import annotations

import sys
import threading
import time

from fer.runs import store
from fer.runs.store import Run
from fer.training import job
from fer.training.reporter import Reporter

SLOW_START = 77
"""Settings with this seed take a second to start."""


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
    job._work = work
    sys.exit(job.main())
