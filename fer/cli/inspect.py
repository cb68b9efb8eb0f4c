"""The command `inspect`: what is in a data set, before anything is trained on it."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from pathlib import Path

from fer import images
from fer.cli.output import add_data_flags
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
    add_data_flags(parser)
    parser.add_argument("--json", metavar="FILE", help="write the record; - is standard output")
    parser.add_argument("--sheet", type=Path, metavar="FILE", help="write some faces as a PNG")
    parser.set_defaults(command=_inspect)


def _inspect(options: argparse.Namespace) -> int:
    data = loading.load(options.data, options.votes, classes=options.classes)
    found = inspection.inspect(data)
    record = {**dataclasses.asdict(found), "num_removed": found.num_removed}
    try:
        if options.sheet:
            options.sheet.write_bytes(images.encode_png(inspection.contact_sheet(data)))
        if options.json and options.json != "-":
            Path(options.json).write_text(json.dumps(record), "utf-8")
    except OSError as error:
        raise FerError(f"{error.filename} cannot be written: {error.strerror}.") from None
    if options.json == "-":
        print(json.dumps(record))
    elif not options.json:
        _print(found)
    _print_notes(found)
    return 0


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
