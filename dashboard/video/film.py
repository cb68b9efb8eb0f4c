"""One film of a visitor: its file, its analysis, and what the visitor says of its people."""

from __future__ import annotations

import json
from collections import OrderedDict
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from dashboard.server import tasks, workspaces
from dashboard.server.tasks import Task
from fer.errors import BadFilm, FerError
from fer.geometry import Image
from fer.storage import files
from fer.video import reading
from fer.video.timeline import Timeline
from fer.video.values import Moment, PeopleEdits
from fer.visualization import annotate

FRAME_SIDE = 640
"""Frames are shown at this size at the most."""
_MOST_FRAMES = 24
_PEOPLE, _ANNOTATED = "people.json", "annotated.mp4"


@dataclass(frozen=True, slots=True, eq=False)
class Drawing:
    """The command that draws the annotated film, with what was said of the people then."""

    task: Task
    edits: PeopleEdits

    @property
    def target(self) -> Path:
        return self.task.results / _ANNOTATED


@dataclass(slots=True, eq=False, weakref_slot=True)
class StoredFilm:
    """A film in a private folder, which goes with the last reference to it.

    `number` tells the films of a session apart. `moment`: the time that is looked at, in seconds.
    `edits`: what the visitor says of the people, and `begun` what they were when the table of
    people was shown anew. `drawing`: the command that annotates the film.
    """

    number: int
    name: str
    path: Path
    task: Task
    visitor: str
    edits: PeopleEdits = field(default_factory=PeopleEdits)
    begun: PeopleEdits = field(default_factory=PeopleEdits)
    moment: float = 0.0
    drawing: Drawing | None = None
    thumbnails: dict[int, str] = field(default_factory=dict)
    _timeline: Timeline | None = None
    _frames: OrderedDict[float, Image] = field(default_factory=OrderedDict)

    @property
    def title(self) -> str:
        return f"{self.number}. {self.name}"

    @property
    def key(self) -> str:
        """For the widgets that belong to this film."""
        return f"video-{self.number}"

    def timeline(self) -> Timeline:
        """What the analysis found by its end, with the visitor's edits. Raises `BadFilm` for
        nothing."""
        if self._timeline is None:
            found = Timeline.read(self.task.results)
            if not found.film.analysed:
                raise BadFilm(found.film.error or f"{self.name} has no frame that was analysed.")
            self._timeline = Timeline(replace(found.film, file=self.name), found.columns)
        if self._timeline.edits != self.edits:
            self._timeline = self._timeline.edited(self.edits)
        return self._timeline

    def frame(self, time: float) -> Image:
        """The upright frame at a time, RGB; the last few are kept. Raises `FerError`."""
        if time not in self._frames:
            self._frames[time] = reading.frame_at(self.path, time).image(FRAME_SIDE)
            while len(self._frames) > _MOST_FRAMES:
                self._frames.popitem(last=False)
        self._frames.move_to_end(time)
        return self._frames[time]

    def annotated(self, moment: Moment) -> Image:
        """The frame of a moment with its faces framed and labelled. Raises `FerError`."""
        frame = self.frame(moment.time)
        film = self.timeline().film
        height, width = frame.shape[:2]
        result = moment.result(film.width, film.height).scaled(width, height)
        return annotate.draw(frame, result, numbered=True)

    def draw(self, pixelate: bool) -> None:
        """Starts drawing the annotated film. Raises `FerError`."""
        self.discard_drawing()
        folder = workspaces.new("drawing")
        try:
            people, results = Path(folder.name, _PEOPLE), Path(folder.name, tasks.RESULTS)
            people.write_text(json.dumps(_record(self.edits)), "utf-8")
            results.mkdir()
            arguments = ["video", str(self.path), "--from", str(self.task.results)]
            arguments += ["--people", str(people), "--annotate", str(results / _ANNOTATED)]
            arguments += ["--pixelate"] if pixelate else []
            self.drawing = Drawing(tasks.start(arguments, _ANNOTATED, folder), self.edits)
        except OSError as error:
            folder.cleanup()
            reason = files.reason_of(error)
            raise FerError(f"the annotated film cannot be made: {reason}.") from None

    def discard_drawing(self) -> None:
        """Ends the drawing and deletes what it made."""
        drawing, self.drawing = self.drawing, None
        if drawing is not None:
            drawing.task.remove()

    def remove(self) -> None:
        """Ends its processes and deletes the film and all that was made of it."""
        self.discard_drawing()
        self.task.remove()


def _record(edits: PeopleEdits) -> dict[str, Any]:
    """What `--people` takes."""
    return {
        "names": {str(number): name for number, name in edits.names.items()},
        "merged": {str(number): other for number, other in edits.merged.items()},
        "left_out": sorted(edits.left_out),
    }
