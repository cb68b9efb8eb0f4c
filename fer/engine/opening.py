"""Opening an engine: what it takes and gives is checked, and tried once, before anybody uses it."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import numpy as np
import onnxruntime

from fer.emotions import NUM_EMOTIONS
from fer.engine import limited
from fer.engine.external_data import has_external_data
from fer.engine.model import Model, first_line
from fer.errors import BadModel
from fer.model_card import ModelCard

THREADS = min(2, os.cpu_count() or 1)
ENGINE_FILE = "model.onnx"
MOST_BYTES = 1024**3
"""The largest engine file that is opened."""
TRIAL_SECONDS = 30.0
"""How long an engine may take for two faces when it is opened; the shipped ones take 0.02."""
_TRIAL_FACES = 2
_threads = THREADS


def use_threads(number: int) -> None:
    """How many threads the engines that this process opens from now on use."""
    global _threads
    _threads = number


def open_model(card: ModelCard, path: Path) -> Model:
    """The model in a folder whose card is read. Raises `BadModel` for an engine that cannot serve:
    damaged, with another input or output than a model has, failing, or endless."""
    return open_bytes(card, _engine_bytes(card, path / ENGINE_FILE))


def open_bytes(card: ModelCard, data: bytes) -> Model:
    """The model of a card and the bytes of its engine file. Raises `BadModel` as `open_model`."""
    _check_bytes(card, data)
    session = session_of(data, card.name)
    _check_input(session, card)
    _check_output(session, card.name)
    _try_out(session, card)
    return Model(card, session, card.prior())


def _engine_bytes(card: ModelCard, file: Path) -> bytes:
    try:
        if file.stat().st_size > MOST_BYTES:
            raise BadModel(f"{_of(card.name)} is larger than {MOST_BYTES // 1024**2:,} MB.")
        return file.read_bytes()
    except OSError:
        raise BadModel(f"the model {card.name!r} has no file {file.name}.") from None


def _check_bytes(card: ModelCard, data: bytes) -> None:
    """The engine file must be the one on the card, with all weights inside."""
    if card.files.get(ENGINE_FILE) != hashlib.sha256(data).hexdigest():
        raise BadModel(f"{_of(card.name)} is not the file that its card describes.")
    try:
        is_elsewhere = has_external_data(data)
    except ValueError as error:
        raise BadModel(f"{_of(card.name)} cannot be opened: {error}.") from None
    if is_elsewhere:
        raise BadModel(
            f"{_of(card.name)} keeps weights in another file, which the card does not cover. "
            "Save it with its weights inside."
        )


def session_of(data: bytes, name: str) -> onnxruntime.InferenceSession:
    """A session for an engine's bytes, as all of this program are. Raises `BadModel`."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = _threads
    options.inter_op_num_threads = 1
    # An arena keeps what the largest batch ever needed; without it a face takes as long.
    options.enable_cpu_mem_arena = False
    # Threads that spin while they wait for the next frame of a stream eat a whole core.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        return onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # noqa: BLE001 - the engine raises types of its own
        raise BadModel(f"{_of(name)} cannot be opened: {first_line(error)}.") from None


def _check_input(session: onnxruntime.InferenceSession, card: ModelCard) -> None:
    inputs = session.get_inputs()
    if len(inputs) != 1:
        raise BadModel(f"{_of(card.name)} has {len(inputs)} inputs; a model has one: the pixels.")
    first = inputs[0]
    if first.name != "pixels" or tuple(first.shape[1:]) != card.input.shape:
        raise BadModel(f"{_of(card.name)} takes another input than its card says.")
    if first.type != "tensor(float)":
        raise BadModel(f"{_of(card.name)} takes {first.type}; pixels are tensor(float).")
    if isinstance(first.shape[0], int):
        raise BadModel(
            f"{_of(card.name)} takes exactly {first.shape[0]} faces at a time; a model takes any "
            "number. Save it with a free first dimension."
        )


def _check_output(session: onnxruntime.InferenceSession, name: str) -> None:
    outputs = session.get_outputs()
    if not outputs or outputs[0].type != "tensor(float)":
        given = outputs[0].type if outputs else "nothing"
        raise BadModel(f"{_of(name)} returns {given}; probabilities are tensor(float).")


def _try_out(session: onnxruntime.InferenceSession, card: ModelCard) -> None:
    """One call, which is ended where it takes too long."""
    faces = np.zeros((_TRIAL_FACES, *card.input.shape), np.float32)
    try:
        outputs = limited.first_output(session, faces, TRIAL_SECONDS)
    except TimeoutError as error:
        raise BadModel(f"{_of(card.name)} cannot be used: {error}.") from None
    except Exception as error:  # noqa: BLE001 - the engine raises types of its own
        reason = first_line(error)
        raise BadModel(f"{_of(card.name)} fails on {_TRIAL_FACES} faces: {reason}.") from None
    if outputs.shape != (_TRIAL_FACES, NUM_EMOTIONS):
        raise BadModel(
            f"{_of(card.name)} returns the shape {outputs.shape} for {_TRIAL_FACES} faces; "
            f"expected {(_TRIAL_FACES, NUM_EMOTIONS)}."
        )


def _of(name: str) -> str:
    return f"{ENGINE_FILE} of the model {name!r}"
