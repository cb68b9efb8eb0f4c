"""`python -m tests.chaos [--seed N] [--round NAME] [--times N] [--visitors MINUTES]`."""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
import time
import traceback
from pathlib import Path
from unittest import mock

from tests.chaos.rounds import ROUNDS, Attack
from tests.chaos.visitors import visits


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos")
    parser.add_argument("--seed", type=int, default=int(time.time()), help="default: the time")
    parser.add_argument("--round", choices=list(ROUNDS), help="default: all, then visitors")
    parser.add_argument("--times", type=int, default=1, help="how often each; default: once")
    parser.add_argument("--visitors", type=float, default=10.0, help="minutes; default: 10")
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    chance, failed = random.Random(options.seed), 0
    for name in [options.round] if options.round else list(ROUNDS):
        for _ in range(options.times):
            failed += not passes(name, ROUNDS[name], chance)
    if not options.round and options.visitors:
        with tempfile.TemporaryDirectory() as folder:
            failed += not visits(Path(folder), chance, options.visitors * 60)
    return 1 if failed else 0


def passes(name: str, attack: Attack, chance: random.Random) -> bool:
    """Tells whether it held. The next one starts with the environment as it was before."""
    began, is_sound = time.monotonic(), True
    with tempfile.TemporaryDirectory() as folder, mock.patch.dict(os.environ):
        try:
            attack(Path(folder), chance)
        except Exception:  # noqa: BLE001 - it is told, and the next round is run
            traceback.print_exc()
            is_sound = False
    result = "held" if is_sound else "FAILED"
    print(f"{name}: {result}, {time.monotonic() - began:.0f} s", flush=True)
    return is_sound


if __name__ == "__main__":
    sys.exit(main())
