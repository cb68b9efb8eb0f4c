"""How far a long command is: a bar on a terminal, and a file for whoever started it."""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from tqdm import tqdm

from fer.errors import FerError
from fer.evaluation.predictions import PROGRESS
from fer.storage import files

Show = Callable[[int, int], None]
"""Takes how many of how many units are done."""


@contextmanager
def shown(keep: Path | None, unit: str) -> Iterator[Show]:
    """A function that shows progress, and writes it into the folder `keep`, which is made.

    SIGTERM ends the work inside as Ctrl-C does.
    """

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    if keep:
        _make_folder(keep)
    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        with tqdm(unit=unit, disable=not sys.stderr.isatty()) as bar:

            def show(done: int, total: int) -> None:
                bar.total = total
                bar.update(done - bar.n)
                if keep:
                    record = json.dumps({"done": done, "total": total})
                    files.replace_file(keep / PROGRESS, record.encode())

            yield show
    finally:
        signal.signal(signal.SIGTERM, before)


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FerError(f"{folder} cannot be made: {error.strerror}.") from None
