"""What a file really is, by its first bytes, whatever its name says."""

from __future__ import annotations

SIGNATURE_BYTES = 600
_UNPACK = "unpack it and name what is inside"
_PICTURE = "use a table of faces, or a folder of pictures for each emotion"
_KINDS: tuple[tuple[int, bytes, str, str], ...] = (
    (257, b"ustar", "a tar archive", _UNPACK),
    (0, b"\x1f\x8b", "a gzip archive (.gz, .tar.gz)", _UNPACK),
    (0, b"BZh", "a bzip2 archive", _UNPACK),
    (0, b"\xfd7zXZ\x00", "an xz archive", _UNPACK),
    (0, b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", _UNPACK),
    (0, b"Rar!\x1a\x07", "a RAR archive", _UNPACK),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an Excel workbook", "save it as CSV"),
    (0, b"PAR1", "a parquet file", "rename it to end in .parquet"),
    (0, b"%PDF", "a PDF document", _PICTURE),
    (0, b"\x89PNG", "a PNG picture", _PICTURE),
    (0, b"\xff\xd8\xff", "a JPEG picture", _PICTURE),
    (0, b"GIF8", "a GIF picture", _PICTURE),
    (0, b"\x93NUMPY", "a NumPy array", "write it as CSV or parquet"),
    (0, b"\x89HDF\r\n", "an HDF5 file", "write its faces as CSV or parquet"),
    (0, b"version https://git-lfs", "a Git LFS pointer, not the data", "get the data itself"),
)
_PAGES = (b"<!doctype html", b"<html")
_WORKBOOK = (b"[Content_Types].xml", b"_rels/.rels", b"xl/")
ARCHIVES = (".zip", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".7z", ".rar")


def kind_of(head: bytes) -> tuple[str, str] | None:
    """What the first `SIGNATURE_BYTES` of a file show it to be, and what to do with it.

    None for what may be text, such as a CSV.
    """
    if is_zip(head):
        if any(mark in head for mark in _WORKBOOK):
            return "an Excel workbook", "save it as CSV"
        return "a zip archive", "rename it to end in .zip, or unpack it"
    for start, mark, kind, advice in _KINDS:
        if head[start : start + len(mark)] == mark:
            return kind, advice
    if head.lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith(_PAGES):
        return "a web page", "log in where it came from and download the data itself"
    return None


def is_zip(head: bytes) -> bool:
    """Whether a file begins as a zip does, an empty one too."""
    return head[:4] in (b"PK\x03\x04", b"PK\x05\x06")
