"""ONNX Runtime sessions, made in one way for the whole program."""

from __future__ import annotations

import os

import onnxruntime

from fer.engine.model import first_line
from fer.errors import BadModel

ENGINE_FILE = "model.onnx"
THREADS = min(2, os.cpu_count() or 1)
_threads = THREADS


def use_threads(number: int) -> None:
    """How many threads the engines that this process opens from now on use."""
    global _threads
    _threads = number


def session_of(data: bytes, called: str) -> onnxruntime.InferenceSession:
    """A session for an engine's bytes, as all of this program are. Raises `BadModel`, which begins
    with how the engine is `called`."""
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
        raise BadModel(f"{called} cannot be opened: {first_line(error)}.") from None


def engine_of(name: str) -> str:
    """What messages call the engine file of a model."""
    return f"{ENGINE_FILE} of the model {name!r}"
