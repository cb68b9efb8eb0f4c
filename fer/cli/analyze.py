"""The command `analyze`: pictures to records, tables and annotated pictures."""

from __future__ import annotations

import argparse
import os
import sys
from collections import Counter
from collections.abc import Generator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

from tqdm import tqdm

from fer import images
from fer.cli import output
from fer.cli.output import DONE, SOME_FAILED, STDOUT, add_prior_flag, print_note, say
from fer.errors import FerError, WorkerLost
from fer.inference import detection, records, search
from fer.inference.batch import listing, processes, resuming
from fer.inference.batch.job import Analysed, Job
from fer.inference.batch.listing import Listed
from fer.inference.batch.outputs import Lines
from fer.inference.batch.summary import Summary
from fer.inference.recognizer import Recognizer

PICTURES_A_WORKER = 20
"""Without --workers a further process is started for each so many pictures."""


def add_parser(commands: Any) -> None:
    """Adds the command to a parser's commands."""
    parser = commands.add_parser(
        "analyze",
        help="read the expression of every face in pictures",
        description="Reads the apparent expression of every face in pictures or folders of them.",
        epilog="example: python -m fer analyze photos/ --csv faces.csv --annotate annotated/",
    )
    parser.add_argument("paths", nargs="+", metavar="PATH", help="a picture, or a folder of them")
    parser.add_argument("--model", metavar="NAME", help="default: the model that is active")
    parser.add_argument("--detector", metavar="NAME", default=detection.DEFAULT)
    add_prior_flag(parser)
    output.add_passes_flag(parser)
    parser.add_argument(
        "--search",
        choices=search.SEARCHES,
        default=search.DEFAULT,
        help="fast: once, at 1024 pixels at the most; thorough: large pictures also in tiles at "
        f"full size, up to {search.SECONDS:.0f} seconds a picture",
    )
    parser.add_argument(
        "--whole-picture",
        action="store_true",
        help="the images are already cropped faces: no face detection",
    )
    parser.add_argument("--json", metavar="FILE", help="write records; - is standard output")
    parser.add_argument("--csv", metavar="FILE", help="write a row a face; - is standard output")
    parser.add_argument("--annotate", metavar="DIR", type=Path, help="write annotated pictures")
    parser.add_argument(
        "--workers",
        metavar="N",
        type=int,
        help="processes that share the pictures, each on one core (default: one a core for many "
        "pictures, and for few this process on all cores); the results and their order stay the "
        "same",
    )
    parser.add_argument(
        "--address",
        metavar="ADDRESS",
        help=output.ADDRESS_HELP,
    )
    parser.add_argument(
        "--resume",
        action="store_true",
        help="keep the pictures that are in the --json or --csv file, and do the rest",
    )
    parser.set_defaults(command=run)


def run(options: argparse.Namespace) -> int:
    """Reads every picture; 0 if all could be read, 1 if some could not.

    Raises `FerError` for wrong names and outputs that cannot be written, before any work.
    """
    _check(options)
    return output.run_where_asked(options, _analyze)


def _analyze(options: argparse.Namespace) -> int:
    recognizer = Recognizer(
        options.model,
        options.detector,
        prior=options.prior,
        search=options.search,
        passes=options.passes,
    )
    print_note(recognizer.model.prior)
    writer = _PictureWriter(options.annotate) if options.annotate else None
    listed, notes = listing.pictures(options.paths)
    for note in notes:
        say(note)
    summary = Summary()
    names = {
        **recognizer.names(options.whole_picture),
        "search": None if options.whole_picture else options.search,
    }
    outputs, done = resuming.open_outputs(
        options.json, options.csv, names, summary, resume=options.resume
    )
    if not (options.json or options.csv or options.annotate):
        outputs.append(Lines())
    left = _without(listed, done)
    if done:
        say(f"done already: {len(listed) - len(left):,} of {len(listed):,} pictures.")
    try:
        with closing(_analysed(options, recognizer, left)) as results:
            for item, analysed in tqdm(
                results, total=len(left), unit="picture", disable=not sys.stderr.isatty()
            ):
                record = writer.write(item, analysed) if writer else analysed.record
                for target in outputs:
                    target.add(record)
                summary.add(record)
                if "error" in record:
                    tqdm.write(f"fer: {record['error']}", file=sys.stderr)
    except WorkerLost as error:
        say(
            f"a worker process was killed while it read {error.args[0].name}, perhaps because "
            f"memory ran out.{_kept(options)} Fewer --workers need less memory."
        )
        return SOME_FAILED
    except KeyboardInterrupt:
        if kept := _kept(options):
            say(kept.strip())
        raise
    finally:
        for target in outputs:
            target.close()
    _print_summary(summary)
    return SOME_FAILED if summary.unread else DONE


def _check(options: argparse.Namespace) -> None:
    for target in (options.json, options.csv):
        output.check_writable(target)
    if options.json == options.csv == STDOUT:
        raise FerError("--json and --csv cannot both go to standard output; name a file for one.")
    output.check_workers(options)
    if options.resume and {options.json, options.csv} <= {None, STDOUT}:
        raise FerError("--resume goes on with a file: name it with --json or --csv.")


def _analysed(
    options: argparse.Namespace, recognizer: Recognizer, listed: list[Listed]
) -> Generator[tuple[Listed, Analysed]]:
    """Each picture with its record, in order, from here or from several processes."""
    job = Job(
        recognizer.model.card.name,
        options.detector,
        options.prior,
        options.search,
        options.passes,
        options.whole_picture,
        options.annotate is not None,
    )
    if options.address is not None:
        from fer.distributed import pictures

        return pictures.ordered(job, listed, options.workers)
    workers = options.workers or min(os.cpu_count() or 1, len(listed) // PICTURES_A_WORKER)
    if options.workers is None and workers <= 1:
        analyse = partial(job.analyse, recognizer)
        return ((item, analyse(item)) for item in listed)
    return processes.ordered(job.worker, listed, min(workers, len(listed)))


def _without(listed: list[Listed], done: Counter[str]) -> list[Listed]:
    """Those that are not done; a name that was given twice is done twice."""
    left, done = [], done.copy()
    for item in listed:
        key = resuming.key_of(item.name)
        if done[key]:
            done[key] -= 1
        else:
            left.append(item)
    return left


def _kept(options: argparse.Namespace) -> str:
    """What to tell whoever is left with a part of the outputs; nothing if they are no files."""
    files = [target for target in (options.json, options.csv) if target not in (None, STDOUT)]
    if not files:
        return ""
    return f" What was read is in {' and '.join(files)}; --resume does the rest."


def _print_summary(summary: Summary) -> None:
    if summary.pictures > 1:
        for sentence in summary.sentences():
            say(sentence)
    if note := summary.search_note():
        say(note)


class _PictureWriter:
    """Writes annotated pictures as `<stem>.png`, with `-2`, `-3` rather than over another file."""

    def __init__(self, folder: Path) -> None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise FerError(f"{folder} cannot be made: {error.strerror}.") from None
        self._folder = folder

    def write(self, listed: Listed, analysed: Analysed) -> dict[str, Any]:
        """The picture's record, or that of an error where its annotated picture is not written."""
        if listed.path is None or analysed.annotated is None:
            return analysed.record
        path = self._free_path(listed.path.stem)
        try:
            path.write_bytes(analysed.annotated)
        except OSError as error:
            path.unlink(missing_ok=True)
            name = images.display_name(listed.name)
            reason = f"the annotated picture of {name} cannot be written: {error.strerror}."
            return records.error_record(listed.name, reason)
        return analysed.record

    def _free_path(self, stem: str) -> Path:
        path, number = self._folder / f"{stem}.png", 1
        while path.exists():
            number += 1
            path = self._folder / f"{stem}-{number}.png"
        return path
