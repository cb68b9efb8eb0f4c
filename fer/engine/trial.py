"""A foreign engine is tried in a process of its own before a server opens it.

``python -m fer.engine.trial FILE HEIGHT WIDTH CHANNELS`` ends with 0 where the engine answers a
full batch within its memory, else with 1 and a reason on standard error.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np

from fer.engine.model import first_line, most_at_once
from fer.engine.opening import session_of
from fer.errors import BadModel
from fer.model_card import InputSpec
from fer.storage import folders, memory

MOST_BYTES, TIMES_ITS_FILE = 1024**3, 4
"""What an engine may take for a batch beside its process: so much, and that many times its file."""
SECONDS = 60.0


def check(file: Path, spec: InputSpec) -> None:
    """Raises `BadModel` for an engine that takes too much memory or time for a batch of faces, or
    brings its process down. The memory is limited on Linux alone."""
    shape = [str(size) for size in spec.shape]
    command = [sys.executable, "-P", "-m", "fer.engine.trial", str(file.absolute()), *shape]
    environment = {**os.environ, "PYTHONPATH": str(folders.ROOT)}
    try:
        tried = subprocess.run(
            command, capture_output=True, text=True, env=environment, timeout=SECONDS
        )
    except subprocess.TimeoutExpired:
        raise BadModel(
            f"the network takes more than {SECONDS:.0f} s for a batch of faces."
        ) from None
    if tried.returncode < 0:
        raise BadModel("the network ends the program that runs it.")
    if tried.returncode:
        reason = (tried.stderr.strip().splitlines() or ["it fails"])[-1]
        raise BadModel(f"the network cannot be run on a batch of faces: {reason}")


def main(arguments: list[str]) -> int:
    file, *shape = arguments
    data = Path(file).read_bytes()
    most = MOST_BYTES + TIMES_ITS_FILE * len(data)
    too_much = f"it takes more than {most // 1024**2:,} MB of memory."
    height, width, channels = map(int, shape)
    faces = np.zeros((most_at_once(height, width), height, width, channels), np.float32)
    try:
        with memory.limited(most):
            session = session_of(data, Path(file).name)
            session.run(None, {session.get_inputs()[0].name: faces})
    except MemoryError:
        print(too_much, file=sys.stderr)
    except Exception as error:  # noqa: BLE001 - the engine raises types of its own
        reason = first_line(error)
        print(too_much if "alloc" in reason else f"{reason}.", file=sys.stderr)
    else:
        return 0
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
