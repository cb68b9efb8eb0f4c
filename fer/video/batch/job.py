"""How each of several films is analysed, here or in a worker process."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import cv2

from fer import engine
from fer.errors import BadFilm
from fer.inference.recognizer import Recognizer
from fer.storage import files
from fer.video import analysis
from fer.video.timeline import Timeline


@dataclass(frozen=True, slots=True)
class FilmItem:
    """A film by the name that it was given, and the folder that its timeline is written into."""

    name: str
    path: Path
    folder: Path


@dataclass(frozen=True, slots=True)
class FilmJob:
    """What is done with every film; names and numbers alone, so that it reaches a process."""

    model: str
    detector: str
    prior: str | None
    frames_per_second: float | None

    def recognizer(self) -> Recognizer:
        """Raises `FerError` for names and shares that cannot be used."""
        return Recognizer(self.model, self.detector, prior=self.prior)

    def worker(self) -> partial[str | None]:
        """`analyse` with a recognizer of its own, for a process that is one of several: it uses
        one thread, so that they do not take the cores from each other."""
        cv2.setNumThreads(1)
        engine.use_threads(1)
        return partial(self.analyse, self.recognizer())

    def analyse(
        self,
        recognizer: Recognizer,
        item: FilmItem,
        on_progress: analysis.OnProgress = lambda progress: None,
    ) -> str | None:
        """Writes a film's timeline; why it cannot be read or written, None if it could."""
        try:
            item.folder.mkdir(parents=True, exist_ok=True)
            rate = self.frames_per_second
            analysis.analyze(item.path, item.folder, recognizer, rate, on_progress, item.name)
        except BadFilm as error:
            return str(error)
        except OSError as error:
            return f"the timeline cannot be written: {files.reason_of(error)}."
        return None

    def is_done(self, recognizer: Recognizer, item: FilmItem) -> bool:
        """Whether the folder has the timeline that `analyse` would write, to its end."""
        try:
            film = Timeline.read(item.folder).film
        except BadFilm:
            return False
        names = (item.name, self.model, self.detector, recognizer.model.prior.name)
        made = (film.file, film.model, film.detector, film.prior)
        is_same = made == names and film.frames_per_second == self.frames_per_second
        return film.is_complete and is_same


def items(names: Sequence[str], folder: Path) -> list[FilmItem]:
    """The films of a command: that of one film is `folder` itself, those of several have folders
    in it that are called after their names, whatever else is given and in whatever order."""
    if len(names) == 1:
        return [FilmItem(names[0], Path(names[0]), folder)]
    made, seen = [], Counter[str]()
    for name in names:
        seen[name] += 1
        digest = hashlib.sha256(f"{name}\n{seen[name]}".encode("utf-8", "surrogateescape"))
        own = f"{Path(name).stem[:60]}-{digest.hexdigest()[:8]}"
        made.append(FilmItem(name, Path(name), folder / own))
    return made
