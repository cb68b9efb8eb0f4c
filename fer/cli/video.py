"""The command `video`: films to a timeline, tables, subtitles, an annotated film and a report."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from fer.cli import output, progress
from fer.cli.output import DONE, SOME_FAILED, add_prior_flag, print_note
from fer.errors import BadFilm, FerError
from fer.inference import detection
from fer.inference.recognizer import Recognizer
from fer.storage import files
from fer.video import analysis
from fer.video.analysis import Progress
from fer.video.outputs import annotated, records, report, subtitles
from fer.video.outputs.records import FilmError
from fer.video.timeline import Timeline
from fer.video.values import PeopleEdits, Person
from fer.visualization.annotate import percent

_OF_ONE_FILM = ("annotate", "subtitles", "html", "keep", "from_folder", "people")
_OUTPUTS = ("json", "csv", "annotate", "subtitles", "html")


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "video",
        help="read the expressions of the people in films, over time",
        description="Follows every face through films and reads its apparent expression over time.",
        epilog="example: python -m fer video clip.mp4 --csv faces.csv --annotate annotated.mp4",
    )
    parser.add_argument("files", nargs="+", metavar="FILE", help="a film, or several")
    parser.add_argument("--model", metavar="NAME", help="default: the model that is active")
    parser.add_argument("--detector", metavar="NAME", default=detection.DEFAULT)
    add_prior_flag(parser)
    parser.add_argument(
        "--fps", type=float, metavar="N", help="analyse only N frames a second (default: every one)"
    )
    parser.add_argument("--csv", metavar="FILE", help="write a row a face and frame; - is stdout")
    parser.add_argument("--json", metavar="FILE", help="write a record a film; - is stdout")
    parser.add_argument("--annotate", metavar="FILE.mp4", help="write the film with labelled faces")
    parser.add_argument("--pixelate", action="store_true", help="with --annotate, hide all faces")
    parser.add_argument("--subtitles", metavar="FILE.vtt", help="write WebVTT subtitles")
    parser.add_argument("--html", metavar="FILE", help="write a report with plots, in one file")
    parser.add_argument(
        "--thumbnails", action="store_true", help="let the HTML report show each person's face"
    )
    parser.add_argument(
        "--keep", type=Path, metavar="DIR", help="write the timeline and progress into a folder"
    )
    parser.add_argument(
        "--from",
        type=Path,
        dest="from_folder",
        metavar="DIR",
        help="take the timeline that --keep wrote, complete or not, instead of analysing",
    )
    parser.add_argument(
        "--people",
        metavar="FILE",
        help='JSON with names of people, merged and left-out ones: {"names": {"1": "Anna"}, '
        '"merged": {"3": 1}, "left_out": [4]}',
    )
    parser.set_defaults(command=run)


def run(options: argparse.Namespace) -> int:
    """Analyses every film; 0 if all could be read, 1 if some could not, or not to their end.

    Raises `FerError` for flags that do not fit and outputs that cannot be written, before any work.
    """
    _check(options)
    edits = _edits(options.people)
    found: list[Timeline | FilmError] = []
    with (
        tempfile.TemporaryDirectory(prefix="fer-") as scratch,
        progress.shown(options.keep, "frame") as show,
    ):
        told = partial(_tell, show)
        if options.from_folder:
            found.append(Timeline.read(options.from_folder, edits))
        else:
            recognizer = Recognizer(options.model, options.detector, prior=options.prior)
            print_note(recognizer.model.prior)
            for number, file in enumerate(options.files):
                folder = options.keep or Path(scratch, str(number))
                found.append(_analysed(file, folder, recognizer, options.fps, told, edits))
        _write_outputs(options, found, told)
    if not any(getattr(options, name) for name in _OUTPUTS):
        _print_people(found)
    problems = [_problem(film) for film in found]
    for problem in filter(None, problems):
        print(f"fer: {problem}", file=sys.stderr)
    return SOME_FAILED if any(problems) else DONE


def _check(options: argparse.Namespace) -> None:
    analysis.check_rate(options.fps)
    for flag, needed in (("pixelate", "annotate"), ("thumbnails", "html")):
        if getattr(options, flag) and not getattr(options, needed):
            raise FerError(f"--{flag} belongs to --{needed}; name its file too.")
    for name in _OF_ONE_FILM:
        if getattr(options, name) and len(options.files) > 1:
            flag = name.removesuffix("_folder")
            raise FerError(f"--{flag} is for one film; got {len(options.files)}.")
    targets = [target for name in _OUTPUTS if (target := getattr(options, name))]
    if twice := {target for target in targets if targets.count(target) > 1}:
        raise FerError(f"{min(twice)} is named for two outputs; name a file for each.")
    for target in targets:
        if any(_is_same(target, file) for file in options.files):
            raise FerError(f"{target} is the film itself; name another file.")
        output.check_writable(target)


def _is_same(target: str, file: str) -> bool:
    try:
        return Path(target).samefile(file)
    except (OSError, ValueError):
        return False


def _edits(path: str | None) -> PeopleEdits:
    if path is None:
        return PeopleEdits()
    try:
        return PeopleEdits.parse(files.json_object(Path(path)))
    except (OSError, ValueError) as error:
        raise FerError(f"{path} cannot be read: {files.reason_of(error)}.") from None


def _tell(show: progress.Show, done: Progress) -> None:
    show(done.frames, max(done.frames, round(done.frames / max(done.share, 1e-3))))


def _analysed(
    file: str,
    folder: Path,
    recognizer: Recognizer,
    rate: float | None,
    told: analysis.OnProgress,
    edits: PeopleEdits,
) -> Timeline | FilmError:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        analysis.analyze(Path(file), folder, recognizer, rate, told, file)
        return Timeline.read(folder, edits)
    except BadFilm as error:
        return file, str(error)
    except OSError as error:
        return file, f"the timeline cannot be written: {files.reason_of(error)}."


def _write_outputs(
    options: argparse.Namespace, found: Sequence[Timeline | FilmError], told: analysis.OnProgress
) -> None:
    timelines = [film for film in found if isinstance(film, Timeline)]
    if options.json:
        with output.text_file(options.json) as target:
            records.write_json(target, found)
    if options.csv:
        with output.text_file(options.csv) as target:
            records.write_csv(target, timelines)
    for timeline in timelines:
        film = Path(options.files[0])
        if options.subtitles:
            with output.text_file(options.subtitles) as target:
                target.write(subtitles.text(timeline))
        if options.html:
            with output.text_file(options.html) as target:
                target.write(report.page(timeline, film if options.thumbnails else None))
        if options.annotate:
            annotated.draw(film, timeline, Path(options.annotate), options.pixelate, told)


def _print_people(found: Sequence[Timeline | FilmError]) -> None:
    """A line a person, or one that says that a film shows nobody."""
    for film in found:
        if not isinstance(film, Timeline):
            continue
        for person in film.people:
            print(f"{film.film.file}  {_line(person)}")
        if not film.people:
            print(f"{film.film.file}  no face found")


def _line(person: Person) -> str:
    """``person 1  3.2 to 17.9 s  on screen 12.4 s  happy 61%, unsure 39%``."""
    shares = sorted(person.shares.items(), key=lambda share: -share[1])
    most = ", ".join(f"{label} {percent(share)}" for label, share in shares[:3] if share > 0)
    name = person.display_name.lower() if person.name is None else person.name
    times = f"{person.first:.1f} to {person.last:.1f} s  on screen {person.on_screen:.1f} s"
    return f"{name}  {times}  {most}"


def _problem(film: Timeline | FilmError) -> str | None:
    return film.film.error if isinstance(film, Timeline) else film[1]
