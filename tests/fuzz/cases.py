"""Kinds of files, how each is damaged, and who reads it, which may raise `FerError` alone."""

from __future__ import annotations

import itertools
import os
import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from fer import images, registry
from fer.data import inspection, loading
from fer.errors import FerError
from fer.runs import store
from fer.video import reading
from tests.fuzz import mutations, seeds

Seeds = tuple[tuple[str, bytes], ...]


@dataclass(frozen=True)
class Kind:
    sound: Callable[[], Seeds]
    mutate: Callable[[bytes, list[bytes], random.Random], bytes]
    read: Callable[[Path], object]


def picture(path: Path) -> None:
    images.decode(path.read_bytes(), path.name)


def faces(path: Path) -> None:
    data = loading.load(path)
    inspection.inspect(data)
    with loading.opened(path) as as_it_is:
        len(as_it_is)


def card(path: Path) -> None:
    """As pages read it: among models, or among runs."""
    os.environ["FER_MODELS"], os.environ["FER_RUNS"] = str(path.parent), str(path.parent)
    if path.name == "active.json":
        registry.active()
        return
    inside = path.parent / "one"
    inside.mkdir(exist_ok=True)
    path.rename(inside / path.name)
    if path.name == "card.json":
        registry.card("one")
        return
    store.listing()
    run = store.Run(inside)
    run.status()
    run.metrics()
    run.settings  # noqa: B018 - it reads the file


def film(path: Path) -> None:
    with reading.opened(path) as opened:
        for frame in itertools.islice(opened.frames(), 40):
            frame.image(64)


KINDS = {
    "picture": Kind(seeds.pictures, mutations.of_bytes, picture),
    "table": Kind(seeds.tables, mutations.of_text, faces),
    "zip": Kind(seeds.zips, mutations.of_bytes, faces),
    "card": Kind(seeds.cards, mutations.of_text, card),
    "film": Kind(seeds.moving, mutations.of_bytes, film),
}


def write(kind: str, number: int, folder: Path) -> Path:
    """The file of a case."""
    chance = random.Random(f"{kind} {number}")
    sound = KINDS[kind].sound()
    name, data = chance.choice(sound)
    path = folder / name
    path.write_bytes(KINDS[kind].mutate(data, [other for _, other in sound], chance))
    return path


def read(kind: str, path: Path) -> str:
    """ "read", or the sentence with which it was refused. Any other error is a finding."""
    try:
        KINDS[kind].read(path)
    except FerError as error:
        if "\n" in str(error) or not str(error).strip():
            raise AssertionError(f"no sentence: {error!r}") from error
        if str(path.parent) in str(error):
            raise AssertionError(f"it tells a folder of the server: {error}") from error
        return str(error)
    return "read"
