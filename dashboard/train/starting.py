"""Starting and resuming runs from the page: so many at a time for one visitor."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress

from dashboard.server.visitors import identity
from dashboard.server.visitors.places import Places
from fer.errors import BadRun
from fer.runs import launcher, store
from fer.runs.settings import TrainSettings
from fer.runs.store import Run

PLACES = Places(launcher.MOST_WAITING + 1, 3, "runs are waiting or training")
_visitors: dict[str, str] = {}
"""Who started or resumed a run, by its id, as far as this server knows."""
_lock = threading.Lock()


def start(settings: TrainSettings) -> Run:
    """Starts a run for the visitor of this page. Raises `FerError`."""
    return _counted(lambda: launcher.start(settings))


def resume(run: Run) -> Run:
    """Resumes a run for the visitor of this page. Raises `FerError`."""
    return _counted(lambda: launcher.resume(run))


def _counted(begin: Callable[[], Run]) -> Run:
    visitor = identity.current()
    with _lock:
        for run_id in [run_id for run_id in _visitors if not _is_active(run_id)]:
            del _visitors[run_id]
        PLACES.check(visitor, _visitors.values())
        run = begin()
        _visitors[run.id] = visitor
    return run


def _is_active(run_id: str) -> bool:
    with suppress(BadRun):  # it was deleted
        return store.get(run_id).status().is_active
    return False
