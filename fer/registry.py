"""Model folders: listing, loading, publishing and activating models."""

from __future__ import annotations

import dataclasses
import hashlib
import itertools
import json
import os
import re
import secrets
import shutil
import threading
import unicodedata
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import onnxruntime
from numpy.typing import NDArray

from fer import folders
from fer.emotions import NUM_EMOTIONS
from fer.errors import BadModel, BadPrior, NameTaken, UnknownModel
from fer.files import replace_file
from fer.metrics import with_temperature
from fer.model_card import InputSpec, ModelCard
from fer.permission import require_training
from fer.prior import Prior, PriorLike, adjusted

DEFAULT = "crowd"
"""The shipped model that is used until another is activated."""

SHIPPED = ("crowd", "crowd-small", "fer2013")

MAX_NAME = 64
NAME = re.compile(rf"[a-z0-9][a-z0-9_-]{{0,{MAX_NAME - 1}}}")
THREADS = min(2, os.cpu_count() or 1)
BATCH = 256

_ACTIVE = "active.json"
_SHARES = ("training_shares", "assumed_shares")
_MOST_LOADED = 4
_ROUNDING = 1e-2


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """A loaded model folder and the prior it predicts with. Its one ONNX Runtime session is called
    from any thread, unlocked. Equal models give equal predictions."""

    card: ModelCard
    session: onnxruntime.InferenceSession
    prior: Prior

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Model)
            and self.card is other.card
            and self.session is other.session
            and self.prior == other.prior
        )

    def __hash__(self) -> int:
        return hash((id(self.card), id(self.session), self.prior))

    @property
    def uncertain_below(self) -> float:
        """The confidence under which a prediction is unsure."""
        return self.card.uncertain_below_under(self.prior)

    def with_prior(self, prior: PriorLike | None) -> Model:
        """The same model with another prior: a name, shares, or None for the card's default.

        Raises `BadPrior` for one that this model cannot use.
        """
        return dataclasses.replace(self, prior=self.card.prior(prior))

    def probabilities(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Float32 (N, 7) after temperature and prior for uint8 (N, height, width, channels).

        Raises `BadModel` if the outputs of the network are not probabilities.
        """
        if len(pixels) == 0:
            return np.empty((0, NUM_EMOTIONS), np.float32)
        batches = []
        for start in range(0, len(pixels), BATCH):
            batch = pixels[start : start + BATCH].astype(np.float32)
            batches.append(
                self.session.run([self.session.get_outputs()[0].name], {"pixels": batch})[0]
            )
        raw = np.concatenate(batches)
        if raw.shape != (len(pixels), NUM_EMOTIONS) or not _are_probabilities(raw):
            raise BadModel(
                f"the model {self.card.name!r} does not return seven finite probabilities for each "
                "face. Choose another model."
            )
        tempered = with_temperature(raw, self.card.temperature)
        shares, assumed = self.prior.shares, self.card.assumed_shares
        if shares is None or assumed is None or shares == assumed:
            return tempered
        return adjusted(tempered, shares, assumed)


def folder() -> Path:
    """Where models live and are published: `FER_MODELS`, or as `folders` says."""
    return folders.models()


def names() -> list[str]:
    """Names of all model folders, sound or not, in order."""
    cards = [path for root in _roots() for path in root.glob("*/card.json")]
    return sorted({path.parent.name for path in cards if _is_name(path)})


def check_name(name: str) -> str:
    """The name, if a model may be called that. Raises `BadModel`."""
    if not NAME.fullmatch(name):
        possible = _plain(name)
        raise BadModel(
            f"{name!r} cannot name a model; use up to {MAX_NAME} small letters, digits, - and _, "
            "beginning with a letter or digit" + (f", such as {possible}." if possible else ".")
        )
    return name


def name_from(text: str) -> str:
    """The name that a model gets whose user wrote that text; "" for blanks.

    Raises `BadModel` where no letter or digit is left.

    >>> name_from("My faces!")
    'my-faces'
    """
    return _plain(text) or check_name(text) if text.strip() else ""


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
        values = json.loads(path.read_text("utf-8"))
        known = {field.name for field in dataclasses.fields(ModelCard)}
        fields = {key: value for key, value in values.items() if key in known}
        spec = InputSpec(**fields.pop("input"))
        labels = tuple(fields["labels"])
        return ModelCard(**{**fields, "name": name, "labels": labels, "input": spec})
    except FileNotFoundError:
        raise _unknown(name) from None
    except (OSError, ValueError, TypeError, KeyError, AttributeError, BadPrior) as error:
        raise BadModel(f"the card of the model {name!r} cannot be used: {error}.") from None


def card_dict(card: ModelCard) -> dict[str, Any]:
    """A card as `card.json` holds it."""
    values = {field.name: getattr(card, field.name) for field in dataclasses.fields(ModelCard)}
    shares = {name: values[name] and list(values[name]) for name in _SHARES}
    return {
        **values,
        **shares,
        "elsewhere": [msgspec.to_builtins(row) for row in card.elsewhere],
        "labels": list(card.labels),
        "input": card.input.as_dict(),
    }


_loaded: OrderedDict[tuple[str, int], Model] = OrderedDict()
_loading = threading.Lock()


def load(name: str | None = None, prior: PriorLike | None = None) -> Model:
    """A loaded model; the active one without a name. Each is loaded once per process.

    `prior` as in `Model.with_prior`. Raises `UnknownModel` with the names that exist, `BadModel`
    where the folder is damaged, or `BadPrior`.
    """
    name = name or active()
    path = path_of(name)
    key = (str(path.resolve()), _changed(name, path))
    with _loading:
        if key not in _loaded:
            _loaded[key] = _open(name, path)
            while len(_loaded) > _MOST_LOADED:
                _loaded.popitem(last=False)
        _loaded.move_to_end(key)
        model = _loaded[key]
    return model if prior is None else model.with_prior(prior)


def publish(card: ModelCard, files: Mapping[str, Path]) -> ModelCard:
    """Copies files into a new model folder and writes its card, all or nothing.

    Returns the card with the hashes of its files. Raises `NameTaken` if there is such a model.
    """
    target = folder() / check_name(card.name)
    taken = NameTaken(f"there is a model {card.name!r} already; choose another name.")
    if target.exists() or card.name in names():
        raise taken
    temporary = folder() / f".{card.name}.{secrets.token_hex(4)}"
    try:
        temporary.mkdir(parents=True)
        for file_name, source in files.items():
            shutil.copyfile(source, temporary / file_name)
        hashes = {file_name: file_hash(temporary / file_name) for file_name in files}
        card = dataclasses.replace(card, files=hashes)
        text = json.dumps(card_dict(card), indent=2) + "\n"
        (temporary / "card.json").write_text(text, "utf-8")
        os.rename(temporary, target)
    except OSError as error:
        if target.exists():  # published by somebody else in the meantime
            raise taken from None
        raise BadModel(f"the model {card.name!r} could not be published: {error}.") from None
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return card


def publish_beside(card: ModelCard, files: Mapping[str, Path]) -> ModelCard:
    """`publish` under the card's name or, where that is taken, with -2, -3 … behind it."""
    name = card.name
    for number in itertools.count(2):
        try:
            return publish(card, files)
        except NameTaken:
            ending = f"-{number}"
            card = dataclasses.replace(card, name=name[: MAX_NAME - len(ending)] + ending)
    raise AssertionError("numbers do not end")


def rewrite(card: ModelCard) -> None:
    """Replaces the card of a published model, whole. Raises `BadModel` where that fails."""
    path = path_of(card.name) / "card.json"
    text = json.dumps(card_dict(card), indent=2) + "\n"
    try:
        replace_file(path, text.encode())
    except OSError as error:
        raise BadModel(f"{path} cannot be written: {error.strerror}.") from None


def active() -> str:
    """Name of the model in use: the activated one, else the shipped default."""
    return _activation().get("active", DEFAULT)


def previous() -> str | None:
    """Name of the model that `go_back` returns to, if there is one."""
    return _activation().get("previous")


def activate(name: str) -> None:
    """Makes every page, function and command use a model, once it is checked.

    Raises `NotAllowed` under `FER_TRAINING=off`, as `go_back` and `delete` do.
    """
    require_training()
    load(name)
    if name != active():
        _write_activation(name, active())


def go_back() -> str:
    """Undoes the last `activate` and returns the name now in use. Raises `BadModel`."""
    require_training()
    name = previous()
    if name is None:
        raise BadModel("no model was activated before this one, so there is none to go back to.")
    load(name)
    _write_activation(name, active())
    return name


def delete(name: str) -> None:
    """Deletes a model for good. Raises `BadModel` for a shipped one and for the active one."""
    require_training()
    path = path_of(name)
    if name in SHIPPED:
        raise BadModel(f"the model {name!r} came with the program and cannot be deleted.")
    if name == active():
        raise BadModel(f"the model {name!r} is in use. Use another one, then delete it.")
    leaving = folder() / f".deleted-{secrets.token_hex(4)}"
    try:
        os.rename(path, leaving)  # a reader sees the whole model or none
    except OSError as error:
        raise BadModel(f"the model {name!r} cannot be deleted: {error.strerror}.") from None
    shutil.rmtree(leaving, ignore_errors=True)


def engine_bytes(name: str) -> int:
    """Size of a model's engine file; 0 where it has none."""
    try:
        return (path_of(name) / "model.onnx").stat().st_size
    except FileNotFoundError:
        return 0


def file_hash(path: Path) -> str:
    """SHA-256 of a file in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _is_name(path: Path) -> bool:
    return NAME.fullmatch(path.parent.name) is not None


def _plain(text: str) -> str:
    """Its letters without accents and its digits, with - between them."""
    ascii_text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9_]+", "-", ascii_text)[:MAX_NAME].strip("-_")


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


def _open(name: str, path: Path) -> Model:
    model_card = card(name)
    engine = path / "model.onnx"
    try:
        digest = file_hash(engine)
    except OSError:
        raise BadModel(f"the model {name!r} has no file model.onnx.") from None
    if model_card.files.get("model.onnx") != digest:
        raise BadModel(f"model.onnx of the model {name!r} is not the file that its card describes.")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = THREADS
    options.inter_op_num_threads = 1
    # Threads that spin while they wait for the next frame of a stream eat a whole core.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        session = onnxruntime.InferenceSession(
            str(engine), options, providers=["CPUExecutionProvider"]
        )
    except Exception as error:  # noqa: BLE001 - the engine raises types of its own
        reason = str(error).split("\n")[0][:160]
        raise BadModel(f"model.onnx of the model {name!r} cannot be opened: {reason}.") from None
    shape = session.get_inputs()[0].shape
    if session.get_inputs()[0].name != "pixels" or tuple(shape[1:]) != model_card.input.shape:
        raise BadModel(f"model.onnx of the model {name!r} takes another input than its card says.")
    return Model(model_card, session, model_card.prior())


def _are_probabilities(rows: NDArray[np.float32]) -> bool:
    """Whether rows (N, 7) are finite, not negative and sum to 1, but for rounding."""
    sums = rows.sum(axis=1)  # no number if one of them is none
    return bool((rows >= -_ROUNDING).all() and (np.abs(sums - 1) <= _ROUNDING).all())


def _activation() -> dict[str, str]:
    """The entries of `active.json` that name existing models; empty if it is absent or broken."""
    try:
        values = json.loads((folder() / _ACTIVE).read_text("utf-8"))
        existing = {
            key: values[key] for key in ("active", "previous") if values.get(key) in names()
        }
        return existing if "active" in existing else {}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def _write_activation(name: str, before: str) -> None:
    temporary = folder() / f".{_ACTIVE}.{secrets.token_hex(4)}"
    try:
        folder().mkdir(parents=True, exist_ok=True)
        temporary.write_text(json.dumps({"active": name, "previous": before}) + "\n", "utf-8")
        os.replace(temporary, folder() / _ACTIVE)
    except OSError as error:
        raise BadModel(
            f"the folder of models cannot be written: {error.strerror or error}."
        ) from None
    finally:
        temporary.unlink(missing_ok=True)
