"""The command `find-rate`: look for a good learning rate."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import replace

from fer.cli.output import DONE
from fer.cli.training.train import add_train_flags, train_settings


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "find-rate",
        help="run the learning-rate finder; the curve goes to stdout as JSON",
        epilog="example: python -m fer find-rate --data fer2013.parquet --network cnn4",
    )
    add_train_flags(parser)
    parser.add_argument("--steps", type=int, default=200, metavar="N")
    parser.set_defaults(command=_find_rate)


def _find_rate(options: argparse.Namespace) -> int:
    from fer.training import job

    settings = replace(train_settings(options), name=None)  # nothing is published
    data = job.checked_data(settings)
    from fer.training import distillation, rate_finder

    teacher_probabilities = None
    if settings.teachers:
        print("asking the teachers …", file=sys.stderr)
        teacher_probabilities = distillation.predictions(settings.teachers, data.split("train"))
    learner = job.learner_for(settings, data, teacher_probabilities=teacher_probabilities)

    def show(step: int, rate: float, loss: float) -> None:
        if step % 20 == 0:
            print(f"step {step}/{options.steps}  rate {rate:.2g}  loss {loss:.4f}", file=sys.stderr)

    print(json.dumps(rate_finder.find(learner, options.steps, on_step=show).as_dict()))
    return DONE
