"""A trial of a sweep: an ordinary run folder, trained epoch by epoch as Ray Tune asks for it."""

from __future__ import annotations

import os
import threading
from contextlib import ExitStack
from typing import Any

from ray import tune

from fer.data.budget import Budget
from fer.distributed import connecting, sweeps
from fer.errors import BadRun, FerError
from fer.runs import launcher, store
from fer.runs.store import Run, Sweep
from fer.training import failures, job
from fer.training.reporter import Reporter

FIGURE = "val_accuracy"
EPOCH = "epoch"


class Trial(tune.Trainable):  # type: ignore[misc]
    """Its run folder has all its state: a trial whose worker died goes on after its last epoch.

    It ends as "stopped", also after its last epoch: `train --resume` trains what ASHA left out, and
    publishes. A trial has no turn to wait for, since Ray decides how many train at a time.
    """

    def setup(
        self,
        config: dict[str, Any],
        sweep_id: str,
        sweep: dict[str, Any],
        variables: dict[str, str],
    ) -> None:
        os.environ.update(variables)
        os.environ["TF_NUM_INTRAOP_THREADS"] = os.environ["TF_NUM_INTEROP_THREADS"] = "1"
        self._stop, self._ends = threading.Event(), ExitStack()
        self._ends.enter_context(connecting.temporary_files())
        self._run = _run(sweeps.from_dict(sweep), sweep_id, run_id(sweep_id, self.trial_id), config)
        self._reporter = self._ends.enter_context(Reporter(self._run, self._stop))
        try:
            data = job.read(self._run, self._reporter, Budget(self._stop.is_set, lambda: None))
            learner = job.begun(self._run, data, self._reporter, self._stop)
        except Exception as error:
            self._fail(error)
            raise
        assert learner is not None, "nobody asks a trial to stop"
        self._learner = learner

    def step(self) -> dict[str, Any]:
        try:
            if not self._learner.is_done():
                job.train_epoch(self._run, self._learner, self._reporter, self._stop)
        except Exception as error:
            self._fail(error)
            raise
        row = self._run.metrics()[-1]
        return {EPOCH: row["epoch"], FIGURE: row[FIGURE], "done": self._learner.is_done()}

    def save_checkpoint(self, checkpoint_dir: str) -> dict[str, Any]:
        return {EPOCH: self._learner.progress.epoch}  # for Ray; the run folder has the checkpoint

    def load_checkpoint(self, checkpoint: dict[str, Any] | None) -> None:
        """`setup` took up the run folder's checkpoint, which is as new or newer."""

    def cleanup(self) -> None:
        if self._run.status().state != "failed":
            self._reporter.state("stopped")
        self._ends.close()

    def _fail(self, error: Exception) -> None:
        reason = failures.reason(error) or f"{type(error).__name__}: {error}"
        self._reporter.state("failed", error=reason)


def run_id(sweep_id: str, trial_id: str) -> str:
    """The name of a trial's run folder, which a new worker finds again."""
    return f"{sweep_id}-{trial_id.rpartition('_')[2]}"


def _run(sweep: sweeps.SweepSettings, sweep_id: str, name: str, config: dict[str, Any]) -> Run:
    """A trial's run, new or as it was left, which this process trains from now on."""
    try:
        run = store.get(name)
    except BadRun:
        return store.create(sweep.trial(config), name, Sweep(sweep_id, sweep.trials))
    launcher.claim(run)
    return run


def best(sweep_id: str) -> tuple[Run, float]:
    """The trial with the best validation accuracy of all epochs, and that. Raises `FerError`."""
    found = [
        (max(row[FIGURE] for row in rows), run)
        for run in sweeps.trials(sweep_id)
        if (rows := run.metrics()) and run.best.exists()
    ]
    if not found:
        raise FerError("no trial finished an epoch; the runs' logs say why.")
    accuracy, run = max(found, key=lambda pair: pair[0])
    return run, accuracy
