"""The command `analyze`: pictures to records, tables and annotated pictures."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from tqdm import tqdm

from fer import images
from fer.cli import output
from fer.cli.output import add_prior_flag, print_note
from fer.errors import BadImage, FerError
from fer.geometry import Image
from fer.inference import detection, records, search
from fer.inference.recognizer import Recognizer
from fer.results import FrameResult
from fer.visualization import annotate


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
        "--whole-picture", action="store_true", help="each picture is one cut-out face"
    )
    parser.add_argument("--json", metavar="FILE", help="write records; - is standard output")
    parser.add_argument("--csv", metavar="FILE", help="write a row a face; - is standard output")
    parser.add_argument("--annotate", metavar="DIR", type=Path, help="write annotated pictures")
    parser.set_defaults(command=run)


def run(options: argparse.Namespace) -> int:
    """Reads every picture; 0 if all could be read, 1 if some could not.

    Raises `FerError` for wrong names and outputs that cannot be written, before any work.
    """
    for target in (options.json, options.csv):
        output.check_writable(target)
    recognizer = Recognizer(
        options.model,
        options.detector,
        prior=options.prior,
        search=options.search,
        passes=options.passes,
    )
    print_note(recognizer.model.prior)
    writer = _PictureWriter(options.annotate) if options.annotate else None
    quiet = not sys.stderr.isatty()
    results = []
    with tqdm(list(_pictures(options.paths)), unit="picture", disable=quiet) as progress:
        for name, path in progress:
            results.append(_record(name, path, recognizer, options.whole_picture, writer))
            if "error" in results[-1]:
                progress.write(f"fer: {results[-1]['error']}", file=sys.stderr)
    _write_outputs(options, results)
    _print_search_note(results)
    return 1 if any("error" in record for record in results) else 0


def _record(
    name: str,
    path: Path | BadImage,
    recognizer: Recognizer,
    whole_picture: bool,
    writer: _PictureWriter | None,
) -> dict[str, Any]:
    try:
        if isinstance(path, BadImage):
            raise path
        started = time.perf_counter()
        photo = images.as_photo(path)
        decoded = time.perf_counter() - started
        result = recognizer.analyze(photo.image, whole_picture=whole_picture)
    except BadImage as error:
        return records.error_record(name, str(error))
    try:
        if writer:
            writer.write(path, photo.image, result)
    except OSError as error:
        reason = f"the annotated picture of {images.display_name(name)} cannot be written"
        return records.error_record(name, f"{reason}: {error.strerror}.")
    result = result.scaled(photo.width, photo.height).with_seconds(decode=decoded)
    return records.photo_record(name, result, **recognizer.names(whole_picture))


def _pictures(paths: Sequence[str]) -> Iterator[tuple[str, Path | BadImage]]:
    """Name to report and file to read, or what is wrong with it, for every path given."""
    for given in paths:
        path = Path(given)
        if not given:
            yield given, BadImage("an empty path names no picture.")
            continue
        if not os.path.isdir(path):
            yield given, path
            continue
        all_files = _files(path)
        files = [file for file in all_files if file.suffix.lower() in images.ENDINGS]
        _print_passed_over(given, set(all_files) - set(files))
        for file in files:
            yield f"{given.rstrip('/')}/{file.relative_to(path).as_posix()}", file
        if not files:
            yield given, BadImage(f"the folder {images.display_name(given)} holds no pictures.")


def _print_passed_over(folder: str, files: Iterable[Path]) -> None:
    """Counts on stderr, by ending, the files of a folder that are no pictures."""
    endings = Counter(file.suffix.lower() or "without ending" for file in files)
    if endings:
        counts = ", ".join(f"{count} {ending}" for ending, count in sorted(endings.items()))
        name = images.display_name(folder)
        print(f"fer: files passed over in {name}: {counts}.", file=sys.stderr)


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _write_outputs(options: argparse.Namespace, results: list[dict[str, Any]]) -> None:
    if options.json:
        output.write(options.json, json.dumps(results, indent=1) + "\n")
    if options.csv:
        output.write(options.csv, records.csv_text(results))
    if not (options.json or options.csv or options.annotate):
        _print_lines(results)


def _print_lines(results: list[dict[str, Any]]) -> None:
    """A line a face, or one that says that a picture has none."""
    for record in results:
        rows = records.table([record])
        for row in rows:
            label = "unsure" if row["uncertain"] else row["label"]
            print(f"{row['file']}  face {row['face']}  {label}  {row['confidence']:.0%}")
        if not rows and "error" not in record:
            print(f"{record['file']}  no face found")


def _print_search_note(results: list[dict[str, Any]]) -> None:
    """Says on stderr where faces may have been missed because they were too small."""
    searched = [record["searched"] for record in results if record.get("searched")]
    limits = [facts["smallest_face"] for facts in searched]
    limits = [limit for limit in limits if limit > detection.SMALLEST_FACE]
    if limits:
        pictures = "1 picture was" if len(limits) == 1 else f"{len(limits)} pictures were"
        thorough = any(facts["tiles_total"] for facts in searched)
        advice = "" if thorough else " Use --search thorough to find them."
        print(
            f"fer: {pictures} not searched at full size: faces smaller than {max(limits)} pixels "
            f"may be missed.{advice}",
            file=sys.stderr,
        )


class _PictureWriter:
    """Writes annotated pictures as `<stem>.png`, with `-2`, `-3` rather than over another file."""

    def __init__(self, folder: Path) -> None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise FerError(f"{folder} cannot be made: {error.strerror}.") from None
        self._folder = folder

    def write(self, path: Path, image: Image, result: FrameResult) -> None:
        target, number = self._folder / f"{path.stem}.png", 1
        while target.exists():
            number += 1
            target = self._folder / f"{path.stem}-{number}.png"
        target.write_bytes(images.encode_png(annotate.draw(image, result, numbered=True)))
