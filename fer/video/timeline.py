"""A film's timeline in a folder: written as the film is analysed, read while and after it is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from fer.errors import BadFilm
from fer.storage import files
from fer.video import columns, summary
from fer.video.columns import Columns, ColumnWriter
from fer.video.summary import Track
from fer.video.values import Event, Film, Moment, PeopleEdits, Person

FILM = "film.json"
"""What is known of the film itself; the columns beside it hold its frames."""

SCHEMA = 1
_NO_EDITS = PeopleEdits()


@dataclass(frozen=True, eq=False)
class Timeline:
    """A film's timeline, complete or not. Frames are read from disk when they are asked for.

    >>> timeline = Timeline.read(folder)
    >>> [(event.start, event.label) for event in timeline.events if event.person == 1]
    """

    film: Film
    columns: Columns
    edits: PeopleEdits = _NO_EDITS

    @classmethod
    def read(cls, folder: Path, edits: PeopleEdits = _NO_EDITS) -> Timeline:
        """The timeline of a folder, also of one that is still being written.

        Raises `BadFilm` where there is none.
        """
        try:
            film = _film(files.json_object(folder / FILM))
            numbers = columns.read(folder)
        except (OSError, ValueError, TypeError) as error:
            raise BadFilm(f"there is no timeline to read: {files.reason_of(error)}.") from None
        times = numbers.frames["time"]
        if len(times) and film.seconds < times[-1]:
            film = replace(film, seconds=float(times[-1]))
        return cls(replace(film, analysed=len(times)), numbers, edits)

    def edited(self, edits: PeopleEdits) -> Timeline:
        """The same film with other names, merged or left-out people."""
        return Timeline(self.film, self.columns, edits)

    @cached_property
    def tracks(self) -> dict[int, Track]:
        """Everyone's frames as arrays, by the person's number."""
        found = summary.tracks(self.columns, self.film.seconds, self.edits)
        return {track.person: track for track in found}

    @cached_property
    def people(self) -> tuple[Person, ...]:
        """In order of their numbers, which are those of appearance."""
        return tuple(
            summary.person_of(track, self.edits.names.get(number))
            for number, track in self.tracks.items()
        )

    @cached_property
    def events(self) -> tuple[Event, ...]:
        """The expressions that last, in the order of time."""
        events = [event for track in self.tracks.values() for event in summary.events_of(track)]
        return tuple(sorted(events, key=lambda event: (event.start, event.person)))

    def moments(self, start: float = 0.0, end: float = float("inf")) -> Iterator[Moment]:
        """The analysed frames from `start` to before `end`, in seconds."""
        first, stop = np.searchsorted(self.columns.frames["time"], [start, end])
        for index in range(int(first), int(stop)):
            yield self._moment(index)

    def at(self, time: float) -> Moment | None:
        """The analysed frame that is on screen at that time; None before the first."""
        index = int(np.searchsorted(self.columns.frames["time"], time + 1e-6)) - 1
        return self._moment(index) if index >= 0 else None

    @cached_property
    def _people(self) -> Any:
        return summary.edited(self.columns, self.edits)

    def _moment(self, index: int) -> Moment:
        moment = self.columns.moment(index)
        if self.edits is _NO_EDITS:
            return moment
        first = int(self.columns.frames[index - 1]["faces"]) if index else 0
        people = self._people[first : first + len(moment.faces)].tolist()
        named = zip(people, moment.faces, strict=True)
        shown = tuple(replace(face, person=number) for number, face in named if number)
        hidden = [face.box for number, face in zip(people, moment.faces, strict=True) if not number]
        return replace(moment, faces=shown, hidden=(*moment.hidden, *hidden))


class TimelineWriter:
    """Writes a timeline into a folder, which exists. What was written stays when it ends early.

    >>> with TimelineWriter(folder, Film("clip.mp4", model=…, width=640, height=480)) as writer:
    ...     writer.write(Moment(0, 0.0, faces))
    ...     writer.finish(frames=1, seconds=0.04)
    """

    def __init__(self, folder: Path, film: Film) -> None:
        self._folder, self.film = folder, film
        self._writer = ColumnWriter(folder)
        self._save()

    def __enter__(self) -> TimelineWriter:
        return self

    def __exit__(self, *_: object) -> None:
        self._writer.close()

    def write(self, moment: Moment) -> None:
        """Appends a frame; its time is later than the last one's. Raises `OSError`."""
        self._writer.write(moment)

    def update(self, **changes: Any) -> None:
        """Saves everything so far, with changes of the film's fields."""
        self._writer.flush()
        self.film = replace(self.film, **changes)
        self._save()

    def finish(self, **changes: Any) -> None:
        """Saves that the film was read to its end."""
        self.update(**changes, is_complete=True)

    def _save(self) -> None:
        record = {"schema": SCHEMA, **asdict(self.film)}
        files.replace_file(self._folder / FILM, json.dumps(record).encode())


def _film(record: dict[str, Any]) -> Film:
    known = {field.name for field in fields(Film)}
    values = {name: value for name, value in record.items() if name in known}
    return Film(**{**values, "cuts": tuple(values.get("cuts", ()))})
