"""A cache of open models."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from fer.engine.model import Model

MOST_OPEN = 4

Key = tuple[str, int]


@dataclass(slots=True, eq=False)
class _Entry:
    opening: threading.Lock = field(default_factory=threading.Lock)
    model: Model | None = None


_entries: OrderedDict[Key, _Entry] = OrderedDict()
_changing = threading.Lock()


def opened(key: Key, open_it: Callable[[], Model]) -> Model:
    """The open model of a key; of several threads that need it at once, one opens it.

    Threads that need another model do not wait. A model that could not be opened is tried again at
    the next call.
    """
    with _changing:
        entry = _entries.setdefault(key, _Entry())
        _entries.move_to_end(key)
        while len(_entries) > MOST_OPEN:
            _entries.popitem(last=False)
    with entry.opening:
        if entry.model is None:
            entry.model = open_it()
        return entry.model
