"""The films of one browser tab. They lie in private folders of the server, are listed for nobody
else, and are deleted by a button or some minutes after the tab was closed or reloaded."""

from __future__ import annotations

import shutil
import weakref
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from dashboard.personal import model as personal
from dashboard.server import tasks, workspaces
from dashboard.server.visitors import identity
from dashboard.server.visitors.places import Places
from dashboard.video import example
from dashboard.video.film import StoredFilm
from fer.errors import BadFilm, FerError
from fer.images import display_name
from fer.runs import uploads
from fer.storage import files
from fer.video import opening
from fer.video.timeline import FILM

MOST_FILMS = 4
AT_WORK = Places(3, 2, "films are being analysed")
_KEY = "_video_session"

_films: weakref.WeakSet[StoredFilm] = weakref.WeakSet()
"""Every visitor's, for counting those at work alone."""


@dataclass(frozen=True, slots=True)
class Request:
    """What to analyse, and how; without a film it is the example."""

    film: UploadedFile | None
    model: str
    detector: str
    prior: str
    frames_per_second: float | None = None

    @property
    def name(self) -> str:
        return example.NAME if self.film is None else display_name(self.film.name)

    def for_example(self) -> Request:
        """The same for the built-in example."""
        return replace(self, film=None)

    def write(self, folder: Path) -> Path:
        """The film as a file in the folder. Raises `OSError`."""
        path = folder / uploads.safe_name(self.name, opening.ENDINGS)
        if self.film is None:
            example.write(path)
            return path
        with path.open("wb") as target:
            self.film.seek(0)
            shutil.copyfileobj(self.film, target)
        return path

    def arguments(self, path: Path, model: str) -> list[str]:
        """Those of the command, for a model by the name that it has there."""
        given = ["video", str(path), "--model", model, "--detector", self.detector]
        given += ["--prior", self.prior]
        rate = self.frames_per_second
        return given if rate is None else [*given, "--fps", f"{rate:g}"]


@dataclass(slots=True)
class Session:
    films: list[StoredFilm] = field(default_factory=list)
    started: int = 0

    def start(self, request: Request) -> StoredFilm:
        """Stores the film and starts its analysis. Raises `FerError`.

        Once it has looked who asks, it calls nothing of Streamlit, which might begin the page anew.
        """
        visitor, own = identity.current(), personal.named(request.model)
        if len(self.films) >= MOST_FILMS:
            raise FerError(f"{MOST_FILMS} films are kept for you. Remove one first.")
        AT_WORK.check(visitor, [film.visitor for film in _films if not film.task.is_done])
        folder = workspaces.new("film")
        try:
            inside = Path(folder.name, "film")
            inside.mkdir()
            path = request.write(inside)
            models = None if own is None else own.write(Path(folder.name, "models"))
            model = request.model if own is None else personal.FOLDER
            task = tasks.start(request.arguments(path, model), FILM, folder, models)
        except OSError as error:
            folder.cleanup()
            reason = files.reason_of(error)
            raise FerError(f"{request.name} cannot be stored: {reason}.") from None
        except FerError:
            folder.cleanup()
            raise
        self.started += 1
        film = StoredFilm(self.started, request.name, path, task, visitor)
        self.films.insert(0, film)
        _films.add(film)
        return film

    def finished(self, without: StoredFilm) -> list[StoredFilm]:
        """The other films that have a timeline."""
        found = []
        for film in self.films:
            with suppress(BadFilm):
                if film is not without and film.task.is_done and film.timeline():
                    found.append(film)
        return found

    def remove(self, film: StoredFilm) -> None:
        """A button's callback: deletes a film and all that was made of it."""
        self.films = [other for other in self.films if other is not film]
        film.remove()


def current_session() -> Session:
    """The films of this browser tab."""
    found: Session = st.session_state.setdefault(_KEY, Session())
    return found
