"""The epochs in a run's `metrics.jsonl`, read while a job adds to them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from msgspec import Meta, Struct

from fer.figures import Share, Table, checked
from fer.storage import files

Seconds = Annotated[float, Meta(ge=0, le=1e9)]


class Epoch(Struct, frozen=True):
    """What every line holds; losses are no numbers where training diverged."""

    epoch: Annotated[int, Meta(ge=1, le=10**6)]
    seconds: Seconds
    learning_rate: float
    loss: float
    accuracy: Share
    val_loss: float
    val_accuracy: Share
    recall: dict[str, Share | None]
    confusion: Table


def read(path: Path) -> list[dict[str, Any]]:
    """The finished epochs, in order. A half-written last line is left for the next reading; a line
    that is no epoch is passed over."""
    try:
        with path.open("rb") as file:
            rows, _ = files.json_rows(file.read(files.MOST_JSON_BYTES))
    except FileNotFoundError:
        return []
    return [row for row in rows if _is_epoch(row)]


def _is_epoch(row: dict[str, Any]) -> bool:
    try:
        checked(Epoch, row, "epoch")
    except ValueError:
        return False
    return True
