"""Open models that are kept for the next one who asks."""

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
    """The open model of that key; of several that ask at once, one opens it.

    Nobody waits for a model of another key, which may take long. What cannot be opened is tried
    again by the next one.
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
