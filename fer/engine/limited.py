"""Calls of an engine, each with a time limit: its maker may have put an endless loop in it."""

from __future__ import annotations

import math
import os
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

SECONDS = 120.0
"""For a batch of faces; the slowest networks take a few seconds on a busy machine."""


@dataclass(slots=True, eq=False)
class _Call:
    until: float
    options: onnxruntime.RunOptions = field(default_factory=onnxruntime.RunOptions)
    is_ended: bool = False

    def end(self) -> None:
        self.is_ended = True
        self.options.terminate = True


class _Watch:
    """Ends calls that are past their time, in a thread of its own for all of them: a thread a call
    would cost more than a face does."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._calls: set[_Call] = set()
        self._wakes_at = math.inf
        self._is_started = False

    def add(self, call: _Call) -> None:
        with self._changed:
            self._calls.add(call)
            if not self._is_started:
                self._is_started = True
                threading.Thread(target=self._watch, name="limits of engines", daemon=True).start()
            elif call.until < self._wakes_at:
                self._changed.notify()

    def remove(self, call: _Call) -> None:
        with self._changed:
            self._calls.discard(call)

    def _watch(self) -> None:
        with self._changed:
            while True:
                now = time.monotonic()
                for call in self._calls:
                    if call.until <= now:
                        call.end()
                going = (call.until for call in self._calls if not call.is_ended)
                self._wakes_at = min(going, default=math.inf)
                seconds = None if self._wakes_at == math.inf else self._wakes_at - now
                self._changed.wait(seconds)


_watch = _Watch()


def run(
    session: onnxruntime.InferenceSession,
    outputs: Sequence[str],
    pixels: NDArray[np.generic],
    seconds: float | None = None,
) -> list[Any]:
    """The outputs of those names for a batch of pixels. Raises `TimeoutError` if it takes longer
    than `SECONDS`, or those given, and the engine's own errors."""
    seconds = SECONDS if seconds is None else seconds
    call = _Call(time.monotonic() + seconds)
    _watch.add(call)
    try:
        found: list[Any] = session.run(
            list(outputs), {session.get_inputs()[0].name: pixels}, call.options
        )
        return found
    except Exception as error:
        if call.is_ended:
            raise TimeoutError(
                f"it takes longer than {seconds:g} seconds for {len(pixels)} faces"
            ) from error
        raise
    finally:
        _watch.remove(call)


def first_output(
    session: onnxruntime.InferenceSession, pixels: NDArray[np.generic], seconds: float | None = None
) -> Any:
    """The first of the outputs, see `run`."""
    return run(session, [session.get_outputs()[0].name], pixels, seconds)[0]


def _renew_watch() -> None:
    global _watch
    _watch = _Watch()


if hasattr(os, "register_at_fork"):  # its thread does not exist in the child
    os.register_at_fork(after_in_child=_renew_watch)
