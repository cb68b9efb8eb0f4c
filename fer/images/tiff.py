"""Which page of a TIFF is its picture; a camera's raw file, which is a TIFF outside, has none."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import PIL.Image
from PIL.TiffImagePlugin import ImageFileDirectory_v2, TiffImageFile

_SUBFILE_TYPE, _WIDTH, _HEIGHT, _PHOTOMETRIC, _SUB_IFDS, _DNG_VERSION = (
    *(254, 256, 257, 262),
    *(330, 50706),
)
_REDUCED = 1
_SENSOR_PIXELS = (32803, 34892)  # colour filter array, linear raw
_CR2 = b"CR\x02"
_MOST_PAGES = 64


def is_raw(picture: PIL.Image.Image, data: bytes) -> bool:
    """Whether the file holds a camera's sensor pixels, or a larger picture than Pillow can see:
    what would be read is then a small preview."""
    if not isinstance(picture, TiffImageFile):
        return False
    tags: Any = picture.tag_v2
    if data[8:11] == _CR2 or _DNG_VERSION in tags or tags.get(_PHOTOMETRIC) in _SENSOR_PIXELS:
        return True
    width, height = picture.size
    return any(
        sub.get(_PHOTOMETRIC) in _SENSOR_PIXELS
        or int(sub.get(_WIDTH, 0)) * int(sub.get(_HEIGHT, 0)) > 2 * width * height
        for sub in _sub_directories(tags, data)
    )


def seek_picture(picture: PIL.Image.Image) -> bool:
    """Goes to the first page that is not marked as a reduced copy of another; False if all are."""
    if not isinstance(picture, TiffImageFile):
        return True
    for page in range(_MOST_PAGES):
        try:
            picture.seek(page)
        except EOFError:
            return False
        if not int(picture.tag_v2.get(_SUBFILE_TYPE, 0)) & _REDUCED:
            return True
    return False


def _sub_directories(tags: Any, data: bytes) -> Iterator[Any]:
    offsets = tags.get(_SUB_IFDS, ())
    offsets = offsets if isinstance(offsets, tuple) else (offsets,)
    for offset in offsets[:_MOST_PAGES]:
        if isinstance(offset, int) and 0 < offset < len(data):
            yield _directory(data, offset)


def _directory(data: bytes, offset: int) -> Any:
    directory: Any = ImageFileDirectory_v2(data[:8])
    stream = io.BytesIO(data)
    stream.seek(offset)
    directory.load(stream)
    return directory
