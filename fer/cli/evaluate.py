"""The command `evaluate`: models on labelled faces, with intervals, calibration and more."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from fer import registry
from fer.cli import output, progress
from fer.cli.output import DONE, SOME_FAILED
from fer.data import loading
from fer.data.dataset import NO_LABEL, UNREADABLE, Dataset, as_rgb
from fer.engine import Model
from fer.errors import BadModel, FerError
from fer.evaluation import recorded_inputs, report
from fer.evaluation.report import Report
from fer.evaluation.reports import html
from fer.runs import processes


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "evaluate",
        help="measure models on labelled faces",
        description="Measures one or several models on the same labelled faces.",
        epilog="example: python -m fer evaluate --model crowd,fer2013 --data fer2013.csv --json -",
    )
    add_data_flags(parser)
    parser.add_argument("--html", metavar="FILE", help="write a report with plots, in one file")
    parser.add_argument(
        "--with-faces", action="store_true", help="let the HTML report show some of the faces"
    )
    parser.set_defaults(command=_evaluate)


def add_data_flags(parser: argparse.ArgumentParser) -> None:
    """The flags that name the models, the faces, and where the results go."""
    parser.add_argument("--model", required=True, metavar="NAME[,NAME]", help="one or several")
    output.add_prior_flag(parser)
    output.add_passes_flag(parser)
    output.add_data_flags(parser)
    parser.add_argument(
        "--split", metavar="SPLIT", help="train, validation or test (default: test if there is one)"
    )
    parser.add_argument(
        "--labels",
        choices=("fer2013", "own", "crowd"),
        help="ground truth: the dataset's own labels (fer2013 or own) or the majority of the FER+ "
        "votes (default: what the first model predicts)",
    )
    parser.add_argument(
        "--whole-picture",
        action="store_true",
        help="the images in folders are already cropped faces: no face detection",
    )
    parser.add_argument("--json", metavar="FILE", help="write the record; - is standard output")
    parser.add_argument(
        "--keep", type=Path, metavar="DIR", help="write progress and results into a folder"
    )


def models_named(names: str, prior: str | None, passes: int) -> list[Model]:
    """The models of a list of names with commas, each with that prior, or its own without one, and
    that number of passes.

    Raises `BadModel`, also for one named twice, and `BadPrior`.
    """
    wanted = [name.strip() for name in names.split(",")]
    if "" in wanted:
        known = ", ".join(registry.names())
        raise BadModel(f"{names!r} holds a name that is empty; the models are: {known}.")
    if twice := {name for name in wanted if wanted.count(name) > 1}:
        raise BadModel(f"the model {min(twice)!r} is named twice; name each once.")
    models = [registry.load(name, prior).with_passes(passes) for name in wanted]
    output.print_note(models[0].prior)
    return models


def _evaluate(options: argparse.Namespace) -> int:
    if options.with_faces and not options.html:
        raise FerError("--with-faces is about the HTML report; name its file with --html.")
    for target in (options.json, options.html):
        output.check_writable(target)
    models = models_named(options.model, options.prior, options.passes)
    if options.keep:
        models = recorded_inputs.recording(models, options.keep)
    with (
        processes.limited_memory(),
        progress.shown(options.keep, "face") as show,
        loading.opened(options.data, options.votes, options.classes) as data,
    ):
        evaluation = report.evaluate(
            models, data, options.data, options.split, options.labels, options.whole_picture, show
        )
        for sentence in (*evaluation.data["problems"], *evaluation.data["notes"]):
            print(f"fer: {sentence}", file=sys.stderr)
        _write(evaluation, data, options)
    some_failed = any(kind in evaluation.data["dropped"] for kind in (UNREADABLE, NO_LABEL))
    return SOME_FAILED if some_failed else DONE


def _write(evaluation: Report, data: Dataset, options: argparse.Namespace) -> None:
    if options.keep:
        try:
            evaluation.save(options.keep)
        except OSError as error:
            raise FerError(f"{error.filename} cannot be written: {error.strerror}.") from None
    if options.json:
        record = json.dumps(evaluation.as_dict(), indent=1, allow_nan=False)
        output.write(options.json, record + "\n")
    if options.html:
        picture_of = (lambda row: as_rgb(data.pictures[row])) if options.with_faces else None
        output.write(options.html, html.page(evaluation, picture_of))
    if output.STDOUT not in (options.json, options.html):
        _print(evaluation.as_dict())


def _print(record: Mapping[str, Any]) -> None:
    data = record["data"]
    dropped = ", ".join(f"{count:,} {reason}" for reason, count in data["dropped"].items())
    print(
        f"{data['name']}, split {data['split']}, compared with {data['true_label']}: "
        f"{data['n']:,} faces"
    )
    print(f"left out: {dropped or 'none'}")
    head = ["model", "prior", "accuracy", "95%", "not found", "macro F1", "balanced accuracy"]
    head += ["ECE", "ms a face"]
    output.print_table(head, [_row(name, figures) for name, figures in record["models"].items()])
    for pair in record["comparison"]:
        first, second = pair["models"]
        print(
            f"{first} minus {second}: {100 * pair['difference']:+.1f} points "
            f"({_percents(pair['interval'])}), McNemar p = {pair['mcnemar_p']:.2g}"
        )


def _row(name: str, figures: Mapping[str, Any]) -> Sequence[str]:
    seconds, ece = figures["seconds_per_face"], figures["ece"]
    return [
        name,
        figures["prior"],
        f"{figures['accuracy']:.1%}",
        _percents(figures["accuracy_interval"]),
        f"{figures['missed']:,}",
        f"{figures['macro_f1']:.3f}",
        f"{figures['balanced_accuracy']:.1%}",
        "–" if ece is None else f"{ece:.3f}",
        "–" if seconds is None else f"{1000 * seconds:.2f}",
    ]


def _percents(interval: Sequence[float]) -> str:
    return " to ".join(f"{100 * value:.1f}" for value in interval)
