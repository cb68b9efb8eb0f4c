"""A foreign engine is tried in a process of its own before a server opens it.

``python -m fer.engine.trial NAME FILE HEIGHT WIDTH CHANNELS`` ends with 0 where the engine answers
a full batch within its memory, else with 1 and a sentence about NAME on standard error.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np

from fer.engine import interface
from fer.engine.model import first_line, most_at_once
from fer.engine.session import session_of
from fer.errors import BadModel
from fer.model_card import InputSpec
from fer.storage import folders, memory

MOST_BYTES, TIMES_ITS_FILE = 1024**3, 4
"""What an engine may take for a batch beside its process: so much, and that many times its file."""
SECONDS = 60.0


def check(file: Path, spec: InputSpec, called: str = "the network") -> None:
    """Raises `BadModel` for an engine that takes too much memory or time for a batch of faces,
    brings its process down, or is none. The memory is limited on Linux alone."""
    shape = [str(size) for size in spec.shape]
    command = [sys.executable, "-P", "-m", "fer.engine.trial", called, str(file.absolute()), *shape]
    environment = {**os.environ, "PYTHONPATH": str(folders.ROOT)}
    try:
        tried = subprocess.run(
            command, capture_output=True, text=True, env=environment, timeout=SECONDS
        )
    except subprocess.TimeoutExpired:
        raise BadModel(f"{called} takes more than {SECONDS:.0f} s for a batch of faces.") from None
    if tried.returncode < 0:
        raise BadModel(f"{called} ends the program that runs it.")
    if tried.returncode:
        raise BadModel((tried.stderr.strip().splitlines() or [f"{called} cannot be run."])[-1])


def main(arguments: list[str]) -> int:
    called, file, *shape = arguments
    data = Path(file).read_bytes()
    most = MOST_BYTES + TIMES_ITS_FILE * len(data)
    height, width, channels = map(int, shape)
    faces = np.zeros((most_at_once(height, width), height, width, channels), np.float32)
    too_much = f"{called} takes more than {most // 1024**2:,} MB of memory for a batch of faces."
    try:
        with memory.limited(most):
            session = session_of(data, called)
            interface.check(session, InputSpec(height, width, channels), called)
            session.run(None, {session.get_inputs()[0].name: faces})
    except MemoryError:
        print(too_much, file=sys.stderr)
    except Exception as error:  # noqa: BLE001 - the engine raises types of its own
        problem = f"{called} cannot be run on a batch of faces: {first_line(error)}."
        if isinstance(error, BadModel):
            problem = str(error)
        is_memory = "alloc" in problem.removeprefix(called)
        print(too_much if is_memory else problem, file=sys.stderr)
    else:
        return 0
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
