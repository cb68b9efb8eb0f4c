"""The command `export`: a model in another format."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from pathlib import Path

from fer.cli.output import DONE, SOME_FAILED

FORMATS = ("keras", "h5", "onnx", "tflite")


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "export",
        help="write a model in another format",
        epilog="example: python -m fer export --model crowd --format tflite --out downloads",
    )
    parser.add_argument("--model", required=True, metavar="NAME")
    parser.add_argument("--format", required=True, choices=FORMATS)
    parser.add_argument("--out", required=True, type=Path, metavar="DIR")
    parser.add_argument("--json", action="store_true", help="print the figures as a record")
    parser.set_defaults(command=_export)


def _export(options: argparse.Namespace) -> int:
    from fer.export import onnx as onnx_export

    done = onnx_export.export(options.model, options.format, options.out)
    if options.json:
        record = dataclasses.asdict(done) | {"files": [str(file) for file in done.files]}
        print(json.dumps(record))
    else:
        print(
            f"export verified: largest probability difference (max |Δp|) {done.difference:.2g} on "
            f"{onnx_export.NUM_FACES} real faces"
        )
        print(f"{done.milliseconds:.2f} ms a face, {done.megabytes:.2f} MB")
        for file in done.files:
            print(file)
    if done.is_sound:
        return DONE
    print(
        f"fer: the predictions of the export differ from those of the original by more than "
        f"{onnx_export.LARGEST_DIFFERENCE:g}; do not use it.",
        file=sys.stderr,
    )
    return SOME_FAILED
