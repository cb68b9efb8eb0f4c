"""Opening an engine: what it takes and gives is checked, and tried once, before anybody uses it."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import onnxruntime

from fer.emotions import NUM_EMOTIONS
from fer.engine import admission, interface, limited
from fer.engine.external_data import has_external_data
from fer.engine.model import Model, first_line
from fer.engine.session import ENGINE_FILE, engine_of, session_of
from fer.errors import BadModel
from fer.model_card import ModelCard

MOST_BYTES = 1024**3
"""The largest engine file that is opened."""
TRIAL_SECONDS = 30.0
"""How long an engine may take for two faces when it is opened; the shipped ones take 0.02."""
_TRIAL_FACES = 2


def open_model(card: ModelCard, path: Path) -> Model:
    """The model in a folder whose card is read. Raises `BadModel` for an engine that cannot serve:
    damaged, with another input or output than a model has, failing, endless, or not admitted."""
    file = path / ENGINE_FILE
    data = _engine_bytes(card, file)
    _check_bytes(card, data)
    admission.admit(card, file)
    return _opened(card, data)


def open_bytes(card: ModelCard, data: bytes) -> Model:
    """The model of a card and the bytes of its engine file, which whoever calls this vouches for.
    Raises `BadModel` as `open_model`."""
    _check_bytes(card, data)
    return _opened(card, data)


def _opened(card: ModelCard, data: bytes) -> Model:
    session = session_of(data, engine_of(card.name))
    interface.check(session, card.input, engine_of(card.name))
    _try_out(session, card)
    return Model(card, session, card.prior())


def _engine_bytes(card: ModelCard, file: Path) -> bytes:
    try:
        if file.stat().st_size > MOST_BYTES:
            raise BadModel(f"{engine_of(card.name)} is larger than {MOST_BYTES // 1024**2:,} MB.")
        return file.read_bytes()
    except OSError:
        raise BadModel(f"the model {card.name!r} has no file {file.name}.") from None


def _check_bytes(card: ModelCard, data: bytes) -> None:
    """The engine file must be the one on the card, with all weights inside."""
    if card.files.get(ENGINE_FILE) != hashlib.sha256(data).hexdigest():
        raise BadModel(f"{engine_of(card.name)} is not the file that its card describes.")
    try:
        is_elsewhere = has_external_data(data)
    except ValueError as error:
        raise BadModel(f"{engine_of(card.name)} cannot be opened: {error}.") from None
    if is_elsewhere:
        raise BadModel(
            f"{engine_of(card.name)} keeps weights in another file, which the card does not cover. "
            "Save it with its weights inside."
        )


def _try_out(session: onnxruntime.InferenceSession, card: ModelCard) -> None:
    """One call, which is ended where it takes too long."""
    faces = np.zeros((_TRIAL_FACES, *card.input.shape), np.float32)
    try:
        outputs = limited.first_output(session, faces, TRIAL_SECONDS)
    except TimeoutError as error:
        raise BadModel(f"{engine_of(card.name)} cannot be used: {error}.") from None
    except Exception as error:  # noqa: BLE001 - the engine raises types of its own
        reason = first_line(error)
        raise BadModel(f"{engine_of(card.name)} fails on {_TRIAL_FACES} faces: {reason}.") from None
    if outputs.shape != (_TRIAL_FACES, NUM_EMOTIONS):
        raise BadModel(
            f"{engine_of(card.name)} returns the shape {outputs.shape} for {_TRIAL_FACES} faces; "
            f"expected {(_TRIAL_FACES, NUM_EMOTIONS)}."
        )
