"""How much memory a piece of code takes at its peak, measured in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

_PEAK = """
def peak():
    with open("/proc/self/status") as status:
        return int(next(line for line in status if line.startswith("VmHWM:")).split()[1]) / 1024
"""
CAN_MEASURE = Path("/proc/self/status").exists()


def growth_megabytes(before: str, measured: str) -> float:
    """Growth of a process's peak memory while it runs `measured`, after it has run `before`."""
    code = f"{_PEAK}{before}\nstart = peak()\n{measured}\nprint(peak() - start)"
    shipped = {key: value for key, value in os.environ.items() if key != "FER_MODELS"}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, env=shipped)
    assert done.returncode == 0, done.stderr
    return float(done.stdout)
