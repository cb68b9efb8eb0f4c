"""Bytes, files and arrays to RGB uint8 pictures, and back. All limits on input live here."""

from __future__ import annotations

import io
import os
import stat
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import PIL.Image
import PIL.ImageOps
import pillow_heif

from fer.errors import BadImage
from fer.geometry import Image

if TYPE_CHECKING:
    from av import VideoFrame

pillow_heif.register_heif_opener()

MAX_BYTES = 20 * 1024 * 1024
MAX_PIXELS = 50_000_000
FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "DIB", "TIFF", "GIF", "AVIF", "HEIF")
ENDINGS = (
    *(".jpg", ".jpeg", ".jpe", ".jfif", ".mpo", ".png", ".webp", ".bmp"),
    *(".dib", ".tif", ".tiff", ".gif", ".avif", ".heic", ".heif"),
)
"""Lower-case endings by which pictures are known in a folder or an upload."""

_NAME_LENGTH = 60
_TRANSPOSITIONS = {
    2: PIL.Image.Transpose.FLIP_LEFT_RIGHT,
    3: PIL.Image.Transpose.ROTATE_180,
    4: PIL.Image.Transpose.FLIP_TOP_BOTTOM,
    5: PIL.Image.Transpose.TRANSPOSE,
    6: PIL.Image.Transpose.ROTATE_270,
    7: PIL.Image.Transpose.TRANSVERSE,
    8: PIL.Image.Transpose.ROTATE_90,
}
_SIXTEEN_BIT = ("I", "I;16", "I;16L", "I;16B", "I;16N")


def display_name(name: str) -> str:
    """A file name fit for a line of text: its last part, printable, at most 60 characters."""
    last = name.replace("\\", "/").rstrip("/").rpartition("/")[2]
    clean = "".join(c if c.isprintable() else " " for c in last).strip() or "unnamed"
    if len(clean) <= _NAME_LENGTH:
        return clean
    keep = _NAME_LENGTH // 2
    return f"{clean[: keep - 1]}…{clean[-keep:]}"


def decode(data: bytes, name: str = "picture") -> Image:
    """An encoded picture as RGB uint8 (H, W, 3), upright by its EXIF orientation.

    Reads JPEG, PNG, WebP, BMP, TIFF, GIF (first frame), AVIF and HEIC. Grey, palette, CMYK and
    16-bit pictures become 8-bit RGB; transparency is laid over white. Size limits are checked on
    the header, before any pixel is decoded. Raises `BadImage` with a sentence that names the file.
    """
    shown = display_name(name)
    if not data:
        raise BadImage(f"{shown} is empty (0 bytes). Choose another file.")
    if len(data) > MAX_BYTES:
        raise BadImage(_too_many_bytes(shown, len(data)))
    return _decode(data, shown)


def read(path: str | os.PathLike[str]) -> Image:
    """`decode` for a file. Raises `BadImage` where it is missing, unreadable or no picture."""
    path = Path(path)
    shown = display_name(path.name)
    try:
        facts = path.stat()
        if not stat.S_ISREG(facts.st_mode):
            raise BadImage(f"{shown} is no file. Name a picture file.")
        if facts.st_size > MAX_BYTES:
            raise BadImage(_too_many_bytes(shown, facts.st_size))
        return decode(path.read_bytes(), path.name)
    except FileNotFoundError:
        raise BadImage(f"{shown} does not exist. Check the path.") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise BadImage(f"{shown} cannot be read: {reason}.") from None


def as_image(source: str | os.PathLike[str] | bytes | Image) -> Image:
    """Any of a path, the bytes of a picture file, or an RGB array, as RGB uint8 (H, W, 3)."""
    if isinstance(source, bytes | bytearray | memoryview):
        return decode(bytes(source))
    if isinstance(source, np.ndarray):
        return _checked_array(source)
    return read(source)


def encode_png(image: Image) -> bytes:
    """An RGB picture as the bytes of a PNG file."""
    buffer = io.BytesIO()
    PIL.Image.fromarray(image).save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()


def turned(image: Image, quarter_turns: int) -> Image:
    """The picture turned clockwise by a number of quarter turns."""
    return np.ascontiguousarray(np.rot90(image, -quarter_turns))


def bounded(image: Image, longest: int) -> tuple[Image, float]:
    """The picture with its longer side at most `longest` pixels, and new size / old size."""
    height, width = image.shape[:2]
    scale = min(1.0, longest / max(height, width))
    if scale == 1.0:
        return image, 1.0
    size = max(1, round(width * scale)), max(1, round(height * scale))
    smaller = cv2.resize(image, size, interpolation=cv2.INTER_AREA)  # AREA avoids moire
    return np.asarray(smaller, np.uint8), scale


def from_video_frame(frame: VideoFrame, longest: int) -> Image:
    """A decoded frame of a video as RGB (H, W, 3), its longer side at most `longest` pixels.

    Raises `BadImage` where the frame has no pixels that can be converted.
    """
    scale = min(1.0, longest / max(1, frame.width, frame.height))
    try:
        if scale < 1:
            width, height = round(frame.width * scale), round(frame.height * scale)
            frame = frame.reformat(width=max(1, width), height=max(1, height))
        return _checked_array(np.asarray(frame.to_ndarray(format="rgb24"), np.uint8))
    except (ValueError, OSError) as error:  # ffmpeg's errors are both
        raise BadImage(f"a frame of the video cannot be converted: {error}.") from None


def to_video_frame(image: Image) -> VideoFrame:
    """An RGB picture as a frame for a video, in the encoders' own YUV: OpenCV gets there in a fifth
    of their time. They want even sides: where one is odd, the last row or column is there twice."""
    from av import VideoFrame  # a fifth of a second that commands need not spend

    height, width = image.shape[:2]
    if height % 2 or width % 2:
        border = (0, height % 2, 0, width % 2, cv2.BORDER_REPLICATE)
        image = np.asarray(cv2.copyMakeBorder(image, *border), np.uint8)
    planes = np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2YUV_I420), np.uint8)
    return VideoFrame.from_ndarray(planes, format="yuv420p")


def empty_video_frame(frame: VideoFrame) -> VideoFrame:
    """A grey frame of the same size, rounded up to even sides."""
    return to_video_frame(np.full((max(1, frame.height), max(1, frame.width), 3), 128, np.uint8))


def mirrored(image: Image) -> Image:
    """The picture turned left to right."""
    return np.asarray(cv2.flip(image, 1), np.uint8)


def _decode(data: bytes, shown: str) -> Image:
    try:
        with warnings.catch_warnings():
            # Pillow warns of large pictures and odd metadata; our own limit decides instead.
            warnings.simplefilter("ignore")
            with PIL.Image.open(io.BytesIO(data), formats=FORMATS) as picture:
                width, height = picture.size
                if width * height > MAX_PIXELS:
                    raise BadImage(_too_many_pixels(shown, width, height))
                return _to_rgb(_upright(picture, data), shown)
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


def _upright(picture: PIL.Image.Image, data: bytes) -> PIL.Image.Image:
    """Turned as its metadata asks. HEIF asks in its container, which the decoder has obeyed, and
    repeats it in EXIF; where the container says nothing, EXIF counts."""
    asked = _TRANSPOSITIONS.get(picture.info.get("original_orientation", 1))
    in_container = any(box in data for box in (b"irot", b"imir"))
    if picture.format == "HEIF" and asked is not None and not in_container:
        return picture.transpose(asked)
    return PIL.ImageOps.exif_transpose(picture)


def _to_rgb(picture: PIL.Image.Image, shown: str) -> Image:
    if picture.mode in _SIXTEEN_BIT:
        grey = np.asarray(picture).astype(np.int64)
        picture = PIL.Image.fromarray(np.clip((grey + 128) // 257, 0, 255).astype(np.uint8))
    elif picture.mode == "F":
        raise BadImage(
            f"{shown} holds floating-point pixels, whose range is unknown. "
            "Save it with 8 or 16 bits."
        )
    if picture.has_transparency_data:
        layer = picture.convert("RGBA")
        picture = PIL.Image.new("RGBA", layer.size, "white")
        picture.alpha_composite(layer)
    return np.array(picture.convert("RGB"))


def _checked_array(array: Image) -> Image:
    if array.dtype != np.uint8 or array.ndim != 3 or array.shape[2] != 3 or 0 in array.shape:
        raise BadImage(
            f"an array of shape {array.shape} and type {array.dtype} is no picture; "
            "expected RGB uint8 of shape (height, width, 3)."
        )
    height, width = array.shape[:2]
    if height * width > MAX_PIXELS:
        raise BadImage(_too_many_pixels("the array", width, height))
    return np.ascontiguousarray(array)


def _too_many_bytes(shown: str, size: int) -> str:
    return (
        f"{shown} has {size / 1024**2:.0f} MB; the limit is {MAX_BYTES // 1024**2} MB. "
        "Save it smaller."
    )


def _too_many_pixels(shown: str, width: int, height: int) -> str:
    return (
        f"{shown} has {width}×{height} pixels; the limit is {MAX_PIXELS // 1_000_000} megapixels. "
        "Save it smaller."
    )
