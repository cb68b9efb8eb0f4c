"""What a sweep tries: settings that are fixed, settings that vary, and how many trials."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from fer.errors import BadSettings, FerError
from fer.runs import settings as training_settings, store
from fer.runs.settings import TrainSettings
from fer.storage import files

MOST_TRIALS = 1000
MOST_BYTES = 1024**2
_RANGE = {"low", "high", "log"}
_EXPONENT = re.compile(r"[-+]?\d+(\.\d*)?[eE][-+]?\d+")
_FIXED = ("data", "votes", "classes", "epochs", "name", "labels", "limit", "teachers")
"""What trials must share so that their validation accuracies can be compared."""


@dataclass(frozen=True, slots=True)
class SweepSettings:
    """`settings` as `train --settings` takes them; `search`: for each setting that varies, a list
    of values or `{"low", "high", "log"}`. Early stopping (ASHA, Li et al. 2020) compares trials
    after `grace` epochs and at powers of `reduction` times as many, and goes on with the best
    1/`reduction` of them. Raises `BadSettings` where a trial could not be."""

    settings: Mapping[str, Any]
    search: Mapping[str, Any]
    trials: int = 8
    grace: int = 1
    reduction: int = 3
    seed: int = 0
    name: str | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        for name in ("settings", "search"):
            if not isinstance(getattr(self, name), Mapping) or not getattr(self, name):
                raise BadSettings(f"{name} of a sweep must name settings and their values.")
        for name, low, high in (
            *(("trials", 1, MOST_TRIALS), ("grace", 1, 1000)),
            *(("reduction", 2, 100), ("seed", 0, 2**31 - 1)),
        ):
            value = getattr(self, name)
            if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
                raise BadSettings(f"{name} is {value!r}; use a whole number from {low} to {high}.")
        for name in self.search:
            if name in _FIXED:
                raise BadSettings(f"{name} cannot vary: trials could not be compared.")
            for value in _ends(name, self.search[name]):
                self.trial({name: value})

    def trial(self, values: Mapping[str, Any]) -> TrainSettings:
        """The settings of a trial with these values for what varies. Raises `BadSettings`."""
        try:
            return training_settings.from_dict({**self.settings, "name": None, **values})
        except FerError as error:
            tried = ", ".join(f"{name} {value}" for name, value in values.items())
            raise BadSettings(f"a trial with {tried} cannot be: {error}") from None

    def as_dict(self) -> dict[str, Any]:
        return dataclasses.asdict(self)


def read(path: Path) -> SweepSettings:
    """The sweep that a YAML or JSON file describes. Raises `BadSettings`."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise BadSettings(f"{path} is larger than {MOST_BYTES // 1024} KB.")
        values = _with_numbers(yaml.safe_load(path.read_text("utf-8")))
    except (OSError, ValueError, yaml.YAMLError, RecursionError) as error:
        reason = " ".join(files.reason_of(error).split())
        raise BadSettings(f"the settings file {path} cannot be read: {reason}.") from None
    return from_dict(values)


def from_dict(values: Any) -> SweepSettings:
    known = [item.name for item in dataclasses.fields(SweepSettings)]
    if not isinstance(values, dict) or not {"settings", "search"} <= set(values) <= set(known):
        raise BadSettings(f"a sweep has settings and search, and may have {', '.join(known[2:])}.")
    return SweepSettings(**values)


def folder(sweep_id: str) -> Path:
    """Where a sweep is kept, below the training runs."""
    return store.folder() / "sweeps" / sweep_id


def keep(sweep_id: str, sweep: SweepSettings) -> None:
    """Writes what is needed to go on with a sweep."""
    try:
        folder(sweep_id).mkdir(parents=True, exist_ok=True)
        text = json.dumps(sweep.as_dict(), indent=1)
        files.replace_file(folder(sweep_id) / store.SWEEP_FILE, text.encode())
    except OSError as error:
        raise FerError(f"the sweep cannot be written: {files.reason_of(error)}.") from None


def kept(sweep_id: str) -> SweepSettings:
    """The settings of a sweep that was begun. Raises `FerError`."""
    try:
        return from_dict(files.json_object(folder(sweep_id) / store.SWEEP_FILE))
    except (OSError, ValueError):
        raise FerError(f"there is no sweep {sweep_id[:80]!r} in {store.folder()}.") from None


def trials(sweep_id: str) -> list[store.Run]:
    """The runs of a sweep, in order."""
    return sorted(
        (run for run in store.listing() if run.sweep is not None and run.sweep.id == sweep_id),
        key=lambda run: run.id,
    )


def _ends(name: str, values: Any) -> Iterator[Any]:
    """All values of a list, or both ends of a range. Raises `BadSettings`."""
    if isinstance(values, list) and values:
        yield from values
        return
    found: dict[str, Any] = values if isinstance(values, dict) else {}
    low: Any = found.get("low")
    high: Any = found.get("high")
    is_range = isinstance(low, int | float) and isinstance(high, int | float) and low < high
    if not is_range or set(found) - _RANGE:
        raise BadSettings(
            f"{name} takes a list of values, or low and high, of which low is less; got {values!r}."
        )
    if found.get("log") and not float(low) > 0:
        raise BadSettings(f"{name} from {low} on a log scale cannot be: low must be above 0.")
    yield from (low, high)


def _with_numbers(value: Any) -> Any:
    """YAML takes 1e-3 for a text."""
    if isinstance(value, dict):
        return {key: _with_numbers(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_with_numbers(item) for item in value]
    return float(value) if isinstance(value, str) and _EXPONENT.fullmatch(value) else value
