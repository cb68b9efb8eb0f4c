"""One evaluation: its command, its report, and finding it again after its server was killed."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass, field
from pathlib import Path

from dashboard.server import tasks, workspaces
from dashboard.server.children.running import Child, Ended
from dashboard.server.tasks import Task
from fer.evaluation import recorded_inputs, report
from fer.evaluation.recorded_inputs import Inputs
from fer.evaluation.report import Report

RESULT = "report.json"


@dataclass(slots=True)
class Evaluation:
    """One evaluation; `arguments` are the command's, for measuring more on the same faces. Of the
    request it keeps the title alone: a request holds uploads, which are on the disk by then.
    `visitor` is who started it."""

    title: str
    arguments: tuple[str, ...]
    task: Task
    visitor: str
    robustness: Task | None = None
    key: str = field(default_factory=lambda: secrets.token_urlsafe(16))
    seen: float = field(default_factory=time.monotonic)
    _report: Report | None = None

    @property
    def is_at_work(self) -> bool:
        tasks = (self.task, self.robustness)
        return any(task is not None and not task.is_done for task in tasks)

    @property
    def has_result(self) -> bool:
        return self.task.is_done and self.task.failure is None

    def report(self) -> Report:
        """The report, once the task is done. Raises `FerError`."""
        if self._report is None:
            self._report = report.load(self.task.results)
        return self._report

    def inputs(self, model: int) -> Inputs:
        """What the model of that number saw of each face. Raises `FerError`."""
        return recorded_inputs.inputs(self.task.results, model, self.report().faces.found)

    def keep(self) -> None:
        """Lets `found_again` find it once it is finished. Raises `OSError`."""
        folder, result = self.task.child.folder, str(Path(tasks.RESULTS, RESULT))
        workspaces.keep(folder, self.key, result, self.title, list(self.arguments))

    def remove(self) -> None:
        for task in (self.robustness, self.task):
            if task is not None:
                task.remove()


def found_again(key: str, visitor: str) -> Evaluation | None:
    """The finished evaluation of that key which a killed server left, if there is one."""
    found = workspaces.take_over(key)
    if found is None:
        return None
    folder, kept = found
    ended = Child(Ended(), folder, time.monotonic())
    task = Task(ended, RESULT)
    evaluation = Evaluation(kept.title, tuple(kept.arguments), task, visitor, key=key)
    evaluation.keep()
    return evaluation
