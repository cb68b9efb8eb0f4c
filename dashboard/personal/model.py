"""The visitor's own model: in the memory of one browser session, and never among the published."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol, runtime_checkable

import streamlit as st

from dashboard.server import workspaces
from fer import registry
from fer.engine import Model, open_bytes, trial
from fer.engine.session import ENGINE_FILE
from fer.errors import BadModel
from fer.model_card import ModelCard, card_text
from fer.storage import files
from fer.teaching import personal

NAME = "your model"
"""What it is called in this session; no published model can be."""
FOLDER = "your-model"
"""What it is called in the private folder of a command."""
PAGES = ("live", "photos", "video")
_KEY = "_personal_model"
_trying = threading.Lock()
"""A server tries one foreign engine at a time: each may take a gigabyte and a minute."""


@runtime_checkable
class Holder(Protocol):
    """What a page keeps in the session, if an open model is in it."""

    def let_go_of(self, model: str) -> None:
        """Drops whatever holds the open model of that name."""


@dataclass(frozen=True, slots=True, eq=False)
class PersonalModel:
    """An open model, and the zip that it came from."""

    model: Model = field(repr=False)
    archive: bytes = field(repr=False)

    def write(self, models: Path) -> Path:
        """Writes it into a folder of models for a command, and returns that. Raises `FerError`."""
        card, engine = personal.contents(self.archive)
        try:
            folder = models / FOLDER
            folder.mkdir(parents=True)
            for name, data in ((personal.CARD, card_text(card).encode()), (ENGINE_FILE, engine)):
                with files.private(folder / name) as file:
                    file.write(data)
        except OSError as error:
            reason = files.reason_of(error)
            raise BadModel(f"your model cannot be written: {reason}.") from None
        return models

    def engine(self) -> bytes:
        """The bytes of its engine file. Raises `FerError`."""
        return personal.contents(self.archive)[1]

    def publish(self, name: str) -> ModelCard:
        """Publishes it by a name. Raises `FerError`."""
        return personal.publish(self.archive, name)


def opened(archive: bytes, *, is_ours: bool = False) -> PersonalModel:
    """The model in a zip. One that was not made here just now is tried in a process of its own
    before this one opens it. Raises `BadModel`."""
    card, engine = personal.contents(archive)
    if not is_ours:
        _try_out(card, engine)
    model = open_bytes(card, engine)
    return PersonalModel(replace(model, card=replace(card, name=NAME)), archive)


def _try_out(card: ModelCard, engine: bytes) -> None:
    folder = workspaces.new("trial")
    try:
        path = Path(folder.name, ENGINE_FILE)
        path.write_bytes(engine)
        with _trying:
            trial.check(path, card.input)
    except OSError as error:
        raise BadModel(f"the model cannot be tried: {files.reason_of(error)}.") from None
    finally:
        folder.cleanup()


def choice_key(page: str) -> str:
    """Under which the session keeps the name of the model that a page answers with."""
    return f"{page}-model"


def current() -> PersonalModel | None:
    """That of this session, if it has one."""
    found: PersonalModel | None = st.session_state.get(_KEY)
    return found


def named(name: str) -> PersonalModel | None:
    """That of this session if this is its name."""
    return current() if name == NAME else None


def use(own: PersonalModel) -> None:
    """Live, Photos and Video of this session answer with it, instead of one before."""
    st.session_state[_KEY] = own
    _choose(NAME)


def go_back() -> None:
    """A button's callback: they answer with the active model again."""
    _choose(registry.active())


def is_used() -> bool:
    """Whether a page of this session answers with it."""
    return any(st.session_state.get(choice_key(page)) == NAME for page in PAGES)


def forget() -> None:
    """Deletes it; the pages answer with the active model again where they used it."""
    if is_used():
        go_back()
    st.session_state.pop(_KEY, None)
    for value in st.session_state.values():
        if isinstance(value, Holder):
            value.let_go_of(NAME)


def names() -> list[str]:
    """The models that this session can use."""
    own = [NAME] if current() is not None else []
    return [*own, *registry.names()]


def load(name: str) -> Model:
    """A model that this session can use. Raises `FerError`."""
    own = named(name)
    return registry.load(name) if own is None else own.model


def card(name: str) -> ModelCard:
    """Its card. Raises `FerError`."""
    own = named(name)
    return registry.card(name) if own is None else own.model.card


def follow(page: str) -> None:
    """Before a page's field for the model is drawn: what is chosen there follows the active model
    until another one is chosen, and again where that is gone."""
    active, key, known = registry.active(), choice_key(page), _active_key(page)
    chosen, before = st.session_state.get(key), st.session_state.get(known)
    if chosen not in names() or (chosen == before and before != active):
        st.session_state[key] = active
    st.session_state[known] = active


def _choose(name: str) -> None:
    for page in PAGES:
        st.session_state[choice_key(page)] = name
        st.session_state[_active_key(page)] = registry.active()


def _active_key(page: str) -> str:
    """Under which the session keeps which model was the active one when it was on a page last."""
    return f"_active-on-{page}"
