"""Captures as a zip that its owner keeps: `captures.json` and a PNG a face."""

from __future__ import annotations

import io
import json
import struct
import zipfile
from pathlib import Path
from typing import Annotated

from msgspec import Meta, Struct

from fer import images
from fer.data.archives import Tree
from fer.errors import BadCaptures, BadImage
from fer.figures import checked
from fer.geometry import Image
from fer.storage import files
from fer.teaching import zips
from fer.teaching.captures import (
    LARGEST_SIDE,
    MOST_FACES,
    CapturedFace,
    Captures,
    Take,
    too_many_faces,
)

SCHEMA = 1
INDEX = "captures.json"
MOST_ZIP_BYTES = 256 * 1024**2
_MOST_FACE_BYTES = 4 * 1024**2
_LARGEST_PICTURE = 1024
_PNG_HEAD = struct.Struct(">8x8xII")
_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"

_Number = Annotated[int, Meta(ge=1, le=10**6)]
_Seconds = Annotated[float, Meta(ge=0, le=1e6)]


class _Take(Struct, frozen=True):
    take: _Number
    emotion: str
    seconds: _Seconds


class _Face(Struct, frozen=True):
    file: str
    emotion: str
    take: _Number
    time: _Seconds


class _Index(Struct, frozen=True):
    takes: list[_Take]
    faces: list[_Face]
    schema: Annotated[int, Meta(ge=1)] = SCHEMA


def to_zip(captures: Captures) -> bytes:
    """The bytes of a zip that `from_zip` reads."""
    names = [
        f"faces/take-{face.take:03d}-{index:04d}.png" for index, face in enumerate(captures.faces)
    ]
    record = {
        "schema": SCHEMA,
        "takes": [
            {"take": take.take, "emotion": take.emotion, "seconds": take.seconds}
            for take in captures.takes
        ],
        "faces": [
            {"file": name, "emotion": face.emotion, "take": face.take, "time": face.time}
            for name, face in zip(names, captures.faces, strict=True)
        ],
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:  # PNGs are packed already
        archive.writestr(INDEX, json.dumps(record, indent=1))
        for name, face in zip(names, captures.faces, strict=True):
            archive.writestr(name, images.encode_png(face.crop))
    return buffer.getvalue()


def from_zip(source: Path | bytes, name: str = "captures.zip") -> Captures:
    """The captures in a zip, which is never unpacked to disk.

    Raises `BadCaptures` for a file that is broken, from elsewhere, or too large.
    """
    with zips.opened(source, name, MOST_ZIP_BYTES, BadCaptures) as tree:
        return _captures(tree, tree.name)


def _captures(tree: Tree, shown: str) -> Captures:
    index = _index(tree, shown)
    if len(index.faces) > MOST_FACES:
        raise BadCaptures(too_many_faces(len(index.faces)))
    try:
        takes = tuple(Take(take.take, take.emotion, take.seconds) for take in index.takes)
        faces = tuple(
            CapturedFace(_crop(tree, face.file, shown), face.emotion, face.take, face.time)
            for face in index.faces
        )
        return Captures(takes, faces)
    except ValueError as error:
        raise BadCaptures(f"{INDEX} in {shown} cannot be used: {error}.") from None


def _index(tree: Tree, shown: str) -> _Index:
    if INDEX not in tree.sizes:
        raise BadCaptures(
            f"{shown} holds no {INDEX}, so it is no export of captures. Choose a zip that "
            "was downloaded from Teach."
        )
    try:
        values = files.parse_json(zips.read(tree, INDEX, files.MOST_JSON_BYTES, BadCaptures))
        index = checked(_Index, values, INDEX)
    except ValueError as error:
        raise BadCaptures(f"{INDEX} in {shown} cannot be used: {error}.") from None
    if index.schema > SCHEMA:
        raise BadCaptures(
            f"{shown} was exported by a newer version (schema {index.schema}). Update this program."
        )
    return index


def _crop(tree: Tree, file: str, shown: str) -> Image:
    """A face of the zip; its header is looked at before anything is decoded."""
    face = images.display_name(file)
    if file not in tree.sizes:
        raise BadCaptures(f"{shown} lacks the face {face} that its {INDEX} names.")
    data = zips.read(tree, file, _MOST_FACE_BYTES, BadCaptures)
    if not data.startswith(_PNG_SIGNATURE) or len(data) < _PNG_HEAD.size:
        raise BadCaptures(f"the face {face} in {shown} is no PNG.")
    if max(_PNG_HEAD.unpack_from(data)) > _LARGEST_PICTURE:
        raise BadCaptures(
            f"the face {face} in {shown} has more than {_LARGEST_PICTURE} pixels a side; captured "
            f"faces have at most {LARGEST_SIDE}."
        )
    try:
        return images.bounded(images.decode(data, file), LARGEST_SIDE)[0]
    except BadImage as error:
        raise BadCaptures(f"a face in {shown} cannot be read: {error}") from None
