"""What is done again and again without a visitor: daemon threads, which end with the process."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

_log = logging.getLogger(__name__)
_names: set[str] = set()
_lock = threading.Lock()


def every(seconds: float, action: Callable[[], object], name: str) -> threading.Event:
    """Calls `action` every so many seconds in a thread of its own, until the event is set.

    An action that fails is logged and tried again, so that one bad file does not end it for good.
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


def once_a_process(seconds: float, action: Callable[[], object], name: str) -> None:
    """The same, for as long as the process lives, however often it is asked for."""
    with _lock:
        if name not in _names:
            _names.add(name)
            every(seconds, action, name)
