"""What the boxes of a HEIF file say of its picture (ISO/IEC 23008-12)."""

from __future__ import annotations

import struct
from collections.abc import Iterator

_TURNING = (b"irot", b"imir")


def turns_in_container(data: bytes) -> bool:
    """Whether the file's own boxes turn or mirror its primary picture.

    Decoders obey those boxes. The four letters may also occur by chance among the compressed
    pixels, so they count only as properties that the primary item is associated with.
    """
    try:
        meta = _child(data, b"meta")[4:]
        primary = _primary_item(_child(meta, b"pitm"))
        properties = _child(meta, b"iprp")
        kinds = [kind for kind, _ in _boxes(_child(properties, b"ipco"))]
        indices = _associated(_child(properties, b"ipma"), primary)
        return any(kinds[index - 1] in _TURNING for index in indices if 0 < index <= len(kinds))
    except (LookupError, struct.error):
        return False


def _boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Kind and body of each box, one after the other."""
    at = 0
    while at + 8 <= len(data):
        size, kind = struct.unpack_from(">I4s", data, at)
        header = 8
        if size == 1:  # a 64-bit size follows
            (size,) = struct.unpack_from(">Q", data, at + 8)
            header = 16
        elif size == 0:  # up to the end of the file
            size = len(data) - at
        if size < header:
            return
        yield kind, data[at + header : at + size]
        at += size


def _child(data: bytes, kind: bytes) -> bytes:
    """The body of the first box of a kind. Raises `LookupError` where there is none."""
    for found, body in _boxes(data):
        if found == kind:
            return body
    raise LookupError(kind)


def _primary_item(body: bytes) -> int:
    return int(struct.unpack_from(">H" if body[0] == 0 else ">I", body, 4)[0])


def _associated(body: bytes, item: int) -> list[int]:
    """The numbers, from 1, of the properties of an item."""
    version, wide = body[0], body[3] & 1
    (entries,) = struct.unpack_from(">I", body, 4)
    at = 8
    for _ in range(entries):
        (number,) = struct.unpack_from(">H" if version < 1 else ">I", body, at)
        at += 2 if version < 1 else 4
        count, at = body[at], at + 1
        step = 2 if wide else 1
        values = struct.unpack_from(f">{count}{'H' if wide else 'B'}", body, at)
        at += count * step
        if number == item:
            essential = 0x8000 if wide else 0x80
            return [value & ~essential for value in values]
    return []
