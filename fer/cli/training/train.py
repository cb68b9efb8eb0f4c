"""The command `train`: a training run in the foreground, in an ordinary run folder."""

from __future__ import annotations

import argparse
import sys
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from fer import distributed, registry
from fer.cli import output
from fer.cli.output import CLASSES_HELP, DONE, INTERRUPTED, SOME_FAILED
from fer.data.dataset import Dataset
from fer.errors import BadSettings
from fer.runs import checks, launcher, settings as training_settings, store

Begin = Callable[[store.Run, Dataset | None, threading.Event], str | None]
"""Takes a run, its faces and what asks it to stop; gives its last state unless it can go on."""
_TRAIN_FLAGS: dict[str, dict[str, Any]] = {
    "--data": {"metavar": "PATH", "help": "labelled faces: a file, a folder, or 'drawn'"},
    "--votes": {"metavar": "PATH", "help": "FER+ votes that belong to a FER2013 CSV"},
    "--network": {"metavar": "NAME", "help": "one of `python -m fer networks`"},
    "--epochs": {"type": int, "metavar": "N", "help": "times that every face is seen"},
    "--learning-rate": {"type": float, "metavar": "X"},
    "--batch-size": {"type": int, "metavar": "N"},
    "--optimizer": {"choices": training_settings.OPTIMIZERS},
    "--weight-decay": {"type": float, "metavar": "X", "help": "0: none (default: 0.0005)"},
    "--schedule": {"choices": training_settings.SCHEDULES},
    "--augmentation": {"choices": training_settings.AUGMENTATIONS},
    "--classes": {"metavar": "NAME=EMOTION,…", "help": CLASSES_HELP},
    "--labels": {
        "choices": training_settings.QUESTIONS,
        "help": "what to predict: votes or labels (default: votes where there are any)",
    },
    "--size": {"type": int, "metavar": "PIXELS", "help": "side of the input (default: its own)"},
    "--weights": {"metavar": "NAME|imagenet|FILE", "help": "initial weights"},
    "--freeze": {"metavar": "all|N|none", "help": "keep the backbone, or all but its top N layers"},
    "--head-epochs": {"type": int, "metavar": "N", "help": "train the head alone before the rest"},
    "--limit": {"type": int, "metavar": "N", "help": "at most N faces to train and validate with"},
    "--seed": {"type": int, "metavar": "N"},
    "--name": {"metavar": "NAME", "help": "name of the published model (default: the run's id)"},
}


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "train",
        help="train a network and publish it as a model",
        epilog="example: python -m fer train --data fer2013.parquet --network resnet --epochs 15",
    )
    add_train_flags(parser)
    parser.add_argument("--resume", metavar="RUN", help="resume a run that was stopped")
    parser.add_argument(
        "--once",
        action="store_true",
        help="resume an unfinished run of these settings; do nothing where the model exists",
    )
    parser.add_argument(
        "--workers",
        type=int,
        metavar="N",
        help="let N workers of a Ray cluster share every batch, one CPU each (default with "
        "--address: all)",
    )
    parser.add_argument(
        "--address",
        metavar="ADDRESS",
        help="ray://HOST:PORT or HOST:PORT of a Ray cluster, or auto (default: one made here)",
    )
    parser.set_defaults(command=_train)


def add_train_flags(parser: argparse.ArgumentParser) -> None:
    for flag, details in _TRAIN_FLAGS.items():
        parser.add_argument(flag, **details)
    parser.add_argument("--settings", type=Path, metavar="FILE", help="JSON; flags go before it")


def _train(options: argparse.Namespace) -> int:
    if options.workers is None and options.address is None:
        return _train_run(options, lambda run, data, stop: None)
    output.check_workers(options)
    distributed.check_installed()
    checks.check_installed()
    from fer.distributed import cluster, training

    with cluster.connected(options.address, options.workers) as options.workers:
        return _train_run(options, partial(training.train, options.workers))


def _train_run(options: argparse.Namespace, begin: Begin) -> int:
    """Trains a run, of which `begin` does the epochs that others do, and publishes it."""
    from fer.training import job

    run, data = _run_to_do(options)
    if run is None:
        print(f"the model {options.name} exists already", file=sys.stderr)
        return DONE
    print(f"run {run.id} in {run.path}", file=sys.stderr)
    stop = threading.Event()
    job.handle_signals(stop)
    state = begin(run, data, stop) or job.run(run, stop, data)
    if state == "finished":
        _report_model(run)
    elif state == "stopped":
        print(f"stopped; resume with: python -m fer train --resume {run.id}", file=sys.stderr)
    return {"finished": DONE, "stopped": INTERRUPTED}.get(state, SOME_FAILED)


def _report_model(run: store.Run) -> None:
    model, name = run.status().model, run.settings.name
    if name is not None and model != name:
        print(f"the name {name} was taken during the run", file=sys.stderr)
    print(f"published the model {model}", file=sys.stderr)


def _run_to_do(options: argparse.Namespace) -> tuple[store.Run | None, Dataset | None]:
    """The run, claimed or new, and the faces of a new one; no run where its model exists."""
    from fer.training import job

    unfinished: store.Run | None = None
    if options.resume:
        _refuse_settings(options)
        unfinished = store.find(options.resume)
    else:
        settings = train_settings(options)
        if options.once:
            if settings.name is None:
                raise BadSettings("--once looks for a model by its name; add --name NAME.")
            if settings.name in registry.names():
                return None, None
            unfinished = store.unfinished(settings)
    if unfinished is not None:
        launcher.claim(unfinished)
        return unfinished, None
    checks.check(settings)
    data = job.checked_data(settings)
    if options.workers:
        from fer.distributed import training

        training.check_batches(settings, len(data.split("train")), options.workers)
    if settings.weights is not None:
        from fer.networks import initial_weights

        initial_weights.check(settings)
    return launcher.create(job.with_labels(settings, data)), data


def _refuse_settings(options: argparse.Namespace) -> None:
    """Raises `BadSettings` where other settings are given to a run that is resumed."""
    flags = ("--settings", "--once", *_TRAIN_FLAGS)
    given = [flag for flag in flags if getattr(options, _field(flag)) not in (None, False)]
    if given:
        raise BadSettings(
            f"a run is resumed with its own settings: leave out {', '.join(given)}, "
            "or start a new run."
        )


def _field(flag: str) -> str:
    return flag[2:].replace("-", "_")


def train_settings(options: argparse.Namespace) -> training_settings.TrainSettings:
    values = training_settings.from_file(options.settings) if options.settings else {}
    for flag in _TRAIN_FLAGS:
        name = _field(flag)
        if getattr(options, name) is not None:
            values[name] = getattr(options, name)
    if (side := values.pop("size", None)) is not None:
        values["input"] = {**values.get("input", {}), "height": side, "width": side}
    if "data" not in values:
        raise BadSettings("name the faces to train on with --data PATH.")
    return training_settings.from_dict(values)
