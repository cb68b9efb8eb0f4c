"""Calls of an untrusted engine, with a time limit."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray


def first_output(
    session: onnxruntime.InferenceSession, pixels: NDArray[np.generic], seconds: float
) -> Any:
    """The first output for a batch of pixels. Raises `TimeoutError` if it takes longer, and the
    engine's own errors."""
    options, is_over = onnxruntime.RunOptions(), threading.Event()

    def end() -> None:
        is_over.set()
        options.terminate = True

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
    try:
        output = session.get_outputs()[0].name
        return session.run([output], {session.get_inputs()[0].name: pixels}, options)[0]
    except Exception as error:
        if is_over.is_set():
            raise TimeoutError(
                f"it takes longer than {seconds:g} seconds for {len(pixels)} faces"
            ) from error
        raise
    finally:
        timer.cancel()
        timer.join()
