"""What an interrupted run wrote: the whole pictures in its JSON or CSV, and where they end.

A process that is killed leaves a file that ends within a picture at worst. A table does not say
whether the rows of its last picture are all there, so that picture is read again.
"""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

from fer.errors import FerError
from fer.inference import records
from fer.inference.batch.outputs import STDOUT, CsvTable, JsonList, Output
from fer.inference.batch.summary import Summary
from fer.storage import spreadsheets

Kept = tuple[int, dict[str, Any]]
"""Where a picture's record ends in the file, in bytes, and the record."""

_NAMES = ("model", "detector", "prior", "search", "passes")


def json_records(path: Path) -> Iterator[Kept]:
    """The whole records of a list that `outputs.JsonList` wrote, one at a time.

    Raises `FerError` for a file that is no such list.
    """
    end, lines = 0, list[bytes]()
    with path.open("rb") as file:
        for line in file:
            end += len(line)
            lines.append(line)
            if line.rstrip(b",\n") == b" }":
                text = b"".join(lines).strip().removeprefix(b"[").removesuffix(b",")
                yield end - len(line) + len(b" }"), _record(text, path)
                lines = []
    if lines and not lines[0].startswith((b"[", b"]", b" {")):
        raise _not_ours(path)


def csv_records(path: Path) -> Iterator[Kept]:
    """The pictures of a table that `outputs.CsvTable` wrote, but for the last, with what the table
    has of their faces. Raises `FerError` for another table."""
    with path.open("rb") as file:
        lines = _WholeLines(file)
        reader = csv.reader(lines)
        head = next(reader, None)
        if head is not None and tuple(head) != records.COLUMNS:
            raise _not_ours(path)
        end, record = lines.end, dict[str, Any]()
        for cells in reader:
            if len(cells) != len(records.COLUMNS):
                return  # cut off within a name of several lines
            row = dict(zip(records.COLUMNS, cells, strict=True))
            if row["face"] == "1":
                if record:
                    yield end, record
                names = {name: row[name] for name in _NAMES}
                record = {"file": spreadsheets.text_of(row["file"]), **names, "faces": []}
            record["faces"].append(_face(row, path))
            end = lines.end


def open_outputs(
    json_target: str | None,
    csv_target: str | None,
    names: Mapping[str, Any],
    summary: Summary,
    resume: bool = False,
) -> tuple[list[Output], Counter[str]]:
    """The outputs, and how often each name (see `key_of`) is in them already.

    With `resume`, the summary counts what is there, and `names` of model, detector, prior,
    search and passes must be those it was made with. Of two files the JSON counts: the table is
    made from it. Raises `FerError`.
    """
    by_json = json_target not in (None, STDOUT)
    target = str(json_target if by_json else csv_target)
    kept: Iterator[Kept] = iter(())
    if resume and Path(target).exists():
        kept = json_records(Path(target)) if by_json else csv_records(Path(target))
    table = CsvTable(csv_target) if csv_target and by_json else None
    end, done = 0, Counter[str]()
    for kept_end, record in kept:
        end = kept_end
        _check_same(record, names, target)
        done[key_of(record["file"])] += 1
        summary.add(record)
        if table:
            table.add(record)
    outputs: list[Output] = []
    if json_target:
        outputs.append(JsonList(json_target, end if by_json else 0))
    if csv_target:
        outputs.append(table or CsvTable(csv_target, end))
    return outputs, done


def _check_same(record: Mapping[str, Any], names: Mapping[str, Any], target: str) -> None:
    """Raises `FerError` for a record that was made in another way than the rest would be."""
    for name in _NAMES:
        before, now = (str(value or "none") for value in (record.get(name), names[name]))
        if "error" not in record and before != now:
            raise FerError(
                f"{target} was made with {name} {before}, not {now}. Resume it with the same "
                "flags, or write to another file."
            )


def key_of(name: str) -> str:
    """A name as files have it: those that are not UTF-8 are written with escapes."""
    return name.encode("utf-8", "backslashreplace").decode()


class _WholeLines:
    """The decoded lines of a file that have an end; `end`: the bytes of those that were taken."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.end = 0

    def __iter__(self) -> _WholeLines:
        return self

    def __next__(self) -> str:
        line = self._file.readline()
        if not line.endswith(b"\n"):
            raise StopIteration
        self.end += len(line)
        return line.decode("utf-8", "replace")


def _record(text: bytes, path: Path) -> dict[str, Any]:
    try:
        record = json.loads(text)
    except ValueError:
        raise _not_ours(path) from None
    if not isinstance(record, dict) or not isinstance(record.get("file"), str):
        raise _not_ours(path)
    return record


def _face(row: Mapping[str, str], path: Path) -> dict[str, Any]:
    try:
        confidence = float(row["confidence"])
    except ValueError:
        raise _not_ours(path) from None
    return {
        "label": row["label"],
        "confidence": confidence,
        "uncertain": row["uncertain"] == "true",
    }


def _not_ours(path: Path) -> FerError:
    return FerError(
        f"{path.name} was not written by this command, so it cannot be resumed. Write to another "
        "file."
    )
