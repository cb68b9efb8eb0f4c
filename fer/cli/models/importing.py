"""The command `import`: a network that others trained as a model of this program."""

from __future__ import annotations

import argparse
import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path

from fer.cli.output import DONE
from fer.runs import processes
from fer.runs.import_classes import SCALES


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "import",
        help="make a model of a network that was trained elsewhere",
        epilog="example: python -m fer import mini_XCEPTION.hdf5 --scale -1..1 "
        "--labels angry,disgust,fear,happy,sad,surprise,neutral",
    )
    parser.add_argument(
        "files",
        nargs="+",
        metavar="FILE",
        help="a .keras, .h5, .hdf5 or .onnx file; or an architecture (.json) and its weights",
    )
    parser.add_argument(
        "--labels", required=True, metavar="a,b,…", help="the network's classes in its own order"
    )
    parser.add_argument("--scale", choices=SCALES, help="how its pixels were scaled in training")
    parser.add_argument("--channels", type=int, choices=(1, 3), help="1 grey, 3 RGB")
    parser.add_argument("--size", type=int, metavar="PIXELS", help="side of its input")
    parser.add_argument("--name", metavar="NAME", help="name of the model (default: the file's)")
    parser.add_argument("--json", action="store_true", help="print what was found as a record")
    parser.set_defaults(command=_import)


def joined_scale(arguments: Sequence[str]) -> list[str]:
    """The arguments with ``--scale -1..1`` as one word: argparse takes -1..1 for a flag."""
    joined: list[str] = []
    for argument in arguments:
        if joined[-1:] == ["--scale"]:
            joined[-1] += f"={argument}"
        else:
            joined.append(argument)
    return joined


def _import(options: argparse.Namespace) -> int:
    from fer.export import importing

    files = [Path(part) for text in options.files for part in _parts(text)]
    with processes.limited_memory():
        done = importing.import_model(
            files, options.labels, options.scale, options.name, options.channels, options.size
        )
    if options.json:
        print(json.dumps(dataclasses.asdict(done)))
        return DONE
    for finding in done.findings:
        print(finding)
    print(
        f"published the model {done.name}; largest probability difference (max |Δp|) to the "
        f"original: {done.difference:.2g}"
    )
    return DONE


def _parts(text: str) -> list[str]:
    """``architecture.json+weights.h5`` may be written as one word."""
    return [text] if "+" not in text or Path(text).exists() else text.split("+")
