"""JSON and CSV that grow picture by picture: what an interrupted run wrote can be gone on with."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from fer.errors import FerError
from fer.inference import records
from fer.storage import spreadsheets

STDOUT = "-"


class Output(Protocol):
    """Where records go."""

    def add(self, record: Mapping[str, Any]) -> None:
        """Writes a picture's record. Raises `FerError` where that cannot be."""
        ...

    def close(self) -> None:
        """Writes what belongs behind the last record."""
        ...


class JsonList:
    """A JSON list with a record a picture, as `json.dumps(all_records, indent=1)` gives it.

    `keep`: so many bytes of the file are left, which end with a record; 0 begins anew.
    """

    def __init__(self, target: str, keep: int = 0) -> None:
        self._file = _Target(target, keep)
        self._is_empty = keep == 0
        if self._is_empty:
            self._file.write("[")

    def add(self, record: Mapping[str, Any]) -> None:
        text = json.dumps(record, indent=1).replace("\n", "\n ")
        self._file.write(("\n " if self._is_empty else ",\n ") + text)
        self._is_empty = False

    def close(self) -> None:
        self._file.write("]\n" if self._is_empty else "\n]\n")
        self._file.close()


class CsvTable:
    """A row a face under a header line, see `records.table`; `keep` as for `JsonList`."""

    def __init__(self, target: str, keep: int = 0) -> None:
        self._file = _Target(target, keep)
        if keep == 0:
            self._file.write(spreadsheets.csv_text(records.COLUMNS, ()))

    def add(self, record: Mapping[str, Any]) -> None:
        self._file.write(records.csv_text([record]).partition("\n")[2])

    def close(self) -> None:
        self._file.close()


class Lines:
    """A line a face on standard output, or one that says that a picture has none."""

    def add(self, record: Mapping[str, Any]) -> None:
        rows = records.table([record])
        for row in rows:
            label = "unsure" if row["uncertain"] else row["label"]
            print(f"{row['file']}  face {row['face']}  {label}  {row['confidence']:.0%}")
        if not rows and "error" not in record:
            print(f"{record['file']}  no face found")

    def close(self) -> None:
        """Nothing belongs behind the last line."""


class _Target:
    """A file, or standard output for "-"; what is written reaches it at once."""

    def __init__(self, target: str, keep: int) -> None:
        self._name = target
        self._file = None
        if target == STDOUT:
            return
        try:
            self._file = Path(target).open("r+b" if keep else "wb")  # noqa: SIM115 - `close` does
            self._file.truncate(keep)
            self._file.seek(keep)
        except OSError as error:
            raise self._error(error) from None

    def write(self, text: str) -> None:
        if self._file is None:
            sys.stdout.write(text)
            return
        try:
            self._file.write(text.encode("utf-8", "backslashreplace"))
            self._file.flush()
        except OSError as error:
            raise self._error(error) from None

    def close(self) -> None:
        if self._file is not None:
            self._file.close()

    def _error(self, error: OSError) -> FerError:
        return FerError(f"{self._name} cannot be written: {error.strerror}.")
