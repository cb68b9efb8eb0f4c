"""Repeated work without a visitor, in daemon threads, which end with the process."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

_log = logging.getLogger(__name__)
_names: set[str] = set()
_lock = threading.Lock()


def start(seconds: float, action: Callable[[], object], name: str) -> threading.Event:
    """Calls `action` every `seconds` in a thread of its own, until the returned event is set.

    An action that fails is logged and called again the next time.
    """
    stop = threading.Event()

    def repeat() -> None:
        while not stop.wait(seconds):
            try:
                action()
            except Exception:  # noqa: BLE001 - whatever it is, the next time may go well
                _log.exception("%s failed and will be tried again", name)

    threading.Thread(target=repeat, name=name, daemon=True).start()
    return stop


def start_once(seconds: float, action: Callable[[], object], name: str) -> None:
    """Starts the timer of that name, unless this process has it already."""
    with _lock:
        if name not in _names:
            _names.add(name)
            start(seconds, action, name)


def is_started(name: str) -> bool:
    """Whether `start_once` has started the timer of that name."""
    with _lock:
        return name in _names
