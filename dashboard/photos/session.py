"""A visitor's analysed pictures: kept in the session's memory, never on disk."""

from __future__ import annotations

import hashlib
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from dashboard.model_picker import Reader
from dashboard.photos.picture import Picture, read
from dashboard.server import uploads
from dashboard.server.visitors import media
from dashboard.text import file_name
from fer import images
from fer.errors import FerError

MOST_PICTURES = 300
MOST_WAITING_BYTES = 512 * 1024**2
MOST_SOURCE_BYTES = 64 * 1024**2
UNDO_SECONDS = 60.0
"""So long removed pictures can be brought back."""

_TOO_MANY = f"{MOST_PICTURES} pictures are the most; remove some first."
_KEY = "_photo_session"


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A file that could not be read, and the sentence that says why."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Removal:
    """Removed pictures, each with the index that it had, and when that was."""

    pictures: tuple[tuple[int, Picture], ...] = field(repr=False)
    time: float = field(default_factory=time.monotonic)


@dataclass(slots=True, eq=False, weakref_slot=True)
class PhotoSession:
    """What is waiting, what was read and what could not be, in the order of arrival.

    `chosen`: the key of the picture that is shown. `removals`: what can be undone, the newest last.
    `decided`: whether pictures are to be analysed again with these settings, where the visitor said
    so.
    `queued` counts the pictures since the queue was last empty; `taken` has the uploads
    and snapshots that came already; `uploads` and `snapshots` count them.
    """

    waiting: deque[tuple[str, bytes]] = field(default_factory=deque, repr=False)
    pictures: list[Picture] = field(default_factory=list)
    unreadable: list[Unreadable] = field(default_factory=list)
    chosen: str | None = None
    removals: list[Removal] = field(default_factory=list)
    decided: dict[Reader, bool] = field(default_factory=dict)
    queued: int = 0
    uploads: int = 0
    snapshots: int = 0
    taken: set[str] = field(default_factory=set)

    @property
    def num_bytes(self) -> int:
        """Of the files that are kept, which count among the uploads that the server holds."""
        removed = [picture for removal in list(self.removals) for _, picture in removal.pictures]
        read = sum(len(picture.source or b"") for picture in [*self.pictures, *removed])
        return read + sum(len(data) for _, data in list(self.waiting))

    def add(self, name: str, data: bytes) -> None:
        """Queues an encoded picture; one too many is refused with a sentence."""
        shown = images.display_name(name)
        if len(self.pictures) + len(self.waiting) >= MOST_PICTURES:
            self._refuse(shown, _TOO_MANY)
        elif sum(len(waiting) for _, waiting in self.waiting) + len(data) > MOST_WAITING_BYTES:
            self._refuse(shown, f"{MOST_WAITING_BYTES // 1024**2} MB at once are the most.")
        else:
            self.queued = self.queued + 1 if self.waiting else 1
            self.waiting.append((shown, data))

    def add_upload(self, upload: UploadedFile) -> None:
        """Queues an uploaded picture, once, and takes it out of the server's hands."""
        if upload.file_id in self.taken:
            return
        self.taken.add(upload.file_id)
        name = file_name(upload.name)
        try:
            uploads.check(upload)
        except FerError as error:
            self.unreadable.append(Unreadable(images.display_name(name), str(error)))
        else:
            self.add(name, upload.getvalue())
        uploads.free([upload])

    def read_waiting(self, reader: Reader) -> Iterator[tuple[str, int, int]]:
        """Reads what is waiting, one picture a step; yields the name of the one that is next, its
        number and how many there are. The first of them is then shown.

        A picture leaves the queue once it is read, so that nothing is lost when a page is left.
        """
        while self.waiting:
            name, data = self.waiting[0]
            yield name, self.queued - len(self.waiting) + 1, self.queued
            try:
                picture = read(name, data, reader)
                self.pictures.append(picture)
                self._bound_sources()
                if len(self.waiting) == self.queued:
                    self.chosen = picture.key
            except FerError as error:
                self.unreadable.append(Unreadable(name, str(error)))
            if self.waiting and self.waiting[0][1] is data:
                self.waiting.popleft()

    def has(self, picture: Picture) -> bool:
        """Whether it is still here: a second click on a button may come after its removal."""
        return any(known.key == picture.key for known in self.pictures)

    def shown(self) -> Picture:
        """The chosen picture, or the first."""
        chosen = (picture for picture in self.pictures if picture.key == self.chosen)
        return next(chosen, self.pictures[0])

    def show_known(self, data: bytes) -> bool:
        """Chooses the picture that came as these bytes; False where there is none."""
        digest = hashlib.sha256(data).digest()
        known = [picture.key for picture in self.pictures if picture.digest == digest]
        self.chosen = known[0] if known else self.chosen
        return bool(known) or any(waiting == data for _, waiting in self.waiting)

    def replace(self, old: Picture, new: Picture) -> None:
        """Puts the new one in the place of the old one, if that is still here."""
        self.pictures[:] = [new if known.key == old.key else known for known in self.pictures]
        if self.chosen == old.key:
            self.chosen = new.key

    def remove(self, picture: Picture) -> None:
        """Removes it, if it is still here; its neighbour is shown."""
        keys = [known.key for known in self.pictures]
        if picture.key not in keys:
            return
        media.forget_removed()
        index = keys.index(picture.key)
        self._removed((index, self.pictures.pop(index)))
        if self.chosen == picture.key:
            rest = self.pictures[index:] or self.pictures[-1:]
            self.chosen = rest[0].key if rest else None

    def clear(self) -> None:
        """Removes every picture."""
        media.forget_removed()
        if self.pictures:
            self._removed(*enumerate(self.pictures))
        self.waiting.clear()
        self.pictures.clear()
        self.unreadable.clear()

    def undo(self) -> None:
        """Brings back what was removed last, each in its place; what was removed before that comes
        back with the next call."""
        removed = self.removals.pop() if self.removals else Removal(())
        for index, picture in removed.pictures:
            if len(self.pictures) >= MOST_PICTURES:
                self._refuse(picture.name, _TOO_MANY)
                continue
            self.pictures.insert(index, picture)
            self.chosen = picture.key
        self._bound_sources()

    def forget_removed(self) -> bool:
        """Lets go of pictures that were removed `UNDO_SECONDS` ago; returns whether there were
        any."""
        since = time.monotonic() - UNDO_SECONDS
        kept = [removal for removal in self.removals if removal.time > since]
        forgot = len(kept) < len(self.removals)
        self.removals = kept
        return forgot

    def decide(self, reader: Reader, again: bool) -> None:
        """Whether pictures are to be analysed again with these settings."""
        self.decided = {reader: again}

    def _removed(self, *pictures: tuple[int, Picture]) -> None:
        """Keeps them to be brought back, and no more than `MOST_PICTURES` with earlier ones."""
        self.removals.append(Removal(pictures))
        while sum(len(removal.pictures) for removal in self.removals) > MOST_PICTURES:
            del self.removals[0]

    def _refuse(self, shown: str, reason: str) -> None:
        self.unreadable.append(Unreadable(shown, f"{shown} was left out: {reason}"))

    def _bound_sources(self) -> None:
        """Lets go of the oldest files beyond `MOST_SOURCE_BYTES`."""
        num_bytes = 0
        for index in reversed(range(len(self.pictures))):
            picture = self.pictures[index]
            num_bytes += len(picture.source or b"")
            if num_bytes > MOST_SOURCE_BYTES and picture.source is not None:
                self.pictures[index] = replace(picture, source=None)


def current_session() -> PhotoSession:
    """The pictures of this browser session."""
    if _KEY not in st.session_state:
        st.session_state[_KEY] = PhotoSession()
        uploads.count(st.session_state[_KEY])
    session: PhotoSession = st.session_state[_KEY]
    return session
