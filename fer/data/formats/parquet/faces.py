"""Faces in a parquet file: FER2013's with FER+'s votes, or pictures with a label."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import IO, Any

import numpy as np
import pyarrow
import pyarrow.parquet
from numpy.typing import NDArray

from fer import images
from fer.data.budget import Budget, bounded_side
from fer.data.builder import MAX_FACES, DatasetBuilder, decoded, short
from fer.data.class_names import ClassNames
from fer.data.dataset import Picture
from fer.data.formats import columns, pixel_tables
from fer.data.formats.fer_plus import COUNTS, MAX_VOTES
from fer.data.formats.parquet import pages
from fer.data.formats.pixel_tables import LabelledRow, LabelledRows
from fer.data.splits import split_of
from fer.errors import BadDataset, BadImage
from fer.storage import files

_BATCH = 256
_BATCH_BYTES = 128 * 1024**2
"""So many rows are read at a time that cells as large as pages take no more."""
_BUFFER = 1 << 20

Row = Mapping[str, object]


def read(
    stream: IO[bytes], name: str, names: ClassNames, longest: int | None, budget: Budget
) -> DatasetBuilder:
    """The faces of a parquet file, read a few at a time.

    `png` (or `image`) holds the bytes of a picture, or `pixels` its numbers; `emotion` (or `label`)
    a class; `usage` FER2013's word for the split, which may be missing as may the ten columns of
    votes. With `longest` None encoded pictures stay so.
    """
    try:
        pages.check_footer(stream, name)
        file = pyarrow.parquet.ParquetFile(stream, buffer_size=_BUFFER)
        return _faces(file, stream, name, names, longest, budget)
    except pyarrow.ArrowMemoryError:
        raise MemoryError from None
    except (OSError, ValueError, pyarrow.ArrowException) as error:
        raise BadDataset(
            f"{name} is no parquet file that can be read: {short(str(error), 120)}."
        ) from None


def _faces(
    file: Any,
    stream: IO[bytes],
    name: str,
    names: ClassNames,
    longest: int | None,
    budget: Budget,
) -> DatasetBuilder:
    schema = file.schema_arrow
    chosen = _columns(schema.names, name)
    if file.metadata.num_rows > MAX_FACES:
        raise BadDataset(f"{name} holds more than {MAX_FACES:,} faces. Use a part of it.")
    class_names = _class_names(schema.metadata, chosen["label"])
    counts = COUNTS if set(schema.names).issuperset(COUNTS) else ()
    labelled = LabelledRows(DatasetBuilder(name, budget=budget))
    builder = labelled.builder
    wanted = [*chosen.values(), *counts]
    page = pages.largest(stream, file.metadata, wanted, name, budget.check)
    at_once = max(1, min(_BATCH, _BATCH_BYTES // page))
    longest = longest and bounded_side(longest, file.metadata.num_rows)
    batches = file.iter_batches(batch_size=at_once, columns=wanted)
    for number, row in enumerate(_rows(batches), 1):
        budget.check()
        split = None
        try:
            if row is None:
                raise BadDataset(f"its cells are larger than {images.MAX_BYTES // 1024**2} MB")
            split = _split(row, chosen)
            picture = _picture(row[chosen["picture"]], longest, budget)
            votes = _checked_counts([row[count] for count in counts]) if counts else None
        except (BadDataset, BadImage) as error:
            builder.skip(f"row {number}", str(error), split)
            continue
        label = _class_name(row[chosen["label"]], class_names)
        labelled.add(LabelledRow(f"row {number}", picture, label, split, votes))
    is_fer2013 = {"png", "emotion", "usage"} <= set(schema.names)
    labelled.label(names, is_fer2013)
    return builder


def _rows(batches: Iterator[Any]) -> Iterator[Row | None]:
    """The rows of all batches; None for those of a batch that is larger than a picture may be."""
    for batch in batches:
        if batch.nbytes > images.MAX_BYTES:
            yield from [None] * batch.num_rows
        else:
            yield from batch.to_pylist()


def _columns(present: Sequence[str], name: str) -> dict[str, str]:
    """The columns of picture, label and split, by what they are called here."""
    by_name = {column.lower(): column for column in present}
    wanted = {
        "picture": (*columns.PICTURE, *columns.PIXELS),
        "label": columns.LABEL,
        "split": columns.USAGE,
    }
    chosen = {
        what: by_name[column]
        for what, choices in wanted.items()
        if (column := next((choice for choice in choices if choice in by_name), None))
    }
    missing = [wanted[what][0] for what in ("picture", "label") if what not in chosen]
    if missing:
        raise BadDataset(
            f"{name} lacks the column{'s' if len(missing) > 1 else ''} {', '.join(missing)}; "
            f"it has {', '.join(map(short, present[:15])) or 'none'}."
        )
    return chosen


def _class_names(metadata: Mapping[bytes, bytes] | None, column: str) -> list[str]:
    """The names of a column of class numbers, as the Hugging Face hub stores them; else none."""
    with suppress(ValueError, KeyError, TypeError, AttributeError):
        features = files.parse_json((metadata or {})[b"huggingface"])["info"]["features"]
        return [short(str(name), 40) for name in features[column]["names"]]
    return []


def _class_name(value: object, class_names: Sequence[str]) -> str:
    if isinstance(value, int) and 0 <= value < len(class_names):
        return class_names[value]
    return short(str(value), 40)


def _split(row: Row, chosen: Mapping[str, str]) -> str | None:
    if "split" not in chosen:
        return None
    usage = short(str(row[chosen["split"]]))
    split = split_of(usage)
    if split is None:
        raise BadDataset(f"its usage is {usage!r}")
    return split


def _picture(value: object, longest: int | None, budget: Budget) -> Picture | bytes:
    if isinstance(value, dict):
        value = value.get("bytes")
    if isinstance(value, str):
        return pixel_tables.pixels(value)
    if isinstance(value, list):
        flat = np.array(value, dtype=object).ravel()
        return pixel_tables.pixels(" ".join(map(str, flat)))
    if not isinstance(value, bytes):
        raise BadDataset("it has no bytes of a picture")
    return value if longest is None else decoded(value, longest, budget)


def _checked_counts(values: list[object]) -> NDArray[np.int64]:
    if not all(isinstance(value, int) and 0 <= value <= MAX_VOTES for value in values):
        raise BadDataset(f"its votes are {short(str(values))}; expected whole numbers")
    return np.array(values, np.int64)
