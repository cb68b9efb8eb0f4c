"""What the command `video` writes: tables, subtitles, an annotated film, a report, or lines."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from fer.cli import output
from fer.video import analysis
from fer.video.outputs import annotated, records, report, subtitles
from fer.video.outputs.records import FilmError
from fer.video.timeline import Timeline
from fer.video.values import Person

NAMES = ("json", "csv", "annotate", "subtitles", "html")
"""The flags that name a file to write."""


def write(
    options: argparse.Namespace, found: Sequence[Timeline | FilmError], told: analysis.OnProgress
) -> None:
    """Writes what the flags ask for. Raises `FerError` where a file cannot be written."""
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


def print_people(found: Sequence[Timeline | FilmError]) -> None:
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
    most = ", ".join(f"{label} {share:.0%}" for label, share in shares[:3] if share > 0)
    name = person.display_name.lower() if person.name is None else person.name
    times = f"{person.first:.1f} to {person.last:.1f} s  on screen {person.on_screen:.1f} s"
    return f"{name}  {times}  {most}"


def problem(film: Timeline | FilmError) -> str | None:
    """Why a film could not be read, or not to its end."""
    return film.film.error if isinstance(film, Timeline) else film[1]
