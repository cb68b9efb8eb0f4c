"""The command line: `python -m fer COMMAND`. Answers go to stdout or files, progress to stderr."""

from __future__ import annotations

import argparse
import io
import json
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from fer import cli_analyze, cli_data, cli_evaluate, cli_models, cli_robustness, registry
from fer.errors import BadSettings, FerError
from fer.training import runs
from fer.training import settings as training_settings
from fer.training.labelled import Dataset

DONE, SOME_FAILED, WRONG_USE, INTERRUPTED = 0, 1, 2, 130

_TRAIN_FLAGS: dict[str, dict[str, Any]] = {
    "--data": {"metavar": "PATH", "help": "labelled faces: a file, a folder, or 'drawn'"},
    "--votes": {"metavar": "PATH", "help": "FER+ votes that belong to a FER2013 CSV"},
    "--network": {"metavar": "NAME", "help": "one of `python -m fer networks`"},
    "--epochs": {"type": int, "metavar": "N", "help": "times that every face is seen"},
    "--learning-rate": {"type": float, "metavar": "X"},
    "--batch-size": {"type": int, "metavar": "N"},
    "--optimizer": {"choices": training_settings.OPTIMIZERS},
    "--schedule": {"choices": training_settings.SCHEDULES},
    "--augmentation": {"choices": training_settings.AUGMENTATIONS},
    "--labels": {"choices": training_settings.QUESTIONS, "help": "the question to answer"},
    "--size": {"type": int, "metavar": "PIXELS", "help": "side of the input (default: its own)"},
    "--weights": {"metavar": "NAME|imagenet|FILE", "help": "weights to begin with"},
    "--freeze": {"metavar": "all|N|none", "help": "keep the backbone, or all but its top N layers"},
    "--head-epochs": {"type": int, "metavar": "N", "help": "train the head alone before the rest"},
    "--limit": {"type": int, "metavar": "N", "help": "at most N faces to train and validate with"},
    "--seed": {"type": int, "metavar": "N"},
    "--name": {"metavar": "NAME", "help": "name of the published model (default: the run's id)"},
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit code: 0 done, 1 some inputs failed, 2 wrong use."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # file names need not be UTF-8
    options = _parser().parse_args(arguments)
    try:
        command: Callable[[argparse.Namespace], int] = options.command
        return command(options)
    except FerError as error:
        print(f"fer: {error}", file=sys.stderr)
        return WRONG_USE
    except KeyboardInterrupt:
        print("fer: interrupted.", file=sys.stderr)
        return INTERRUPTED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m fer", description="Reads the apparent expression of faces."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    cli_analyze.add_parser(commands)
    train = commands.add_parser(
        "train",
        help="train a network and publish it as a model",
        epilog="example: python -m fer train --data fer2013.parquet --network resnet --epochs 15",
    )
    _add_train_flags(train)
    train.add_argument("--resume", metavar="RUN", help="go on with a run that was stopped")
    train.add_argument(
        "--once",
        action="store_true",
        help="go on with an unfinished run of these settings; nothing where the model is there",
    )
    train.set_defaults(command=_train)
    find_rate = commands.add_parser(
        "find-rate",
        help="look for a good learning rate; the curve goes to stdout as JSON",
        epilog="example: python -m fer find-rate --data fer2013.parquet --network cnn4",
    )
    _add_train_flags(find_rate)
    find_rate.add_argument("--steps", type=int, default=200, metavar="N")
    find_rate.set_defaults(command=_find_rate)
    cli_data.add_parser(commands)
    cli_evaluate.add_parser(commands)
    cli_robustness.add_parser(commands)
    cli_models.add_parsers(commands)
    return parser


def _add_train_flags(parser: argparse.ArgumentParser) -> None:
    for flag, details in _TRAIN_FLAGS.items():
        parser.add_argument(flag, **details)
    parser.add_argument("--settings", type=Path, metavar="FILE", help="JSON; flags go before it")


def _train(options: argparse.Namespace) -> int:
    from fer.training import job

    run, data = _run_to_do(options)
    if run is None:
        print(f"the model {options.name} is there already", file=sys.stderr)
        return DONE
    print(f"run {run.id} in {run.path}", file=sys.stderr)
    stop = threading.Event()
    job.handle_signals(stop)
    state = job.run(run, stop, data)
    if state == "finished":
        print(f"published the model {run.status().model}", file=sys.stderr)
    elif state == "stopped":
        print(f"stopped; go on with: python -m fer train --resume {run.id}", file=sys.stderr)
    return {"finished": DONE, "stopped": INTERRUPTED}.get(state, SOME_FAILED)


def _run_to_do(options: argparse.Namespace) -> tuple[runs.Run | None, Dataset | None]:
    """The run, claimed or new, and the faces of a new one; no run where its model is there."""
    from fer.training import job, launching, transfer

    begun: runs.Run | None = None
    if options.resume:
        _refuse_settings(options)
        begun = runs.find(options.resume)
    else:
        settings = _train_settings(options)
        if options.once:
            if settings.name is None:
                raise BadSettings("--once looks for a model by its name; add --name NAME.")
            if settings.name in registry.names():
                return None, None
            begun = runs.unfinished(settings)
    if begun is not None:
        launching.claim(begun)
        return begun, None
    launching.check(settings)
    data = job.checked_data(settings)
    transfer.check(settings)
    return runs.create(settings), data


def _refuse_settings(options: argparse.Namespace) -> None:
    """Raises `BadSettings` where a run that goes on with its own settings is given others."""
    flags = ("--settings", "--once", *_TRAIN_FLAGS)
    given = [flag for flag in flags if getattr(options, _field(flag)) not in (None, False)]
    if given:
        raise BadSettings(
            f"a run goes on with the settings it was begun with: leave out {', '.join(given)} "
            "beside --resume, or begin a new run."
        )


def _field(flag: str) -> str:
    return flag[2:].replace("-", "_")


def _train_settings(options: argparse.Namespace) -> training_settings.TrainSettings:
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


def _find_rate(options: argparse.Namespace) -> int:
    from fer.training import job

    settings = replace(_train_settings(options), name=None)  # nothing is published
    data = job.checked_data(settings)
    from fer.training import distillation, rate_finder

    taught = None
    if settings.teachers:
        print("asking the teachers …", file=sys.stderr)
        taught = distillation.answers(settings.teachers, data.split("train"))
    learner = job.learner_for(settings, data, taught=taught)

    def show(step: int, rate: float, loss: float) -> None:
        if step % 20 == 0:
            print(f"step {step}/{options.steps}  rate {rate:.2g}  loss {loss:.4f}", file=sys.stderr)

    print(json.dumps(rate_finder.find(learner, options.steps, on_step=show).as_dict()))
    return DONE
