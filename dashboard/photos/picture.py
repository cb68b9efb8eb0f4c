"""A picture that was analysed, with what its page shows of it."""

from __future__ import annotations

import hashlib
import io
import secrets
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import PIL.Image

from dashboard.model_picker import Reader
from dashboard.server.visitors import rates
from fer import images
from fer.geometry import Image
from fer.inference import detection, records
from fer.results import FrameResult

MOST_READ_AT_ONCE = 2 * detection.POOL_SIZE
"""Pictures that are read at a time in this server: decoded, each may take 150 MB. Half of them have
a detector, the others are decoded or wait for one."""

_PREVIEW_SIDE, _THUMBNAIL_SIDE = 1600, 144
_turns = threading.BoundedSemaphore(MOST_READ_AT_ONCE)


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """A picture that was read. `preview`, `thumbnail` and `crops` are JPEG bytes; `result` is in
    the pixels of the picture as it came, turned clockwise by `turns` quarters. `source` is the file
    as it came, whose hash is `digest`, for reading it again, until newer pictures need its place;
    then the preview stands in. `read_by` names the model, the detector and the prior. `is_cropped`:
    the visitor said that it is a face already. `drawn` keeps the annotated preview as a JPEG, for
    one style at a time.

    Nothing that shows a face is in its `repr`, which may reach a log."""

    name: str
    preview: bytes = field(repr=False)
    thumbnail: bytes = field(repr=False)
    result: FrameResult = field(repr=False)
    crops: tuple[bytes, ...] = field(repr=False)
    reader: Reader
    read_by: Mapping[str, Any]
    source: bytes | None = field(repr=False)
    digest: bytes = field(repr=False)
    turns: int = 0
    is_cropped: bool = False
    key: str = field(default_factory=lambda: secrets.token_hex(8))
    drawn: dict[str, bytes] = field(default_factory=dict, repr=False)

    def image(self) -> Image:
        """The preview as RGB (H, W, 3), at most 1600 pixels long."""
        return images.decode(self.preview, self.name)

    def record(self) -> dict[str, object]:
        return records.photo_record(self.name, self.result, **self.read_by)


def read(name: str, data: bytes, reader: Reader, turns: int = 0) -> Picture:
    """Reads an encoded picture, turned clockwise by so many quarters, and keeps what its page
    shows of it; waits while `MOST_READ_AT_ONCE` others are read. Raises `FerError`, also where the
    visitor has had too many."""
    rates.ANALYSES.take()
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
    thumbnail, _ = images.bounded(preview, _THUMBNAIL_SIDE)
    read_by = recognizer.names(reader.whole_picture)
    width, height = photo.width, photo.height
    if turns % 2:
        width, height = height, width
    result = result.scaled(width, height).with_seconds(decode=decoded)
    return Picture(
        name,
        jpeg(preview),
        jpeg(thumbnail),
        result,
        crops,
        reader,
        read_by,
        data,
        hashlib.sha256(data).digest(),
        turns,
    )


def read_again(picture: Picture, reader: Reader, turns: int = 0) -> Picture:
    """The same picture, turned clockwise by further quarters, read anew: from its source, or from
    its preview where the source is gone. Raises `FerError`."""
    if picture.source is not None:
        again = read(picture.name, picture.source, reader, (picture.turns + turns) % 4)
        return replace(again, is_cropped=picture.is_cropped)
    width, height = picture.result.width, picture.result.height
    if turns % 2:
        width, height = height, width
    again = read(picture.name, picture.preview, reader, turns)
    return replace(
        again,
        result=again.result.scaled(width, height),
        source=None,
        digest=picture.digest,
        turns=0,
        is_cropped=picture.is_cropped,
    )


def jpeg(image: Image) -> bytes:
    """An RGB picture (H, W, 3) as the bytes of a JPEG file."""
    buffer = io.BytesIO()
    PIL.Image.fromarray(image).save(buffer, "JPEG", quality=90)
    return buffer.getvalue()
