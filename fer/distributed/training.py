"""A training run whose batches several workers of a cluster share, each with the whole network."""

from __future__ import annotations

import os
import platform
import shutil
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ray
from ray.exceptions import RayError

from fer.data.budget import Budget
from fer.data.dataset import Dataset
from fer.distributed import cluster, connecting, versions, workers
from fer.errors import BadSettings, FerError, Stopped
from fer.runs import processes
from fer.runs.processes import Identity
from fer.runs.settings import TrainSettings
from fer.runs.store import Run
from fer.storage import files, folders
from fer.training import distillation, failures, job
from fer.training.reporter import Reporter, say, say_epoch

MOST_FAILURES = 3
"""So often a run goes on from its last epoch after a worker has died."""
_START_SECONDS = 120
_POLL_SECONDS = 0.5
_LOST = "a worker was lost"
_BROKEN = (
    *("UnavailableError", "AbortedError", "InternalError", "CancelledError"),
    "WorkerHealthCheckTimeoutError",
)
"""Errors by their names, since the workers alone load TensorFlow."""
_RAYS_FILES = "ray"
"""What Ray Train keeps in the run folder meanwhile."""


@dataclass(frozen=True, slots=True)
class _Task:
    """What a worker is told: the run, and what it must have for the same results."""

    run: str
    owner: Identity
    data_hash: str
    versions: Mapping[str, str | None]
    variables: Mapping[str, str]
    workers: int


def check_batches(settings: TrainSettings, faces: int, count: int) -> None:
    """Raises `BadSettings` where the workers cannot have equal parts of a batch."""
    size = min(settings.batch_size, faces)
    if size % count:
        raise BadSettings(
            f"{count} workers cannot share a batch of {size} faces equally; choose a "
            "--batch-size that is a multiple of --workers."
        )


def train(count: int, run: Run, data: Dataset | None, stop: threading.Event) -> str | None:
    """Trains a claimed run to its last epoch: None, or its last state where it was stopped or
    failed. `job.run` publishes it. The cluster is joined already, and all of its machines share the
    run's folder."""
    try:
        task = _prepared(run, data, count, stop)
        if task is not None and _train(task, run, stop):
            return None
    except Stopped:
        pass
    except FerError as error:
        return _end(run, "failed", str(error))
    return _end(run, "stopped")


def _prepared(run: Run, data: Dataset | None, count: int, stop: threading.Event) -> _Task | None:
    """What workers are told, once this process has done what one alone can do; None if it was
    asked to stop."""
    with Reporter(run, stop) as reporter:
        if data is None:
            data = job.read(run, reporter, Budget(stop.is_set, lambda: None))
        train = data.split("train")
        check_batches(run.settings, len(train), count)
        if run.settings.teachers:
            distillation.cached_predictions(
                run.teacher_probabilities,
                run.settings.teachers,
                train,
                stop.is_set,
                reporter.teachers,
            )
        reporter.state("starting")
        reporter.doing(f"starting {count} workers")
    if stop.is_set():
        return None
    return _Task(
        str(run.path.absolute()),
        processes.identity(),
        data.hash,
        versions.here(versions.TRAINING),
        folders.environment(),
        count,
    )


def _train(task: _Task, run: Run, stop: threading.Event) -> bool:
    """Whether the last epoch is over; what is left after a worker died is done again."""
    for left in reversed(range(MOST_FAILURES + 1)):
        problem = _result(task, run, stop)
        if problem is None:
            return not run.stop_request.exists()
        if problem != _LOST:
            raise FerError(problem)
        if left:
            say(f"{_LOST}; the run goes on after epoch {len(run.metrics())}")
    raise FerError(f"{MOST_FAILURES + 1} times {_LOST}, perhaps because memory ran out.")


def _end(run: Run, state: str, error: str | None = None) -> str:
    with Reporter(run, threading.Event()) as reporter:
        reporter.state(state, error)
    return state


def _result(task: _Task, run: Run, stop: threading.Event) -> str | None:
    """What `_fit` says, from a worker of the cluster. Meanwhile the run is asked to stop where that
    is wanted, and there is a line for each epoch."""
    fit = ray.remote(num_cpus=0, max_retries=0)(_fit)
    told = len(run.metrics())
    going = fit.remote(task)
    try:
        is_over = False
        while not is_over:
            is_over = bool(ray.wait([going], timeout=_POLL_SECONDS)[0])
            if stop.is_set() and not is_over:
                run.stop_request.touch()
            rows = run.metrics()
            for row in rows[told:]:
                say_epoch(row, run.settings.epochs)
            told = max(told, len(rows))
        problem: str | None = ray.get(going)
        return problem
    except RayError as error:
        raise FerError(f"the workers of the cluster ended: {cluster.reason(error)}") from None
    finally:
        shutil.rmtree(run.path / _RAYS_FILES, ignore_errors=True)


def _fit(task: _Task) -> str | None:
    """Lets Ray Train start the workers, and waits for their end; what went wrong, or nothing."""
    os.environ["RAY_TRAIN_WORKER_GROUP_START_TIMEOUT_S"] = str(_START_SECONDS)
    os.environ["RAY_TRAIN_HEALTH_CHECK_INTERVAL_S"] = str(_POLL_SECONDS)
    os.environ["RAY_TRAIN_ENABLE_PREEMPTION_WATCHER"] = "0"  # a worker that goes is lost, as any
    from ray.train import FailureConfig, RunConfig, ScalingConfig, WorkerGroupError
    from ray.train.v2.api.data_parallel_trainer import DataParallelTrainer
    from ray.train.v2.api.exceptions import TrainingFailedError

    trainer = DataParallelTrainer(
        _learn,
        train_loop_config={"task": task},
        backend_config=connecting.TfConfig(),
        scaling_config=ScalingConfig(
            num_workers=task.workers, resources_per_worker={"CPU": 1}, use_gpu=False
        ),
        run_config=RunConfig(
            name=_RAYS_FILES,
            storage_path=task.run,
            failure_config=FailureConfig(max_failures=0, controller_failure_limit=0),
        ),
    )
    try:
        trainer.fit()
    except WorkerGroupError as error:
        causes = [_cause(failure) for failure in error.worker_failures.values()]
        told = [str(cause) for cause in causes if isinstance(cause, FerError)]
        if not told and any(_is_loss(cause) for cause in causes):
            return _LOST
        return told[0] if told else f"{type(causes[0]).__name__}: {cluster.reason(causes[0])}"
    except TrainingFailedError as error:
        return f"the workers of the cluster do not start: {cluster.reason(error)}"
    return None


def _cause(failure: BaseException) -> BaseException:
    """What happened to a worker, without what Ray Train wraps it in."""
    for name in ("_base_exc", "health_check_failure"):
        failure = getattr(failure, name, failure)
    return failure


def _is_loss(cause: BaseException) -> bool:
    """Whether a worker died, or one lost its connection to another that did."""
    return isinstance(cause, workers.LOST) or type(cause).__name__ in _BROKEN


def _learn(config: dict[str, Any]) -> None:
    """What each worker does. The first alone writes into the run's folder."""
    task: _Task = config["task"]
    os.environ.update(task.variables)
    os.environ["TF_NUM_INTRAOP_THREADS"] = os.environ["TF_NUM_INTEROP_THREADS"] = "1"
    from fer.training.replicas import Alone, Replicas

    replicas = Replicas() if task.workers > 1 else Alone()
    stop, never = threading.Event(), threading.Event()
    with (
        connecting.temporary_files(),
        _own_view(Path(task.run), replicas.index) as run,
        Reporter(run, stop, task.owner) as told,
    ):
        try:
            versions.check(task.versions)
            data = job.read(run, told, Budget(never.is_set, lambda: None))
            if data.hash != task.data_hash:
                raise FerError(
                    f"the worker {platform.node()} has other faces at {run.settings.data}."
                )
            learner = job.begun(run, data, told, never, replicas)
            assert learner is not None, "nobody asks it to stop yet"
            while not learner.is_done() and job.train_epoch(run, learner, told, stop):
                pass
        except Exception as error:
            if reason := failures.reason(error):
                raise FerError(reason) from None
            raise


@contextmanager
def _own_view(path: Path, index: int) -> Iterator[Run]:
    """The run for the first worker, and for others a copy of what they go on from."""
    if index == 0:
        yield Run(path)
        return
    with tempfile.TemporaryDirectory(prefix="fer-") as folder:
        copy = Path(folder, path.name)
        shutil.copytree(
            path, copy, ignore=shutil.ignore_patterns(_RAYS_FILES, "stop", f"*{files.PART}")
        )
        yield Run(copy)
