"""The command `inspect`: what is in a data set, before anything is trained on it."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from pathlib import Path
from typing import Any

from fer import images
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
    parser.add_argument("--data", required=True, metavar="PATH", help="as in `train`")
    parser.add_argument("--votes", metavar="PATH", help="FER+ votes that belong to a FER2013 CSV")
    parser.add_argument("--json", metavar="FILE", help="write the record; - is standard output")
    parser.add_argument("--sheet", type=Path, metavar="FILE", help="write some faces as a PNG")
    parser.set_defaults(command=_inspect)


def _inspect(options: argparse.Namespace) -> int:
    data = loading.load(options.data, options.votes)
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
        _print(found, record)
    return 0


def _print(found: Inspection, record: dict[str, Any]) -> None:
    print(f"{found.name}: {found.num_faces:,} faces, {found.num_voted:,} with crowd votes")
    for split, counts in found.counts.items():
        print(f"{split}: " + ", ".join(f"{counts.get(one, 0):,} {one}" for one in EMOTIONS))
    print(
        f"{found.copies_inside:,} copies inside training and {found.copies_across:,} of other "
        f"splits' faces: left out of training; {found.contradictions:,} pictures with two labels"
    )
    if found.num_problems:
        print(f"{found.num_problems:,} rows could not be read, such as:", file=sys.stderr)
        for problem in found.problems:
            print(f"  {problem}", file=sys.stderr)
