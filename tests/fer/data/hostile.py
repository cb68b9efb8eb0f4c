"""Small files that unpack to a lot or take very long to read, for tests and a benchmark."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import PIL.Image
import pyarrow
import pyarrow.parquet

MB = 1024**2


def encoded(width: int, height: int, mode: str = "1") -> bytes:
    """A PNG without detail: 50 megapixels in black and white have 7 KB."""
    buffer = io.BytesIO()
    PIL.Image.new(mode, (width, height)).save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def one_cell(path: Path, cell: bytes, rows: int) -> Path:
    """A parquet file whose rows all name one cell of a dictionary."""
    column = pyarrow.DictionaryArray.from_arrays(
        pyarrow.array(np.zeros(rows, np.int32)), pyarrow.array([cell], pyarrow.binary())
    )
    return _write(path, column, rows)


def cells(path: Path, each: Sequence[bytes]) -> Path:
    """A parquet file of these cells, a page each, packed by Zstandard."""
    return _write(path, pyarrow.array(each, pyarrow.binary()), len(each), dictionary=False)


def long_list(path: Path, values: int) -> Path:
    """A parquet file with one row, whose pixels are a list of so many zeros."""
    pixels = pyarrow.array([np.zeros(values, np.int64)])
    table = pyarrow.table({"pixels": pixels, "label": pyarrow.array([3])})
    pyarrow.parquet.write_table(table, path, compression="zstd")
    return path


def packed(path: Path, files: dict[str, bytes]) -> Path:
    """A zip of files, none of which is stored as it is."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def _write(path: Path, column: pyarrow.Array, rows: int, dictionary: bool = True) -> Path:
    labels = pyarrow.array(np.arange(rows, dtype=np.int32) % 7)
    table = pyarrow.table({"image": column, "label": labels})
    pyarrow.parquet.write_table(
        table,
        path,
        compression="zstd",
        use_dictionary=dictionary,
        write_batch_size=1024 if dictionary else 1,
        write_statistics=False,
    )
    return path
