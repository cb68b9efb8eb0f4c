"""Tables that spreadsheets may open: a text that one would take for a formula is marked as text.

A file may be called ``=cmd|' /C calc'!A1.jpg``. As OWASP advises ("CSV Injection"), such a cell
gets an apostrophe in front; readers of our own tables take it away again.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable

_FORMULA = re.compile("'*[=+\\-@\t\r\n＝＋－＠]")
_MARKED = re.compile("'" + _FORMULA.pattern)


def safe_cell(value: object) -> object:
    """The value of a cell; a text that begins like a formula has an apostrophe in front."""
    return f"'{value}" if isinstance(value, str) and _FORMULA.match(value) else value


def text_of(cell: str) -> str:
    """The text that `safe_cell` was given."""
    return cell[1:] if _MARKED.match(cell) else cell


def csv_text(columns: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """A table as CSV with a header line, safe to open."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    for row in (columns, *rows):
        writer.writerow([safe_cell(value) for value in row])
    return buffer.getvalue()
