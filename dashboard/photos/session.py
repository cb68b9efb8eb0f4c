"""A visitor's analysed pictures: kept in the session's memory, never on disk."""

from __future__ import annotations

import io
import secrets
import threading
import time
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import PIL.Image
import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from dashboard.model_picker import Reader
from dashboard.server import uploads
from dashboard.server.visitors import media
from dashboard.text import file_name
from fer import images
from fer.errors import FerError
from fer.geometry import Image
from fer.inference import detection, records
from fer.results import FrameResult

MOST_PICTURES = 300
MOST_WAITING_BYTES = 512 * 1024**2
MOST_SOURCE_BYTES = 64 * 1024**2
MOST_READ_AT_ONCE = 2 * detection.POOL_SIZE
"""Pictures that are read at a time in this server: decoded, each may take 150 MB. Half of them have
a detector, the others are decoded or wait for one."""

_PREVIEW_SIDE = 1600
_KEY = "_photo_session"
_turns = threading.BoundedSemaphore(MOST_READ_AT_ONCE)


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """A picture that was read. `preview` and `crops` are JPEG bytes; `result` is in the pixels of
    the picture as it came, turned clockwise by `turns` quarters. `source` is the file as it came,
    for reading it again, until newer pictures need its place; then the preview stands in. `read_by`
    names the model, the detector and the prior. `drawn` keeps the annotated preview as a JPEG, for
    one style at a time.

    Nothing that shows a face is in its `repr`, which may reach a log."""

    name: str
    preview: bytes = field(repr=False)
    result: FrameResult = field(repr=False)
    crops: tuple[bytes, ...] = field(repr=False)
    reader: Reader
    read_by: Mapping[str, Any]
    source: bytes | None = field(repr=False)
    turns: int = 0
    key: str = field(default_factory=lambda: secrets.token_hex(8))
    drawn: dict[str, bytes] = field(default_factory=dict, repr=False)

    def image(self) -> Image:
        """The preview as RGB (H, W, 3), at most 1600 pixels long."""
        return images.decode(self.preview, self.name)

    def record(self) -> dict[str, object]:
        return records.photo_record(self.name, self.result, **self.read_by)


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A file that could not be read, and the sentence that says why."""

    name: str
    reason: str


@dataclass(slots=True)
class PhotoSession:
    """What is waiting, what was read and what could not be; newest pictures first.

    `queued` counts the pictures since the queue was last empty; `uploads` and `snapshots` tell
    new uploads and snapshots from those taken already; with each `turn` the first pictures are
    shown again.
    """

    waiting: deque[tuple[str, bytes]] = field(default_factory=deque, repr=False)
    pictures: list[Picture] = field(default_factory=list)
    unreadable: list[Unreadable] = field(default_factory=list)
    queued: int = 0
    uploads: int = 0
    snapshots: set[str] = field(default_factory=set)
    turn: int = 0

    def add(self, name: str, data: bytes) -> None:
        """Queues an encoded picture; one too many is refused with a sentence."""
        shown = images.display_name(name)
        self.turn += 1
        if len(self.pictures) + len(self.waiting) >= MOST_PICTURES:
            self._refuse(shown, f"{MOST_PICTURES} pictures are the most; remove some first.")
        elif sum(len(waiting) for _, waiting in self.waiting) + len(data) > MOST_WAITING_BYTES:
            self._refuse(shown, f"{MOST_WAITING_BYTES // 1024**2} MB at once are the most.")
        else:
            self.queued = self.queued + 1 if self.waiting else 1
            self.waiting.append((shown, data))

    def add_upload(self, upload: UploadedFile) -> None:
        """Queues an uploaded picture and takes it out of the server's hands."""
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
        number and how many there are.

        A picture leaves the queue once it is read, so that nothing is lost when a page is left.
        """
        while self.waiting:
            name, data = self.waiting[0]
            yield name, self.queued - len(self.waiting) + 1, self.queued
            try:
                self.pictures.insert(0, read(name, data, reader))
                self._bound_sources()
            except FerError as error:
                self.unreadable.append(Unreadable(name, str(error)))
            if self.waiting and self.waiting[0][1] is data:
                self.waiting.popleft()

    def has(self, picture: Picture) -> bool:
        """Whether it is still here: a second click on a button may come after its removal."""
        return any(known.key == picture.key for known in self.pictures)

    def replace(self, old: Picture, new: Picture) -> None:
        """Puts the new one in the place of the old one, if that is still here."""
        self.pictures[:] = [new if known.key == old.key else known for known in self.pictures]

    def remove(self, picture: Picture) -> None:
        """Removes it, if it is still here."""
        media.forget_removed()
        self.pictures[:] = [known for known in self.pictures if known.key != picture.key]

    def clear(self) -> None:
        media.forget_removed()
        self.waiting.clear()
        self.pictures.clear()
        self.unreadable.clear()

    def _refuse(self, shown: str, reason: str) -> None:
        self.unreadable.append(Unreadable(shown, f"{shown} was left out: {reason}"))

    def _bound_sources(self) -> None:
        """Lets go of the oldest files beyond `MOST_SOURCE_BYTES`."""
        num_bytes = 0
        for index, picture in enumerate(self.pictures):
            num_bytes += len(picture.source or b"")
            if num_bytes > MOST_SOURCE_BYTES and picture.source is not None:
                self.pictures[index] = replace(picture, source=None)


def current_session() -> PhotoSession:
    """The pictures of this browser session."""
    if _KEY not in st.session_state:
        st.session_state[_KEY] = PhotoSession()
    session: PhotoSession = st.session_state[_KEY]
    return session


def read(name: str, data: bytes, reader: Reader, turns: int = 0) -> Picture:
    """Reads an encoded picture, turned clockwise by so many quarters, and keeps what its page
    shows of it; waits while `MOST_READ_AT_ONCE` others are read. Raises `FerError`."""
    with _turns:
        return _read(name, data, reader, turns)


def _read(name: str, data: bytes, reader: Reader, turns: int) -> Picture:
    started = time.perf_counter()
    photo = images.decode_photo(data, name)
    image = images.turned(photo.image, turns)
    decoded = time.perf_counter() - started
    recognizer = reader.recognizer()
    result = recognizer.analyze(image, whole_picture=reader.whole_picture)
    crops = tuple(jpeg(face.crop) for face in result.faces if face.crop is not None)
    result = replace(result, faces=tuple(replace(face, crop=None) for face in result.faces))
    preview, _ = images.bounded(image, _PREVIEW_SIDE)
    read_by = recognizer.names(reader.whole_picture)
    width, height = photo.width, photo.height
    if turns % 2:
        width, height = height, width
    result = result.scaled(width, height).with_seconds(decode=decoded)
    return Picture(name, jpeg(preview), result, crops, reader, read_by, data, turns)


def read_again(picture: Picture, reader: Reader, turns: int = 0) -> Picture:
    """The same picture, turned clockwise by further quarters, read anew: from its source, or from
    its preview where the source is gone. Raises `FerError`."""
    if picture.source is not None:
        return read(picture.name, picture.source, reader, (picture.turns + turns) % 4)
    width, height = picture.result.width, picture.result.height
    if turns % 2:
        width, height = height, width
    again = read(picture.name, picture.preview, reader, turns)
    return replace(again, result=again.result.scaled(width, height), source=None, turns=0)


def jpeg(image: Image) -> bytes:
    """An RGB picture (H, W, 3) as the bytes of a JPEG file."""
    buffer = io.BytesIO()
    PIL.Image.fromarray(image).save(buffer, "JPEG", quality=90)
    return buffer.getvalue()
