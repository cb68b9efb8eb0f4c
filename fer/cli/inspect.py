"""The command `inspect`: what is in a data set, before anything is trained on it."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from contextlib import ExitStack
from pathlib import Path

from fer import images
from fer.cli import output
from fer.data import inspection, loading
from fer.data.inspection import Inspection
from fer.emotions import EMOTIONS
from fer.errors import FerError
from fer.runs import processes


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "inspect",
        help="count the faces, duplicates and unusable rows of a dataset",
        epilog="example: python -m fer inspect --data fer2013.csv --sheet faces.png",
    )
    output.add_data_flags(parser)
    parser.add_argument(
        "--as-is",
        action="store_true",
        help="as `evaluate` reads it: no splits are cut, one emotion is enough",
    )
    parser.add_argument("--json", metavar="FILE", help="write the record; - is standard output")
    parser.add_argument("--sheet", type=Path, metavar="FILE", help="write some faces as a PNG")
    parser.set_defaults(command=_inspect)


def _inspect(options: argparse.Namespace) -> int:
    with processes.limited_memory(), ExitStack() as stack:
        given = options.data, options.votes
        if options.as_is:
            data = stack.enter_context(loading.opened(*given, options.classes))
        else:
            data = loading.load(*given, classes=options.classes)
        result = inspection.inspect(data)
        if options.sheet:
            _write(options.sheet, images.encode_png(inspection.contact_sheet(data)))
    record = {**dataclasses.asdict(result), "num_removed": result.num_removed}
    if options.json:
        output.write(options.json, json.dumps(record) + "\n")
    else:
        _print(result)
    _print_notes(result)
    return output.DONE


def _write(file: Path, data: bytes) -> None:
    try:
        file.write_bytes(data)
    except OSError as error:
        raise FerError(f"{error.filename} cannot be written: {error.strerror}.") from None


def _print(result: Inspection) -> None:
    print(f"{result.name}: {result.num_faces:,} faces, {result.num_voted:,} with FER+ votes")
    for split, counts in result.counts.items():
        shown = ", ".join(f"{counts.get(emotion, 0):,} {emotion}" for emotion in EMOTIONS)
        print(f"{split}: {shown}")
    print(
        f"{result.copies_inside:,} duplicates inside training and {result.copies_across:,} of "
        f"faces in other splits: left out of training; {result.contradictions:,} pictures with two "
        "labels"
    )


def _print_notes(result: Inspection) -> None:
    """How the data set was read and what is wrong with it, on standard error."""
    for note in result.notes:
        print(note, file=sys.stderr)
    if result.num_problems:
        print(f"{result.num_problems:,} rows or files could not be used, such as:", file=sys.stderr)
        for problem in result.problems:
            print(f"  {problem}", file=sys.stderr)
