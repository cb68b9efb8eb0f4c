"""Text tables as people save them: commas, semicolons or tabs, in UTF-8 or UTF-16, line by line."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import IO

from fer.data.builder import MAX_FACES, short
from fer.data.formats import signatures
from fer.errors import BadDataset

MAX_LINE = 1 << 19
"""Characters of a line; 256 × 256 pixels in a row of their own need less."""

csv.field_size_limit(max(csv.field_size_limit(), MAX_LINE))
_DELIMITERS = ("\t", ";", "|", ",")
Row = tuple[int, list[str] | None]
"""The number of a line and its cells; None for a line that is no row of a table."""


@dataclass(frozen=True, slots=True)
class Header:
    """The cells of the first line, and where each column is by its name in small letters."""

    name: str
    cells: tuple[str, ...]

    def find(self, *names: str) -> int | None:
        """The position of the column with the first of these names that there is."""
        columns = {cell.strip().lower(): index for index, cell in enumerate(self.cells)}
        return next((columns[name] for name in names if name in columns), None)

    def require(self, *choices: Sequence[str]) -> list[int]:
        """The position of one column of each of `choices`. Raises `BadDataset` with what lacks."""
        positions = [self.find(*names) for names in choices]
        missing = [
            names[0] for names, index in zip(choices, positions, strict=True) if index is None
        ]
        if missing:
            shown = ", ".join(short(cell.strip()) for cell in self.cells[:15]) or "nothing"
            raise BadDataset(
                f"{self.name} lacks the column{'s' if len(missing) > 1 else ''} "
                f"{', '.join(missing)}; its first line has {shown}."
            )
        return [index for index in positions if index is not None]


def read(stream: IO[bytes], name: str) -> tuple[Header, Iterator[Row]]:
    """The header of a table and its rows. Raises `BadDataset` for a file that is something else."""
    rows = lines(stream, name)
    _, cells = next(rows, (1, None))
    return Header(name, tuple(cells or ())), rows


def lines(stream: IO[bytes], name: str) -> Iterator[Row]:
    """Number and cells of each line that is not empty.

    Lines are split one by one, so that a stray quote spoils its own line and not all that follow.
    """
    head = stream.read(signatures.SIGNATURE_BYTES)
    if kind := signatures.kind_of(head):
        raise BadDataset(f"{name} is {kind[0]}, not a table: {kind[1]}.")
    stream.seek(0)
    return _split_lines(io.TextIOWrapper(stream, _encoding(head), errors="replace"))


def listed(stream: IO[bytes], name: str) -> Iterator[Row]:
    """`lines` of a list of pictures. Raises `BadDataset` for more lines than faces may be."""
    for number, row in lines(stream, name):
        if number > MAX_FACES:
            raise BadDataset(f"{name} has more than {MAX_FACES:,} lines. Use a part of it.")
        yield number, row


def cell(row: list[str] | None, position: int) -> str:
    """The cell at a position. Raises `BadDataset` where the row has none."""
    if row is None:
        raise BadDataset("the line is no row of a table")
    if position >= len(row):
        raise BadDataset(f"it has {len(row)} columns; expected at least {position + 1}")
    return row[position]


def _encoding(head: bytes) -> str:
    """UTF-16 by its mark, or by every second byte being zero; else UTF-8."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if len(head) > 3 and b"\0" in head[:4]:
        return "utf-16-be" if head[0] == 0 else "utf-16-le"
    return "utf-8-sig"


def _split_lines(text: io.TextIOWrapper) -> Iterator[Row]:
    number, delimiter = 0, ""
    try:
        while line := text.readline(MAX_LINE):
            number += 1
            if len(line) == MAX_LINE and not line.endswith("\n"):
                _skip_line(text)
                yield number, None
            elif line.strip():
                delimiter = delimiter or _delimiter(line)
                cells = _cells(line.rstrip("\r\n"), delimiter)
                if cells is None or any(cells):
                    yield number, cells
    finally:
        if not text.closed:
            text.detach()  # the stream is its owner's to close


def _skip_line(text: io.TextIOWrapper) -> None:
    while (piece := text.readline(MAX_LINE)) and not piece.endswith("\n"):
        pass


def _cells(line: str, delimiter: str) -> list[str] | None:
    try:
        return next(csv.reader([line], delimiter=delimiter, skipinitialspace=True), [])
    except csv.Error:
        return None


def _delimiter(line: str) -> str:
    """What the cells of the first line stand between."""
    return max(_DELIMITERS, key=line.count) if any(map(line.count, _DELIMITERS)) else ","
