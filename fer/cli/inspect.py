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


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "inspect",
        help="count the faces, copies and wrong rows of a data set",
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
    with ExitStack() as stack:
        given = options.data, options.votes
        if options.as_is:
            data = stack.enter_context(loading.opened(*given, options.classes))
        else:
            data = loading.load(*given, classes=options.classes)
        found = inspection.inspect(data)
        if options.sheet:
            _write(options.sheet, images.encode_png(inspection.contact_sheet(data)))
    record = {**dataclasses.asdict(found), "num_removed": found.num_removed}
    if options.json:
        output.write(options.json, json.dumps(record) + "\n")
    else:
        _print(found)
    _print_notes(found)
    return output.DONE


def _write(file: Path, data: bytes) -> None:
    try:
        file.write_bytes(data)
    except OSError as error:
        raise FerError(f"{error.filename} cannot be written: {error.strerror}.") from None


def _print(found: Inspection) -> None:
    print(f"{found.name}: {found.num_faces:,} faces, {found.num_voted:,} with crowd votes")
    for split, counts in found.counts.items():
        shown = ", ".join(f"{counts.get(emotion, 0):,} {emotion}" for emotion in EMOTIONS)
        print(f"{split}: {shown}")
    print(
        f"{found.copies_inside:,} copies inside training and {found.copies_across:,} of other "
        f"splits' faces: left out of training; {found.contradictions:,} pictures with two labels"
    )


def _print_notes(found: Inspection) -> None:
    """How the data set was read and what is wrong with it, on standard error."""
    for note in found.notes:
        print(note, file=sys.stderr)
    if found.num_problems:
        print(f"{found.num_problems:,} rows or files could not be used, such as:", file=sys.stderr)
        for problem in found.problems:
            print(f"  {problem}", file=sys.stderr)
