"""Bytes and files to RGB uint8 pictures. The limits on what decoding may cost live here."""

from __future__ import annotations

import io
import os
import stat
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import PIL.Image
import PIL.ImageOps
import pillow_heif
from PIL.JpegImagePlugin import JpegImageFile

from fer.errors import BadImage
from fer.geometry import Image
from fer.images import heif, interpreted, jpeg, png, tags, tiff
from fer.images.names import FORMATS, display_name
from fer.images.pixels import to_rgb

pillow_heif.register_heif_opener()
tags.bound()

MAX_BYTES = 160 * 1024 * 1024
"""A file is held in memory as a whole. The JPEG of a 200-megapixel camera has 60 to 120 MB."""
MAX_GIF_BYTES = 20 * 1024 * 1024
"""Pillow reads the blocks of a GIF one by one, and a block may be a byte long."""
MAX_PIXELS = 50_000_000
"""Pixels that are decoded at the most."""
MAX_JPEG_PIXELS = 260_000_000
"""A JPEG above `MAX_PIXELS` is decoded at a half, a quarter or an eighth of its size."""
MAX_SCANS = 64
"""Encoders write a progressive JPEG in 3 to 15 scans; each scan costs a pass over the picture."""
MAX_COEFFICIENT_BYTES = 400_000_000
MAX_SCANNED_BYTES = 6_400_000_000
"""Coefficients that all scans may go over: some four seconds."""

_LARGE_PIXELS = 16_000_000
_TRANSPOSITIONS = {
    2: PIL.Image.Transpose.FLIP_LEFT_RIGHT,
    3: PIL.Image.Transpose.ROTATE_180,
    4: PIL.Image.Transpose.FLIP_TOP_BOTTOM,
    5: PIL.Image.Transpose.TRANSPOSE,
    6: PIL.Image.Transpose.ROTATE_270,
    7: PIL.Image.Transpose.TRANSVERSE,
    8: PIL.Image.Transpose.ROTATE_90,
}
_ORIENTATION = 0x0112
_large_turn = threading.Lock()


@dataclass(frozen=True, slots=True, eq=False)
class Photo:
    """A decoded picture, RGB uint8 (H, W, 3), with the upright `width` and `height` that it has in
    its file: larger than those of `image` where it was decoded at a reduced size."""

    image: Image
    width: int
    height: int


def decode(data: bytes, name: str = "picture") -> Image:
    """An encoded picture as RGB uint8 (H, W, 3), upright by its EXIF orientation.

    Reads JPEG, PNG, WebP, BMP, TIFF, GIF (first frame), AVIF and HEIC. Grey, palette, CMYK and
    16-bit pictures become 8-bit RGB; transparency is laid over white. A JPEG of more than
    `MAX_PIXELS` is decoded at a reduced size. What decoding costs is checked on the headers, before
    any pixel is decoded. Raises `BadImage` with a sentence that names the file.
    """
    return decode_photo(data, name).image


def decode_photo(data: bytes, name: str = "picture") -> Photo:
    """`decode`, with the size that the picture has in its file."""
    shown = display_name(name)
    if not data:
        raise BadImage(f"{shown} is empty (0 bytes). Choose another file.")
    limit = MAX_GIF_BYTES if data.startswith(b"GIF8") else MAX_BYTES
    if len(data) > limit:
        raise BadImage(_too_many_bytes(shown, len(data), limit))
    if png.has_too_many_chunks(data):
        raise BadImage(f"{shown} is a PNG of more than {png.MAX_CHUNKS:,} chunks. Save it again.")
    if interpreted.has_long_comments(data):
        raise BadImage(f"{shown} is a portable pixmap of many or long comments. Save it again.")
    large_jpeg = _is_large_jpeg(data, shown)
    with readable_errors(shown):
        stream = io.BytesIO(data)
        if large_jpeg:  # PIL.Image.open would take it for a decompression bomb
            return _reduced(JpegImageFile(stream))
        with PIL.Image.open(stream, formats=FORMATS) as opened:
            _check_pixels(opened, data, shown)
            image = _pixels(opened, data, shown)
            return Photo(image, image.shape[1], image.shape[0])


def read(path: str | os.PathLike[str]) -> Image:
    """`decode` for a file. Raises `BadImage` where it is missing, unreadable or no picture."""
    return read_photo(path).image


def read_photo(path: str | os.PathLike[str]) -> Photo:
    """`decode_photo` for a file."""
    path = Path(path)
    shown = display_name(path.name)
    try:
        facts = path.stat()
        if not stat.S_ISREG(facts.st_mode):
            raise BadImage(f"{shown} is not a file. Name a picture file.")
        if facts.st_size > MAX_BYTES:
            raise BadImage(_too_many_bytes(shown, facts.st_size, MAX_BYTES))
        return decode_photo(path.read_bytes(), path.name)
    except FileNotFoundError:
        raise BadImage(f"{shown} does not exist. Check the path.") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise BadImage(f"{shown} cannot be read: {reason}.") from None


def too_many_pixels(shown: str, width: int, height: int) -> str:
    return (
        f"{shown} has {width}×{height} pixels; the limit is {MAX_PIXELS // 1_000_000} megapixels. "
        "Save it smaller."
    )


def _is_large_jpeg(data: bytes, shown: str) -> bool:
    """Whether it is a JPEG that has to be decoded at a reduced size. Raises `BadImage` for one
    that would cost too much at any size."""
    cost = jpeg.cost(data, MAX_SCANS)
    if cost is None:
        return False
    if not cost.scans:
        raise BadImage(f"{shown} is damaged or cut short (no picture data). Save it again.")
    pixels = cost.width * cost.height
    if cost.scans > MAX_SCANS or cost.scans * cost.coefficient_bytes > MAX_SCANNED_BYTES:
        raise BadImage(
            f"{shown} is a JPEG of more than {MAX_SCANS} scans or {jpeg.MAX_SEGMENTS:,} segments, "
            "or of many and large ones, which takes too long to decode. Save it again."
        )
    if pixels > MAX_JPEG_PIXELS:
        raise BadImage(
            f"{shown} has {cost.width}×{cost.height} pixels; the limit for a JPEG is "
            f"{MAX_JPEG_PIXELS // 1_000_000} megapixels. Save it smaller."
        )
    if cost.coefficient_bytes > MAX_COEFFICIENT_BYTES:
        raise BadImage(
            f"{shown} is a progressive JPEG of {pixels // 1_000_000} megapixels, which takes too "
            "much memory. Save it smaller, or not progressive."
        )
    return pixels > MAX_PIXELS


@contextmanager
def readable_errors(shown: str) -> Iterator[None]:
    """Whatever a decoder raises as a `BadImage` with a sentence."""
    try:
        with warnings.catch_warnings():
            # Pillow warns of large pictures and odd metadata; our own limit decides instead.
            warnings.simplefilter("ignore")
            yield
    except PIL.Image.DecompressionBombError:
        raise BadImage(
            f"{shown} claims more than {MAX_PIXELS // 1_000_000} megapixels. Save it smaller."
        ) from None
    except PIL.UnidentifiedImageError:
        raise BadImage(
            f"{shown} is not a picture that can be read. "
            "Use JPEG, PNG, WebP, BMP, TIFF, GIF, AVIF or HEIC."
        ) from None
    except BadImage:
        raise
    except Exception as error:  # noqa: BLE001 - a decoder may raise anything on hostile bytes
        reason = str(error).split("\n")[0][:120] or type(error).__name__
        raise BadImage(f"{shown} is damaged or cut short ({reason}). Save it again.") from None


def _check_pixels(picture: PIL.Image.Image, data: bytes, shown: str) -> None:
    if tiff.is_raw(picture, data):
        raise BadImage(
            f"{shown} is a camera's raw file, of which only a preview could be read. "
            "Export it as JPEG."
        )
    if not tiff.seek_picture(picture):
        raise BadImage(f"{shown} holds nothing but reduced previews. Export it as JPEG.")
    width, height = picture.size
    if width * height > MAX_PIXELS:
        raise BadImage(too_many_pixels(shown, width, height))
    if interpreted.is_too_slow(picture, len(data)):
        raise BadImage(
            f"{shown} is stored as text, packed in an old way or in levels other than 255, and has "
            f"more than {interpreted.MAX_PIXELS // 1_000_000} megapixels. Save it as PNG."
        )


def _reduced(picture: JpegImageFile) -> Photo:
    """Decoded at the largest of a half, a quarter or an eighth that `MAX_PIXELS` allows."""
    width, height = picture.size
    divisor = next(d for d in (2, 4, 8) if -(-width // d) * -(-height // d) <= MAX_PIXELS)
    picture.draft(None, (width // divisor, height // divisor))
    sideways = picture.getexif().get(_ORIENTATION, 1) in (5, 6, 7, 8)
    image = _pixels(picture, b"", "picture")
    return Photo(image, *((height, width) if sideways else (width, height)))


def _pixels(picture: PIL.Image.Image, data: bytes, shown: str) -> Image:
    """Large pictures take turns, so that their memory is not needed several times at once."""
    large = picture.width * picture.height > _LARGE_PIXELS
    with _large_turn if large else nullcontext():
        return to_rgb(_upright(picture, data), shown)


def _upright(picture: PIL.Image.Image, data: bytes) -> PIL.Image.Image:
    """Turned as its metadata says. A HEIF file says it in its container, which the decoder has
    obeyed, and repeats it in EXIF; where the container says nothing, EXIF counts."""
    if picture.format == "HEIF":
        orientation = _TRANSPOSITIONS.get(picture.info.get("original_orientation", 1))
        if orientation is not None and not heif.turns_in_container(data):
            return picture.transpose(orientation)
    PIL.ImageOps.exif_transpose(picture, in_place=True)
    return picture


def _too_many_bytes(shown: str, size: int, limit: int) -> str:
    return (
        f"{shown} has {size / 1024**2:.0f} MB; the limit is {limit // 1024**2} MB. Save it smaller."
    )


def _renew_turn() -> None:
    global _large_turn
    _large_turn = threading.Lock()


if hasattr(os, "register_at_fork"):  # the thread that holds it does not exist in the child
    os.register_at_fork(after_in_child=_renew_turn)
