"""File names as text for people, and the formats that can be read."""

from __future__ import annotations

FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "DIB", "TIFF", "GIF", "AVIF", "HEIF", "PPM")
ENDINGS = (
    *(".jpg", ".jpeg", ".jpe", ".jfif", ".mpo", ".png", ".webp", ".bmp"),
    *(".dib", ".tif", ".tiff", ".gif", ".avif", ".heic", ".heif"),
    *(".ppm", ".pgm", ".pbm", ".pnm"),
)
"""Lower-case endings by which pictures are known in a folder or an upload."""

_NAME_LENGTH = 60


def display_name(name: str) -> str:
    """A file name fit for a line of text: its last part, printable, at most 60 characters."""
    return _printable(name, 1)


def display_path(name: str) -> str:
    """The same with the two folders around the file, which tell faces of classes apart.

    >>> display_path("faces/test/happy/010.png")
    'test/happy/010.png'
    """
    return _printable(name, 3)


def _printable(name: str, parts: int) -> str:
    last = "/".join(name.replace("\\", "/").rstrip("/").split("/")[-parts:])
    clean = "".join(c if c.isprintable() else " " for c in last).strip() or "unnamed"
    if len(clean) <= _NAME_LENGTH:
        return clean
    half = _NAME_LENGTH // 2
    return f"{clean[: half - 1]}…{clean[-half:]}"
