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
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(
            json.dumps({"error": found, "seconds": seconds, "peak": peak}), file=answers, flush=True
        )


if __name__ == "__main__":
    main()
