"""A sweep on a cluster: Ray Tune draws the trials, and ASHA ends those that fall behind."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from ray import tune
from ray.tune.schedulers import ASHAScheduler
from ray.tune.search import BasicVariantGenerator

from fer.distributed import sweeps
from fer.distributed.sweeps import SweepSettings
from fer.distributed.trial import EPOCH, FIGURE, Trial, run_id
from fer.runs import store
from fer.storage import folders

MOST_FAILURES = 3
"""A trial whose worker died is taken up again so often."""
Told = Callable[[str], None]
"""Takes a sentence about a trial."""

os.environ.setdefault("TUNE_DISABLE_AUTO_CALLBACK_LOGGERS", "1")
os.environ.setdefault("RAY_AIR_NEW_OUTPUT", "0")
os.environ.setdefault("TUNE_PRINT_ALL_TRIAL_ERRORS", "0")  # tracebacks; `_Teller` has a sentence


def tune_trials(
    sweep_id: str, sweep: SweepSettings, workers: int, told: Told, resume: bool = False
) -> bool:
    """Trains all trials, `workers` at a time; False if Ctrl-C ended it before. The cluster is
    joined already, and all of its machines share `FER_RUNS`."""
    trainable = tune.with_resources(
        tune.with_parameters(
            Trial, sweep_id=sweep_id, sweep=sweep.as_dict(), variables=folders.environment()
        ),
        {"cpu": 1},
    )
    folder = sweeps.folder(sweep_id)
    if resume and tune.Tuner.can_restore(str(folder)):
        tuner = tune.Tuner.restore(str(folder), trainable, restart_errored=True)
    else:
        tuner = _new_tuner(trainable, sweep_id, sweep, workers, told)
    results = tuner.fit()
    ended = [result for result in results if result.error or (result.metrics or {}).get("done")]
    return len(ended) == sweep.trials


def _new_tuner(
    trainable: Any, sweep_id: str, sweep: SweepSettings, workers: int, told: Told
) -> tune.Tuner:
    epochs = sweep.trial({}).epochs
    scheduler = ASHAScheduler(
        time_attr=EPOCH,
        max_t=epochs,
        grace_period=min(sweep.grace, epochs),
        reduction_factor=sweep.reduction,
    )
    drawn = BasicVariantGenerator(random_state=sweep.seed, max_concurrent=workers)
    return tune.Tuner(
        trainable,
        param_space={name: _space(values) for name, values in sweep.search.items()},
        tune_config=tune.TuneConfig(
            metric=FIGURE,
            mode="max",
            num_samples=sweep.trials,
            scheduler=scheduler,
            search_alg=drawn,
        ),
        run_config=tune.RunConfig(
            name=sweep_id,
            storage_path=str(sweeps.folder(sweep_id).parent.absolute()),
            failure_config=tune.FailureConfig(max_failures=MOST_FAILURES),
            checkpoint_config=tune.CheckpointConfig(checkpoint_frequency=1, num_to_keep=1),
            callbacks=[_Teller(sweep_id, told)],
            verbose=0,
        ),
    )


def _space(values: Any) -> Any:
    if isinstance(values, list):
        return tune.choice(values)
    low, high = values["low"], values["high"]
    if isinstance(low, int) and isinstance(high, int):
        draw = tune.lograndint if values.get("log") else tune.randint
        return draw(low, high + 1)
    return (tune.loguniform if values.get("log") else tune.uniform)(low, high)


class _Teller(tune.Callback):  # type: ignore[misc]
    def __init__(self, sweep_id: str, told: Told) -> None:
        self._sweep_id, self._told = sweep_id, told

    def on_trial_complete(self, iteration: int, trials: Any, trial: Any, **info: Any) -> None:
        result = trial.last_result
        self._tell(trial, f"{result[FIGURE]:.1%} after epoch {result[EPOCH]}")

    def on_trial_recover(self, iteration: int, trials: Any, trial: Any, **info: Any) -> None:
        self._tell(trial, f"{self._problem(trial)}; it goes on after its last epoch")

    def on_trial_error(self, iteration: int, trials: Any, trial: Any, **info: Any) -> None:
        self._tell(trial, f"{self._problem(trial)}; it is given up")

    def _problem(self, trial: Any) -> str:
        status = store.get(run_id(self._sweep_id, trial.trial_id)).status()
        return (status.error if status.state == "failed" else None) or "its worker was lost"

    def _tell(self, trial: Any, text: str) -> None:
        self._told(f"{run_id(self._sweep_id, trial.trial_id)}: {text}")
