"""The command `teach`: a personal model of one's own captures."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fer import permission, registry
from fer.cli import output, progress
from fer.errors import FerError
from fer.storage import files


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "teach",
        help="teach a model your own face with the captures of the page Teach",
        epilog="example: python -m fer teach captures.zip --output me.zip",
    )
    parser.add_argument("captures", type=Path, metavar="CAPTURES.zip")
    parser.add_argument(
        "--output",
        type=Path,
        required=True,
        metavar="FOLDER|FILE.zip",
        help="a new folder for the run and the model, or a zip for the model alone",
    )
    parser.add_argument(
        "--model", default=registry.DEFAULT, metavar="NAME", help="what to start from (crowd)"
    )
    parser.add_argument("--name", metavar="NAME", help="name of the personal model (personal)")
    parser.add_argument(
        "--json", metavar="FILE", help="write what was found as a record; - is standard output"
    )
    parser.add_argument(
        "--publish",
        metavar="NAME",
        help="also publish it under that name, for everybody who uses these models",
    )
    parser.set_defaults(command=_teach)


def _teach(options: argparse.Namespace) -> int:
    from fer.teaching import archive, personal, teacher

    output.check_writable(options.json)
    if options.publish:
        permission.require("publish")
        registry.check_name(options.publish)
        if options.publish in registry.names():
            raise FerError(f"there is a model {options.publish!r} already; choose another name.")
    captures = archive.from_zip(options.captures)
    captures.check_teachable()
    counts = ", ".join(f"{n} {emotion}" for emotion, n in captures.counts().items() if n)
    print(f"{len(captures.faces)} faces: {counts}", file=sys.stderr)
    with _run_folder(options.output) as folder, progress.shown(None, "step") as show:
        name = options.name or personal.NAME
        taught = teacher.teach(captures, folder, options.model, name, show)
        if folder != options.output:
            _keep(taught.zip, options.output)
        published = personal.publish(taught.model, options.publish) if options.publish else None
    record = {
        "name": name,
        "output": str(options.output),
        "taught": list(captures.emotions()),
        "faces": captures.counts(),
        "seconds": round(taught.seconds, 3),
        "comparison": taught.comparison.as_dict(),
        "published": published and published.name,
    }
    if options.json:
        output.write(options.json, json.dumps(record, indent=1) + "\n")
    if options.json != output.STDOUT:
        print(taught.comparison.sentence)
        print(f"{options.output}: taught in {taught.seconds:.1f} seconds")
    return output.DONE


@contextmanager
def _run_folder(target: Path) -> Iterator[Path]:
    """The folder to teach in: the target itself, or a hidden one beside the zip."""
    if target.suffix.lower() != ".zip":
        yield target
        return
    output.check_writable(str(target))
    with files.hidden_folder(target.absolute().parent) as folder:
        os.chmod(folder, 0o700)
        yield folder


def _keep(source: Path, target: Path) -> None:
    try:
        os.replace(source, target)
    except OSError as error:
        raise FerError(f"{target} cannot be written: {files.reason_of(error)}.") from None
