"""Uploads stay in memory until the visitor presses a button that stores them."""

from __future__ import annotations

from starlette.formparsers import MultiPartParser

from dashboard.server.compatibility import ForeignName, require

FOREIGN_NAMES = (
    ForeignName("starlette", "1", "starlette.formparsers:MultiPartParser.spool_max_size"),
)
LARGEST_UPLOAD = 1024**3


def keep_in_memory() -> None:
    """The server's form parser moves uploads above 1 MB to a temporary file. With a limit beyond
    the largest upload it never does."""
    require(*FOREIGN_NAMES)
    MultiPartParser.spool_max_size = 2 * LARGEST_UPLOAD
