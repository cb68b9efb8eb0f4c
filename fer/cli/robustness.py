"""The command `robustness`: how accuracy falls when faces get worse."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from typing import Any

from fer.cli import output, progress
from fer.cli.evaluate import add_data_flags, models_named
from fer.cli.output import DONE
from fer.data import loading
from fer.errors import BadSettings
from fer.evaluation import corruptions, robustness
from fer.runs import processes


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "robustness",
        help="measure how accuracy falls under blur, noise, darkness and the like",
        description="Applies ten corruptions with five severities each to labelled faces, and "
        "measures models on them.",
        epilog="example: python -m fer robustness --model crowd --data fer2013.csv --json -",
    )
    add_data_flags(parser)
    parser.add_argument(
        "--card", action="store_true", help="only the five corruptions of model cards"
    )
    parser.add_argument("--limit", type=int, metavar="N", help="at most N faces, drawn by a seed")
    parser.set_defaults(command=_robustness)


def _robustness(options: argparse.Namespace) -> int:
    if options.limit is not None and options.limit < 1:
        raise BadSettings(f"limit is {options.limit}; expected a number of faces from 1 on.")
    output.check_writable(options.json)
    models = models_named(options.model, options.prior, options.passes)
    with (
        processes.limited_memory(),
        progress.shown(options.keep, "face") as show,
        loading.opened(options.data, options.votes, options.classes) as data,
    ):
        measured = robustness.measure(
            models,
            data,
            options.data,
            options.split,
            options.labels,
            options.whole_picture,
            options.limit,
            corruptions.named() if options.card else None,
            show,
        )
    record = measured.as_dict()
    if options.keep:
        output.write(str(options.keep / robustness.KEPT), json.dumps(record, allow_nan=False))
    if options.json:
        output.write(options.json, json.dumps(record, indent=1, allow_nan=False) + "\n")
    if options.json != output.STDOUT:
        _print(record)
    return DONE


def _print(record: Mapping[str, Any]) -> None:
    data = record["data"]
    print(
        f"{data['name']}, split {data['split']}, compared with {data['true_label']}: "
        f"{data['n']:,} faces"
    )
    rows = []
    for name, measured in record["models"].items():
        prior = measured["prior"]
        rows.append([name, prior, "none", "", f"{measured['clean']:.1%}", ""])
        for corruption, curve in measured["curves"].items():
            for point in curve:
                accuracy, loss = f"{point['accuracy']:.1%}", f"{point['loss']:+.1f}"
                rows.append([name, prior, corruption, point["words"], accuracy, loss])
    head = ["model", "prior", "corruption", "strength", "accuracy", "loss, points"]
    output.print_table(head, rows)
