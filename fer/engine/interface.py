"""What every engine takes and gives: pixels of any number of faces, and their probabilities."""

from __future__ import annotations

import onnxruntime

from fer.errors import BadModel
from fer.model_card import InputSpec


def check(session: onnxruntime.InferenceSession, spec: InputSpec, called: str) -> None:
    """Raises `BadModel`, which begins with how the engine is `called`, for another input or
    output."""
    _check_input(session, spec, called)
    _check_output(session, called)


def _check_input(session: onnxruntime.InferenceSession, spec: InputSpec, called: str) -> None:
    inputs = session.get_inputs()
    if len(inputs) != 1:
        raise BadModel(f"{called} has {len(inputs)} inputs; a model has one: the pixels.")
    first = inputs[0]
    if first.name != "pixels" or tuple(first.shape[1:]) != spec.shape:
        raise BadModel(f"{called} takes another input than its card says.")
    if first.type != "tensor(float)":
        raise BadModel(f"{called} takes {first.type}; pixels are tensor(float).")
    if isinstance(first.shape[0], int):
        raise BadModel(
            f"{called} takes exactly {first.shape[0]} faces at a time; a model takes "
            "any number. Save it with a free first dimension."
        )


def _check_output(session: onnxruntime.InferenceSession, called: str) -> None:
    outputs = session.get_outputs()
    if not outputs or outputs[0].type != "tensor(float)":
        given = outputs[0].type if outputs else "nothing"
        raise BadModel(f"{called} returns {given}; probabilities are tensor(float).")
