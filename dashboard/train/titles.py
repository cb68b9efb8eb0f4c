"""What runs are called on the page: by name, accuracy and date."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo

import streamlit as st

from dashboard.train import result
from fer import registry
from fer.errors import FerError
from fer.runs import store
from fer.runs.store import Run

_STAMP = "%Y%m%d-%H%M%S"


def name(run: Run) -> str:
    """The name of its model, or the network where none was given; a trial is counted."""
    try:
        settings = run.settings
    except FerError:
        return "damaged run"
    known = settings.name or settings.network
    return known if run.sweep is None else f"{known}, {trial(run)}"


def trial(run: Run) -> str:
    """``trial 3``: which one of its sweep a run is."""
    number = run.id.rpartition("-")[2]
    return f"trial {int(number) + 1}" if number.isdecimal() else run.id


def title(run: Run) -> str:
    """``resnet-1 · 71.5% · 25 Nov 2026, 14:05``; without a model ``best epoch 71.5%``."""
    accuracy = result.accuracy(run)
    what = "" if run.status().model else "best epoch "
    shown = "" if accuracy is None else f"{what}{accuracy:.1%} · "
    return f"{name(run)} · {shown}{date(run)}"


def titles(runs: Sequence[Run]) -> dict[str, str]:
    """The title of each run by its id; those that are alike are counted."""
    found: dict[str, str] = {}
    seen: Counter[str] = Counter()
    for run in reversed(runs):
        text = title(run)
        seen[text] += 1
        found[run.id] = text if seen[text] == 1 else f"{text} ({seen[text]})"
    return found


def date(run: Run) -> str:
    """When it was started, in the visitor's time zone; a trial when its sweep was."""
    return stamped(run.id)


def stamped(run_id: str) -> str:
    """The moment in the id of a run or a sweep, in the visitor's time zone."""
    stamp = "-".join(run_id.split("-")[:2])
    try:
        began = datetime.strptime(stamp, _STAMP).replace(tzinfo=UTC)
    except ValueError:  # a folder that somebody named
        return "unknown date"
    local = began.astimezone(_time_zone())
    return f"{local.day} {local:%b %Y, %H:%M}"


def free_name(network: str) -> str:
    """``resnet-2``: the first that no model and no run has."""
    taken = {*registry.names(), *map(name, store.listing())}
    numbered = (f"{network}-{number}" for number in itertools.count(1))
    return next(candidate for candidate in numbered if candidate not in taken)


def _time_zone() -> tzinfo:
    with suppress(KeyError, ValueError, TypeError, OSError):  # unknown to this computer
        return ZoneInfo(str(st.context.timezone))
    return UTC
