"""Faces in a parquet file: FER2013's with FER+'s votes, or pictures with a label."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import IO, Any

import numpy as np
import pyarrow
import pyarrow.parquet
from numpy.typing import NDArray

from fer.data.builder import MAX_FACES, DatasetBuilder, decoded, short
from fer.data.class_names import ClassNames
from fer.data.dataset import Picture
from fer.data.formats import columns, pixel_tables
from fer.data.formats.fer_plus import COUNTS, MAX_VOTES
from fer.data.formats.pixel_tables import LabelledRow
from fer.data.splits import split_of
from fer.errors import BadDataset, BadImage

_BATCH = 256


def read(
    stream: IO[bytes], name: str, names: ClassNames, longest: int | None = None
) -> DatasetBuilder:
    """The faces of a parquet file, read a few at a time.

    `png` (or `image`) holds the bytes of a picture, or `pixels` its numbers; `emotion` (or `label`)
    a class; `usage` FER2013's word for the split, which may be missing as may the ten columns of
    votes. With `longest` None encoded pictures stay so.
    """
    try:
        file = pyarrow.parquet.ParquetFile(stream)
        return _faces(file, name, names, longest)
    except (OSError, ValueError, pyarrow.ArrowException) as error:
        raise BadDataset(
            f"{name} is no parquet file that can be read: {short(str(error), 120)}."
        ) from None


def _faces(file: Any, name: str, names: ClassNames, longest: int | None) -> DatasetBuilder:
    schema = file.schema_arrow
    chosen = _columns(schema.names, name)
    if file.metadata.num_rows > MAX_FACES:
        raise BadDataset(f"{name} holds more than {MAX_FACES:,} faces. Use a part of it.")
    class_names = _class_names(schema.metadata, chosen["label"])
    counts = COUNTS if set(schema.names).issuperset(COUNTS) else ()
    builder = DatasetBuilder(name)
    labelled: list[LabelledRow] = []
    batches = file.iter_batches(batch_size=_BATCH, columns=[*chosen.values(), *counts])
    rows = (row for batch in batches for row in batch.to_pylist())
    for number, row in enumerate(rows, 1):
        split = None
        try:
            split = _split(row, chosen)
            picture = _picture(row[chosen["picture"]], longest)
            votes = _checked_counts([row[count] for count in counts]) if counts else None
        except (BadDataset, BadImage) as error:
            builder.skip(f"row {number}", str(error), split)
            continue
        label = _class_name(row[chosen["label"]], class_names)
        labelled.append(LabelledRow(f"row {number}", picture, label, split, votes))
    is_fer2013 = {"png", "emotion", "usage"} <= set(schema.names)
    pixel_tables.add_rows(builder, labelled, names, is_fer2013)
    return builder


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
        features = json.loads((metadata or {})[b"huggingface"])["info"]["features"]
        return [str(name) for name in features[column]["names"]]
    return []


def _class_name(value: object, class_names: Sequence[str]) -> str:
    if isinstance(value, int) and 0 <= value < len(class_names):
        return class_names[value]
    return short(str(value), 40)


def _split(row: Mapping[str, object], chosen: Mapping[str, str]) -> str | None:
    if "split" not in chosen:
        return None
    usage = short(str(row[chosen["split"]]))
    split = split_of(usage)
    if split is None:
        raise BadDataset(f"its usage is {usage!r}")
    return split


def _picture(value: object, longest: int | None) -> Picture | bytes:
    if isinstance(value, dict):
        value = value.get("bytes")
    if isinstance(value, str):
        return pixel_tables.pixels(value)
    if isinstance(value, list):
        flat = np.array(value, dtype=object).ravel()
        return pixel_tables.pixels(" ".join(map(str, flat)))
    if not isinstance(value, bytes):
        raise BadDataset("it has no bytes of a picture")
    return value if longest is None else decoded(value, longest)


def _checked_counts(values: list[object]) -> NDArray[np.int64]:
    if not all(isinstance(value, int) and 0 <= value <= MAX_VOTES for value in values):
        raise BadDataset(f"its votes are {short(str(values))}; expected whole numbers")
    return np.array(values, np.int64)
