"""Model folders: listing, loading, publishing and activating models."""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
import os
import secrets
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

from fer.engine import BATCH as BATCH, THREADS as THREADS, Model as Model, admission, open_model
from fer.engine.cache import opened
from fer.engine.session import ENGINE_FILE
from fer.errors import BadModel, NameTaken, UnknownModel
from fer.model_card import ModelCard, card_dict as card_dict, card_from, card_text
from fer.model_card.names import MAX_NAME, NAME, check_name as check_name, name_from as name_from
from fer.permission import require
from fer.prior import PriorLike
from fer.storage import active_model, folders
from fer.storage.files import (
    file_hash as file_hash,
    hidden_folder,
    json_object,
    reason_of,
    remove_leftovers,
    replace_file,
)

DEFAULT = "crowd"
"""The shipped model that is used until another is activated."""

SHIPPED = ("crowd", "crowd-small", "fer2013")


def folder() -> Path:
    """Where models live and are published: `FER_MODELS`, or as `folders` says."""
    return folders.models()


def names() -> list[str]:
    """Names of all model folders, sound or not, in order."""
    folder_names = {path.parent.name for root in _roots() for path in root.glob("*/card.json")}
    return sorted(filter(NAME.fullmatch, folder_names))


def path_of(name: str) -> Path:
    """The folder of a model. Raises `UnknownModel` with the names that exist."""
    if NAME.fullmatch(name):
        for path in (root / name for root in _roots()):
            if (path / "card.json").is_file():
                return path
    raise _unknown(name)


def card(name: str) -> ModelCard:
    """The card of a model, which goes by its folder's name.

    Raises `UnknownModel`, or `BadModel` where the card is damaged.
    """
    path = path_of(name) / "card.json"
    try:
        return card_from(name, json_object(path))
    except FileNotFoundError:
        raise _unknown(name) from None
    except (OSError, ValueError) as error:
        reason = reason_of(error)
        raise BadModel(f"the card of the model {name!r} cannot be used: {reason}.") from None


def keras_file(name: str) -> Path:
    """The sound `model.keras` of a model, or of the model that it was quantised from, which holds
    the same network. Raises `BadModel` where there is none."""
    described, file = card(name), path_of(name) / "model.keras"
    if file.name not in described.files:
        for source, settings in described.settings.get("quantized_from", {}).items():
            if source in names() and dict(card(source).settings) == settings:
                return keras_file(source)
    if not file.is_file():
        raise BadModel(f"the model {name!r} has no file {file.name}.")
    if described.files.get(file.name) != file_hash(file):
        raise BadModel(f"{file.name} of the model {name!r} is not the file its card describes.")
    return file


def load(name: str | None = None, prior: PriorLike | None = None) -> Model:
    """A loaded model; the active one without a name. Each is loaded once per process.

    `prior` as in `Model.with_prior`. Raises `UnknownModel` with the names that exist, `BadModel`
    where the folder is damaged, or `BadPrior`.
    """
    name = active() if name is None else name
    path = path_of(name)
    key = (str(path.resolve()), _changed(name, path))
    model = opened(key, lambda: open_model(card(name), path))
    return model if prior is None else model.with_prior(prior)


@contextlib.contextmanager
def workshop() -> Iterator[Path]:
    """A hidden folder among the models, in which one is made, see `hidden_folder`.

    Raises `BadModel` where it cannot be written.
    """
    with contextlib.ExitStack() as stack:
        with _writing():
            path = stack.enter_context(hidden_folder(folder()))
        yield path


def publish(card: ModelCard, files: Mapping[str, Path]) -> ModelCard:
    """Copies files into a new model folder and writes its card, all or nothing. Whoever calls this
    vouches for its engine, which is opened without a trial.

    Returns the card with the hashes of its files. Raises `NameTaken` if there is such a model.
    """
    target = folder() / check_name(card.name)
    taken = NameTaken(f"there is a model {card.name!r} already; choose another name.")
    if target.exists() or card.name in names():
        raise taken
    try:
        with workshop() as temporary:
            for file_name, source in files.items():
                shutil.copyfile(source, temporary / file_name)
            hashes = {file_name: file_hash(temporary / file_name) for file_name in files}
            card = dataclasses.replace(card, files=hashes)
            (temporary / "card.json").write_text(card_text(card), "utf-8")
            os.rename(temporary, target)
    except OSError as error:
        if target.exists():  # published by somebody else in the meantime
            raise taken from None
        reason = reason_of(error)
        raise BadModel(f"the model {card.name!r} could not be published: {reason}.") from None
    if ENGINE_FILE in card.files:
        admission.remember(card)
    return card


def publish_beside(card: ModelCard, files: Mapping[str, Path]) -> ModelCard:
    """`publish` under the card's name or, where that is taken, with -2, -3 … behind it."""
    name = card.name
    for number in itertools.count(2):
        with contextlib.suppress(NameTaken):
            return publish(card, files)
        ending = f"-{number}"
        card = dataclasses.replace(card, name=name[: MAX_NAME - len(ending)] + ending)
    raise AssertionError("numbers do not end")


def rewrite(card: ModelCard) -> None:
    """Replaces the card of a published model, whole. Raises `BadModel` where that fails."""
    path = path_of(card.name) / "card.json"
    with _writing():
        replace_file(path, card_text(card).encode())


def active() -> str:
    """Name of the model in use: the activated one, else the shipped default."""
    return active_model.read(folder(), names()).get("active", DEFAULT)


def previous() -> str | None:
    """Name of the model that `go_back` returns to, if there is one."""
    return active_model.read(folder(), names()).get("previous")


def activate(name: str) -> None:
    """Makes every page, function and command use a model, once it is checked.

    Raises `NotAllowed` where `fer.permission` closes that, as `go_back` and `delete` do.
    """
    require("activate")
    load(name)
    if name != active():
        _use(name)


def go_back() -> str:
    """Undoes the last `activate` and returns the name now in use. Raises `BadModel`."""
    require("activate")
    name = previous()
    if name is None:
        raise BadModel("no model was activated before this one, so there is none to go back to.")
    load(name)
    _use(name)
    return name


def delete(name: str) -> None:
    """Deletes a model for good. Raises `BadModel` for a shipped one and for the active one."""
    require("delete")
    path = path_of(name)
    if name in SHIPPED:
        raise BadModel(f"the model {name!r} is built-in and cannot be deleted.")
    if name == active():
        raise BadModel(f"the model {name!r} is in use. Use another one, then delete it.")
    if path.is_symlink():
        raise BadModel(
            f"the model {name!r} is a link to a folder elsewhere, which is left alone. Remove the "
            "link by hand."
        )
    remove_leftovers(folder())
    leaving = folder() / f".deleted-{secrets.token_hex(4)}"
    with _writing():
        os.rename(path, leaving)  # a reader sees the whole model or none
    shutil.rmtree(leaving, ignore_errors=True)


def engine_bytes(name: str) -> int:
    """Size of a model's engine file; 0 where it has none."""
    try:
        return (path_of(name) / ENGINE_FILE).stat().st_size
    except FileNotFoundError:
        return 0


def _roots() -> list[Path]:
    """Where models are looked for, in this order: what was published here, then what came along."""
    shipped = folders.shipped_models()
    return [folder()] if shipped is None else [folder(), shipped]


def _unknown(name: str) -> UnknownModel:
    existing = ", ".join(names()) or f"none in the folder {folder()}"
    return UnknownModel(f"unknown model {name!r}; the models are: {existing}.")


def _changed(name: str, path: Path) -> int:
    """When the card was last written, in nanoseconds. Raises `UnknownModel` if it is gone."""
    try:
        return (path / "card.json").stat().st_mtime_ns
    except FileNotFoundError:
        raise _unknown(name) from None


def _use(name: str) -> None:
    before = active()
    with _writing():
        active_model.write(folder(), name, before)


@contextlib.contextmanager
def _writing() -> Iterator[None]:
    """Raises `BadModel` where the folder of models cannot be written."""
    try:
        yield
    except OSError as error:
        raise BadModel(f"the folder of models cannot be written: {reason_of(error)}.") from None
