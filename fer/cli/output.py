"""What commands share: exit codes, the prior's flag, and where they write."""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from fer import distributed
from fer.errors import BadSettings, FerError
from fer.prior import Prior
from fer.storage import files

DONE, SOME_FAILED, WRONG_USE, INTERRUPTED = 0, 1, 2, 130
STDOUT = "-"
MOST_WORKERS, MOST_REMOTE_WORKERS = 64, 10_000
ADDRESS_HELP = (
    "let a Ray cluster do it: ray://HOST:PORT, HOST:PORT, or auto for the one on this machine; "
    "--workers are then its CPUs that are used (default: all)"
)
CLASSES_HELP = "what class names mean, such as 1=surprise,2=fear; =skip leaves a class out"


def add_data_flags(parser: argparse.ArgumentParser) -> None:
    """The flags that name labelled faces and say how to read them."""
    parser.add_argument("--data", required=True, metavar="PATH", help="as in `train`")
    parser.add_argument("--votes", metavar="PATH", help="FER+ votes that belong to a FER2013 CSV")
    parser.add_argument("--classes", metavar="NAME=EMOTION,…", help=CLASSES_HELP)


def run_where_asked(options: argparse.Namespace, work: Callable[[argparse.Namespace], int]) -> int:
    """The exit code of `work`, which is done here or, with `--address`, on that Ray cluster;
    `options.workers` are then all its CPUs unless they were given. Raises `NotInstalled` without
    Ray, and `FerError` where the cluster cannot be joined."""
    if options.address is None:
        return work(options)
    distributed.check_installed()
    from fer.distributed import cluster

    with cluster.connected(options.address, options.workers) as options.workers:
        return work(options)


def check_workers(options: argparse.Namespace) -> None:
    """Raises `BadSettings` for a number of `--workers` that cannot be."""
    most = MOST_WORKERS if options.address is None else MOST_REMOTE_WORKERS
    if options.workers is not None and not 1 <= options.workers <= most:
        raise BadSettings(f"--workers takes 1 to {most:,}; got {options.workers}.")


def check_writable(target: str | None) -> None:
    """Raises `FerError` for a file that could not be written; leaves none behind."""
    if target in (None, STDOUT):
        return
    path = Path(str(target))
    existed = os.path.exists(path)
    try:
        with path.open("ab"):
            pass
        if not existed:
            path.unlink()
    except OSError as error:
        raise FerError(f"{target} cannot be written: {error.strerror}.") from None


def write(target: str, text: str) -> None:
    """Writes to a file, or to standard output for "-"."""
    if target == STDOUT:
        sys.stdout.write(text)
        return
    try:
        Path(target).write_text(text, "utf-8", errors="backslashreplace")
    except OSError as error:
        raise FerError(f"{target} cannot be written: {error.strerror}.") from None


@contextmanager
def text_file(target: str) -> Iterator[IO[str]]:
    """A file to write piece by piece, which is there once it is complete, or standard output for
    "-". Raises `FerError` where it cannot be written."""
    if target == STDOUT:
        yield sys.stdout
        return
    path = Path(target)
    is_device = path.exists() and not path.is_file()
    try:
        with path.open("wb") if is_device else files.written_whole(path) as raw:
            text = io.TextIOWrapper(raw, "utf-8", errors="backslashreplace", newline="")
            yield text
            text.flush()
            text.detach()
    except OSError as error:
        raise FerError(f"{target} cannot be written: {error.strerror}.") from None


def say(sentence: str) -> None:
    """A line of this command to stderr."""
    print(f"fer: {sentence}", file=sys.stderr)


def print_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Rows under a head, in columns as wide as their longest cell."""
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    for row in (head, *rows):
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        print("  ".join(cells).rstrip())


def input_size(spec: dict[str, Any]) -> str:
    """``48×48×1``."""
    return f"{spec['height']}×{spec['width']}×{spec['channels']}"


def add_prior_flag(parser: argparse.ArgumentParser) -> None:
    """`--prior`, whose value `registry.load` and `Recognizer` take."""
    parser.add_argument(
        "--prior",
        metavar="PRIOR",
        help="how common each expression is assumed to be: balanced (all alike), training (as in "
        "the training data), another name that the model's card gives, or NAME=SHARE,... for all "
        "seven (default: what the card says)",
    )


def add_passes_flag(parser: argparse.ArgumentParser) -> None:
    """`--passes`, whose value `Model.with_passes` takes."""
    parser.add_argument(
        "--passes",
        type=int,
        choices=(1, 2),
        default=1,
        help="2: average the predictions for each face and its mirror image, in twice the time",
    )


def print_note(prior: Prior) -> None:
    """Says on stderr if the shares of a prior were changed."""
    if prior.note:
        print(f"fer: {prior.note}", file=sys.stderr)
