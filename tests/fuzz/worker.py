"""The process that reads cases: a line "KIND NUMBER" in, a line of JSON out."""

from __future__ import annotations

import json
import os
import resource
import shutil
import sys
import tempfile
import time
import traceback
from pathlib import Path

from tests.fuzz import cases

ADDRESS_SPACE = 12 * 1024**3


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever a library prints is no answer
    for line in sys.stdin:
        kind, number = line.split()
        folder = Path(tempfile.mkdtemp())
        began, found = time.process_time(), ""
        try:
            cases.read(kind, cases.write(kind, int(number), folder))
        except Exception:  # noqa: BLE001 - each is a finding
            found = traceback.format_exc()
        shutil.rmtree(folder)
        seconds = time.process_time() - began
        answer = {"error": found, "seconds": seconds, "peak": peak_megabytes()}
        print(json.dumps(answer), file=answers, flush=True)


def peak_megabytes() -> float:
    """The most memory that this process had. `ru_maxrss` begins with that of its parent."""
    lines = Path("/proc/self/status").read_text("ascii").splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM:"))


if __name__ == "__main__":
    main()
