"""What the pages of a parquet file unpack to, read from their headers before any is unpacked.

The sizes in the file's footer do not bound the memory: a column of a million rows that name one
dictionary cell is small there. A page is unpacked as a whole, and no cell is larger than its page.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import IO, Any

from fer.data.archives import is_bomb
from fer.errors import BadDataset

MAX_FOOTER = 32 * 1024**2
"""The footer takes some ten times its size in memory; 5,000 row groups have one of 7 MB."""
MAX_PAGE = 512 * 1024**2
"""Writers unpack pages of 1 MB, or of 1,024 rows where these are larger."""
MAX_LIST_VALUES = 100_000_000
"""Values in the lists of a row group: one row may have all of them. FER2013 has 83 million."""

_HEADER_BYTES = (1 << 12, 1 << 24)
"""What is read of a page's header: a little, and what Arrow reads at the most."""
_MAGIC = b"PAR1"
_I32, _BYTES, _STRUCT = 5, 8, 12
_BOOLEANS, _INTEGERS, _FIXED = (1, 2), (4, 5, 6), {3: 1, 7: 8}
_DEEPEST = 8
_PAGE_STRUCTS = (5, 8)
"""The fields of a page's header that hold the headers of data pages, version 1 and 2."""


def check_footer(stream: IO[bytes], name: str) -> None:
    """Raises `BadDataset` for a file without a footer, or with a huge one."""
    size = stream.seek(0, os.SEEK_END)
    stream.seek(max(0, size - 8))
    tail = stream.read(8)
    stream.seek(0)
    footer = int.from_bytes(tail[:4], "little")
    if tail[4:] != _MAGIC or footer + 12 > size:
        raise BadDataset(f"{name} is no parquet file that can be read: it has no footer.")
    if footer > MAX_FOOTER:
        raise BadDataset(
            f"{name} describes its columns in {footer / 1024**2:,.0f} MB; the limit is "
            f"{MAX_FOOTER // 1024**2} MB. Write it with fewer row groups."
        )


def largest(
    stream: IO[bytes], metadata: Any, columns: Sequence[str], name: str, check: Callable[[], None]
) -> int:
    """The bytes of the largest page of some columns, unpacked. Raises `BadDataset` where that is
    more than cells of pictures need, or where lists are longer than pictures are."""
    most = 1
    for group in range(metadata.num_row_groups):
        chunks = metadata.row_group(group)
        for index in range(chunks.num_columns):
            chunk = chunks.column(index)
            if chunk.path_in_schema.partition(".")[0] not in columns:
                continue
            num_values = 0
            for unpacked, packed, values in _pages(stream, chunk):
                check()
                if unpacked > MAX_PAGE or is_bomb(packed, unpacked):
                    raise BadDataset(_too_large(name, chunk.path_in_schema, packed, unpacked))
                most, num_values = max(most, unpacked), num_values + values
            is_list = metadata.schema.column(index).max_repetition_level > 0
            if is_list and num_values > MAX_LIST_VALUES:
                raise BadDataset(
                    f"{name} has {num_values:,} values in the lists of one row group; the limit is "
                    f"{MAX_LIST_VALUES:,}. Write it with more row groups."
                )
    stream.seek(0)
    return most


def _too_large(name: str, column: str, packed: int, unpacked: int) -> str:
    return (
        f"{name} has {packed / 1024**2:,.2f} MB in the column {column[:40]} that would unpack to "
        f"{unpacked / 1024**2:,.0f} MB: far more than the cells of pictures do. It is not read."
    )


def _pages(stream: IO[bytes], chunk: Any) -> Iterator[tuple[int, int, int]]:
    """Bytes unpacked, bytes packed and number of values of each page of a column chunk."""
    starts = [at for at in (chunk.dictionary_page_offset, chunk.data_page_offset) if at]
    at = min(starts, default=0)
    end = at + chunk.total_compressed_size
    while at < end:
        size, unpacked, packed, values = _header(stream, at, end)
        yield unpacked, packed, values
        at += size + packed


def _header(stream: IO[bytes], at: int, end: int) -> tuple[int, int, int, int]:
    """The length of a page's header, and what it says. Raises `ValueError`."""
    for most in _HEADER_BYTES:
        stream.seek(at)
        header = _Header(stream.read(min(most, end - at)))
        with suppress(IndexError):
            unpacked, packed, values = header.sizes()
            return header.position, unpacked, packed, values
    raise ValueError("a page's header is cut short")


class _Header:
    """A page's header in Thrift's compact protocol; `position` is how far it was read.

    Raises `ValueError` where it is damaged, and `IndexError` at the end of the data.
    """

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.position = 0

    def sizes(self) -> tuple[int, int, int]:
        """Bytes unpacked, bytes packed, and number of values."""
        sizes, values = {2: 0, 3: 0}, 0
        for field, kind in self._fields():
            if field in sizes and kind == _I32:
                sizes[field] = self._zigzag()
            elif field in _PAGE_STRUCTS and kind == _STRUCT:
                values = self._num_values()
            else:
                self._skip(kind)
        if min(*sizes.values(), values) < 0:
            raise ValueError("a page has less than no bytes")
        return sizes[2], sizes[3], values

    def _num_values(self) -> int:
        values = 0
        for field, kind in self._fields():
            if field == 1 and kind == _I32:
                values = self._zigzag()
            else:
                self._skip(kind)
        return values

    def _fields(self) -> Iterator[tuple[int, int]]:
        """Number and type of each field of a struct; its value is read in between."""
        field = 0
        while head := self._byte():
            field = field + (head >> 4) if head >> 4 else self._zigzag()
            yield field, head & 15

    def _skip(self, kind: int, depth: int = 0) -> None:
        if depth > _DEEPEST:
            raise ValueError("a page's header is nested too deeply")
        if kind in _BOOLEANS:  # the type is the value
            return
        if kind in _INTEGERS:
            self._varint()
        elif kind in _FIXED:
            self.position += _FIXED[kind]
        elif kind == _BYTES:
            length = self._varint()
            self.position += length
        elif kind == _STRUCT:
            for _, inner in self._fields():
                self._skip(inner, depth + 1)
        else:  # lists and maps, which no page has
            raise ValueError("a page's header is damaged")

    def _byte(self) -> int:
        byte = self._data[self.position]
        self.position += 1
        return byte

    def _varint(self) -> int:
        value = 0
        for shift in range(0, 64, 7):
            byte = self._byte()
            value |= (byte & 127) << shift
            if byte < 128:
                return value
        raise ValueError("a number is too long")

    def _zigzag(self) -> int:
        value = self._varint()
        return (value >> 1) ^ -(value & 1)
