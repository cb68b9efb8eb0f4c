"""Which engine files this program opens in its own process: those it ships, those it made or
imported, and those that answered a batch of faces in a process with limited memory and time.

What was admitted is remembered beside the models, in `admitted.json`, so that it is tried once.
"""

from __future__ import annotations

import json
import threading
from contextlib import suppress
from pathlib import Path

from fer.engine import trial
from fer.engine.session import ENGINE_FILE, engine_of
from fer.model_card import ModelCard
from fer.storage import files, folders

SHIPPED = frozenset(
    {
        "03811863d596d8d39ad781b057ac6b669e6e573a1377e5f31cc4cec55d2c3a30",  # crowd
        "b7ea25b3d361453d19bfa00434aba07f5e03d246e19dde54cd599ec10e4d11d1",  # crowd-small
        "d1e3950a42c1ea99cd178e44790da5c870e28fca4dc1d2c915a1e4aa9ca9fe18",  # fer2013
    }
)
"""SHA-256 of the engines that come with this program."""
RECORD = "admitted.json"
MOST_REMEMBERED = 1000
_known: set[str] = set()
_writing = threading.Lock()


def admit(card: ModelCard, file: Path) -> None:
    """Raises `BadModel` for an engine that takes too much memory or time, or ends the program that
    runs it. Its file must be the one on the card."""
    if card.files[ENGINE_FILE] in SHIPPED or _key(card) in _known or _key(card) in _recorded():
        return
    trial.check(file, card.input, engine_of(card.name))
    remember(card)


def remember(card: ModelCard) -> None:
    """From now on the engine on this card is opened without a trial; where the folder of models
    cannot be written, by this process alone."""
    key = _key(card)
    _known.add(key)
    with _writing, suppress(OSError):
        engines = [other for other in _recorded() if other != key][1 - MOST_REMEMBERED :]
        text = json.dumps({"engines": [*engines, key]}, indent=1) + "\n"
        files.replace_file(folders.models() / RECORD, text.encode())


def _recorded() -> list[str]:
    """The keys that were written down; none where the file is absent or damaged."""
    with suppress(OSError, ValueError):
        engines = files.json_object(folders.models() / RECORD).get("engines")
        if isinstance(engines, list):
            return [engine for engine in engines if isinstance(engine, str)]
    return []


def _key(card: ModelCard) -> str:
    """An engine, and what it is given."""
    size = "x".join(map(str, card.input.shape))
    return f"{card.files[ENGINE_FILE]} {size}"
