"""The command `video`: films to a timeline, here, by several processes or on a cluster."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Generator
from contextlib import closing
from functools import partial
from pathlib import Path

from fer.cli import output, progress
from fer.cli.output import DONE, SOME_FAILED, add_prior_flag, print_note, say
from fer.cli.video import outputs
from fer.errors import FerError, WorkerLost
from fer.images import display_name
from fer.inference import detection
from fer.inference.batch import processes
from fer.inference.recognizer import Recognizer
from fer.storage import files
from fer.video import analysis
from fer.video.analysis import Progress
from fer.video.batch import job
from fer.video.batch.job import FilmItem, FilmJob
from fer.video.outputs.records import FilmError
from fer.video.timeline import Timeline
from fer.video.values import PeopleEdits

_OF_ONE_FILM = ("annotate", "subtitles", "html", "from_folder", "people")


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
        "--keep",
        type=Path,
        metavar="DIR",
        help="write the timeline and progress into a folder; of several films, each into its own",
    )
    parser.add_argument(
        "--resume",
        action="store_true",
        help="keep the films whose timeline is complete in the folder of --keep, and do the rest",
    )
    parser.add_argument(
        "--workers",
        metavar="N",
        type=int,
        help="processes that share the films, each on one core (default: this process on all "
        "cores, a film at a time); the results and their order stay the same",
    )
    parser.add_argument("--address", metavar="ADDRESS", help=output.ADDRESS_HELP)
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
    return output.run_where_asked(options, _run)


def _run(options: argparse.Namespace) -> int:
    edits = _edits(options.people)
    unit = "film" if options.workers else "frame"
    with (
        tempfile.TemporaryDirectory(prefix="fer-") as scratch,
        progress.shown(options.keep, unit) as show,
    ):
        if options.from_folder:
            found: list[Timeline | FilmError] = [Timeline.read(options.from_folder, edits)]
        else:
            items = job.items(options.files, options.keep or Path(scratch, "film"))
            found = [
                (item.name, problem) if problem else Timeline.read(item.folder, edits)
                for item, problem in _analysed(options, items, show)
            ]
        outputs.write(options, found, partial(_tell, show))
    if not any(getattr(options, name) for name in outputs.NAMES):
        outputs.print_people(found)
    problems = [outputs.problem(film) for film in found]
    for problem in filter(None, problems):
        print(f"fer: {problem}", file=sys.stderr)
    return SOME_FAILED if any(problems) else DONE


def _check(options: argparse.Namespace) -> None:
    analysis.check_rate(options.fps)
    output.check_workers(options)
    if options.resume and not options.keep:
        raise FerError("--resume goes on with a folder: name it with --keep.")
    for flag, needed in (("pixelate", "annotate"), ("thumbnails", "html")):
        if getattr(options, flag) and not getattr(options, needed):
            raise FerError(f"--{flag} belongs to --{needed}; name its file too.")
    for name in _OF_ONE_FILM:
        if getattr(options, name) and len(options.files) > 1:
            flag = name.removesuffix("_folder")
            raise FerError(f"--{flag} is for one film; got {len(options.files)}.")
    targets = [target for name in outputs.NAMES if (target := getattr(options, name))]
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
    options: argparse.Namespace, items: list[FilmItem], show: progress.Show
) -> list[tuple[FilmItem, str | None]]:
    """Each film with what kept it from being analysed; None where its timeline is in its folder."""
    recognizer = Recognizer(options.model, options.detector, prior=options.prior)
    print_note(recognizer.model.prior)
    name = recognizer.model.card.name
    work = FilmJob(name, options.detector, options.prior, options.fps)
    left = [item for item in items if not (options.resume and work.is_done(recognizer, item))]
    if len(left) < len(items):
        say(f"done already: {len(items) - len(left)} of {len(items)} films.")
    problems: dict[Path, str | None] = {}
    while left := [item for item in left if item.folder not in problems]:
        try:
            with closing(_results(options, work, recognizer, left, show)) as results:
                for item, problem in results:
                    problems[item.folder] = problem
                    if options.workers:
                        show(len(problems), len(items))
        except WorkerLost as error:
            lost = error.args[0]
            problems[lost.folder] = (
                f"a worker process was killed while it read {display_name(lost.name)}, perhaps "
                "because memory ran out. Fewer --workers need less memory."
            )
        except KeyboardInterrupt:
            if options.keep:
                say(f"what was analysed is in {options.keep}; --resume does the rest.")
            raise
    return [(item, problems.get(item.folder)) for item in items]


def _results(
    options: argparse.Namespace,
    work: FilmJob,
    recognizer: Recognizer,
    items: list[FilmItem],
    show: progress.Show,
) -> Generator[tuple[FilmItem, str | None]]:
    """Films as they are analysed: here, by several processes, or on a cluster."""
    if options.address is not None:
        from fer.distributed import films

        return films.ordered(work, items, options.workers)
    if options.workers:
        return processes.ordered(work.worker, items, min(options.workers, len(items)))
    told = partial(_tell, show)
    return ((item, work.analyse(recognizer, item, told)) for item in items)
