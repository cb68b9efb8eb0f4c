"""Paths, bytes, open files, PIL images and arrays as RGB pictures."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import IO, Any, TypeAlias

import cv2
import numpy as np
import PIL.Image
import PIL.ImageOps
from numpy.typing import NDArray

from fer.errors import BadImage
from fer.geometry import Image
from fer.images import decoding
from fer.images.decoding import Photo
from fer.images.pixels import to_rgb

ImageSource: TypeAlias = (
    str | os.PathLike[str] | bytes | bytearray | memoryview | IO[bytes] | PIL.Image.Image
) | NDArray[Any]
"""A path, the bytes of a picture file, an open file, a PIL image or an array."""

_DATA_URI = re.compile(r"data:[\w.+/-]*[;,]", re.IGNORECASE)
_WEB_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]+:/{1,2}[^/]", re.IGNORECASE)  # "C:/" is a drive
_ACCEPTED = "a path, the bytes of a picture file, an open file, a PIL image or a NumPy array"


def as_image(source: ImageSource, *, bgr: bool = False) -> Image:
    """Any source as RGB uint8 (H, W, 3), upright.

    Arrays are grey (H, W) or (H, W, 1), RGB (H, W, 3) or RGBA (H, W, 4), of uint8, or of floats
    between 0 and 1. With `bgr` their channels are in OpenCV's order. In a path, `~` is the home
    folder. Raises `BadImage` for anything else, with a sentence that says what it got.

    >>> import numpy as np
    >>> as_image(np.zeros((48, 48))).shape
    (48, 48, 3)
    """
    return as_photo(source, bgr=bgr).image


def as_photo(source: ImageSource, *, bgr: bool = False) -> Photo:
    """`as_image`, with the size that the picture has in its file."""
    if isinstance(source, bytes | bytearray | memoryview):
        return decoding.decode_photo(bytes(source))
    if isinstance(source, str | os.PathLike):
        return _from_path(os.fspath(source))
    if isinstance(source, np.ndarray):
        return _whole(from_array(source, bgr=bgr))
    if isinstance(source, PIL.Image.Image):
        return _whole(_from_pil(source))
    if callable(getattr(source, "read", None)):
        return _from_file(source)
    raise BadImage(_not_a_source(source))


def from_array(array: NDArray[Any], *, bgr: bool = False) -> Image:
    """A grey, RGB or RGBA array as RGB uint8 (H, W, 3). Raises `BadImage`."""
    channels = 1 if array.ndim == 2 else array.shape[-1]
    if array.ndim not in (2, 3) or channels not in (1, 3, 4) or 0 in array.shape:
        raise BadImage(_wrong_shape(array))
    height, width = array.shape[:2]
    if height * width > decoding.MAX_PIXELS:
        raise BadImage(decoding.too_many_pixels("the array", width, height))
    pixels = _eight_bit(array)
    if channels == 1:
        return np.repeat(pixels.reshape(height, width, 1), 3, axis=2)
    if bgr:
        order = cv2.COLOR_BGRA2RGBA if channels == 4 else cv2.COLOR_BGR2RGB
        pixels = np.asarray(cv2.cvtColor(np.ascontiguousarray(pixels), order), np.uint8)
    if channels == 4:
        return to_rgb(PIL.Image.fromarray(pixels), "the array")
    return np.ascontiguousarray(pixels)


def _from_path(path: str | bytes) -> Photo:
    text = os.fsdecode(path)
    if not text:
        raise BadImage("an empty path names no picture.")
    if _DATA_URI.match(text):
        raise BadImage(
            "a data URI was given. Decode the part behind its comma with base64.b64decode and "
            "pass the bytes."
        )
    if text.lower().startswith("file:/"):
        raise BadImage("a file:// address was given. Pass the path itself, without file://.")
    if _WEB_ADDRESS.match(text):
        raise BadImage(
            "a web address was given, and nothing is fetched from the network. Download the "
            "picture and pass its path or its bytes."
        )
    try:
        return decoding.read_photo(Path(text).expanduser())
    except RuntimeError:  # a home folder that cannot be found
        return decoding.read_photo(text)


def _from_file(file: Any) -> Photo:
    """The whole file, wherever its position is: just written buffers stand at their end."""
    name = getattr(file, "name", None)
    name = name if isinstance(name, str) and name else "picture"
    try:
        if file.seekable():
            file.seek(0)
        data = file.read(decoding.MAX_BYTES + 1)
    except (OSError, ValueError, AttributeError, TypeError) as error:
        raise BadImage(f"the file cannot be read: {error}. Pass {_ACCEPTED}.") from None
    if not isinstance(data, bytes | bytearray):
        raise BadImage('a file opened as text was given. Open it with mode "rb".')
    return decoding.decode_photo(bytes(data), name)


def _from_pil(picture: PIL.Image.Image) -> Image:
    width, height = picture.size
    if not width or not height:
        raise BadImage(f"a PIL image of {width}×{height} pixels holds no picture.")
    if width * height > decoding.MAX_PIXELS:
        raise BadImage(decoding.too_many_pixels("the PIL image", width, height))
    with decoding.readable_errors("the PIL image"):
        return to_rgb(PIL.ImageOps.exif_transpose(picture), "the PIL image")


def _eight_bit(array: NDArray[Any]) -> NDArray[np.uint8]:
    if array.dtype == np.uint8:
        return array
    if not np.issubdtype(array.dtype, np.floating):
        raise BadImage(
            f"an array of {array.dtype} was given; expected uint8, or floats between 0 and 1. "
            "Convert it first."
        )
    low, high = float(array.min()), float(array.max())
    if not (low >= 0 and high <= 1):
        raise BadImage(
            f"an array of {array.dtype} with values from {low:g} to {high:g} was given; floats "
            "must lie between 0 and 1. Convert values up to 255 with array.astype('uint8')."
        )
    return np.asarray(np.rint(array * 255), np.uint8)


def _wrong_shape(array: NDArray[Any]) -> str:
    advice = "expected (height, width), or (height, width, channels) with 1, 3 or 4 channels."
    if array.ndim == 3 and array.shape[0] in (1, 3, 4):
        advice += " Move the channels last with array.transpose(1, 2, 0)."
    if array.ndim == 4:
        advice += " Pass several pictures as a list."
    return f"an array of shape {array.shape} and type {array.dtype} is no picture; {advice}"


def _not_a_source(source: object) -> str:
    if source is None:
        return (
            "None was given instead of a picture. cv2.imread returns None where it cannot read "
            "a file: check the path."
        )
    if isinstance(source, list | tuple):
        return f"a {type(source).__name__} was given where one picture is expected."
    return f"{_article(type(source).__name__)} was given; expected {_ACCEPTED}."


def _article(noun: str) -> str:
    return f"{'an' if noun[:1].lower() in 'aeiou' else 'a'} {noun}"


def _whole(image: Image) -> Photo:
    return Photo(image, image.shape[1], image.shape[0])
