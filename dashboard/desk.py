"""The pictures that a visitor has had read: kept in the session's memory, never on disk."""

from __future__ import annotations

import io
import secrets
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import PIL.Image
import streamlit as st

from dashboard.answering import Reader
from fer import images
from fer.errors import FerError
from fer.inference import cropping, records
from fer.values import FrameResult, Image

MOST_PICTURES = 500
_PREVIEW_SIDE = 1600
_CROP_SIDE = 192
_KEY = "_photo_desk"


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """A picture that was read. `preview` and `crops` are JPEG bytes; `result` is in the pixels of
    the picture as it came (turned, if it was turned)."""

    name: str
    preview: bytes
    result: FrameResult
    crops: tuple[bytes, ...]
    reader: Reader
    key: str = field(default_factory=lambda: secrets.token_hex(8))

    def image(self) -> Image:
        """The preview as RGB (H, W, 3), at most 1600 pixels long."""
        return images.decode(self.preview, self.name)

    def record(self) -> dict[str, object]:
        return records.photo_record(self.name, self.result)


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A file that could not be read, and the sentence that says why."""

    name: str
    reason: str


@dataclass(slots=True)
class Desk:
    """What is waiting, what was read and what could not be; newest pictures first."""

    waiting: deque[tuple[str, bytes]] = field(default_factory=deque)
    pictures: list[Picture] = field(default_factory=list)
    unreadable: list[Unreadable] = field(default_factory=list)
    uploads: int = 0
    snapshots: set[str] = field(default_factory=set)

    def add(self, name: str, data: bytes) -> None:
        """Queues an encoded picture; one too many is refused with a sentence."""
        shown = images.display_name(name)
        if len(self.pictures) + len(self.waiting) >= MOST_PICTURES:
            self.unreadable.append(
                Unreadable(shown, f"{shown} was left out: {MOST_PICTURES} pictures are the limit.")
            )
        else:
            self.waiting.append((shown, data))

    def read_waiting(self, reader: Reader) -> Iterator[str]:
        """Reads what is waiting, one picture a step; yields the name of the one that is next.

        A picture leaves the queue once it is read, so that nothing is lost when a page is left.
        """
        while self.waiting:
            name, data = self.waiting[0]
            yield name
            try:
                self.pictures.insert(0, read(name, images.decode(data, name), reader))
            except FerError as error:
                self.unreadable.append(Unreadable(name, str(error)))
            if self.waiting and self.waiting[0][1] is data:
                self.waiting.popleft()

    def replace(self, old: Picture, new: Picture) -> None:
        self.pictures[self.pictures.index(old)] = new

    def clear(self) -> None:
        self.waiting.clear()
        self.pictures.clear()
        self.unreadable.clear()


def mine() -> Desk:
    """The desk of this browser session."""
    if _KEY not in st.session_state:
        st.session_state[_KEY] = Desk()
    desk: Desk = st.session_state[_KEY]
    return desk


def read(name: str, image: Image, reader: Reader) -> Picture:
    """Reads a picture and keeps what its page shows of it. Raises `FerError`."""
    result = reader.analyze(image)
    crops = tuple(
        _jpeg(images.bounded(cropping.face_crop(image, one.face, margin=0.1), _CROP_SIDE)[0])
        for one in result.faces
    )
    preview, _ = images.bounded(image, _PREVIEW_SIDE)
    return Picture(name, _jpeg(preview), result, crops, reader)


def read_again(picture: Picture, reader: Reader, quarter_turns: int = 0) -> Picture:
    """The same picture, perhaps turned clockwise, read anew from its preview. Raises `FerError`."""
    width, height = picture.result.width, picture.result.height
    if quarter_turns % 2:
        width, height = height, width
    again = read(picture.name, images.turned(picture.image(), quarter_turns), reader)
    return replace(again, result=again.result.scaled(width, height))


def _jpeg(image: Image) -> bytes:
    buffer = io.BytesIO()
    PIL.Image.fromarray(image).save(buffer, "JPEG", quality=92)
    return buffer.getvalue()
