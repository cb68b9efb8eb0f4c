"""`python -m tests.fuzz [--cases N] [--from N] [--kind KIND]`: 10,000 cases, and what was found."""

from __future__ import annotations

import argparse
import sys

from tests.fuzz import runner
from tests.fuzz.cases import KINDS


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz")
    parser.add_argument("--cases", type=int, default=10_000, help="default: 10,000")
    parser.add_argument("--from", type=int, default=0, dest="first", help="the first number")
    parser.add_argument("--kind", choices=list(KINDS), help="default: all")
    options = parser.parse_args()
    kinds = [options.kind] if options.kind else list(KINDS)
    each = -(-options.cases // len(kinds))
    total = 0
    for kind in kinds:
        result = runner.run((kind, options.first + number) for number in range(each))
        total += len(result.findings)
        costs = f"slowest {result.slowest:.1f} s, at most {result.peak_megabytes:.0f} MB"
        done = f"{kind}: {result.cases} cases in {result.seconds:.0f} s, {costs}"
        print(f"{done}, {len(result.findings)} findings", flush=True)
        for finding in result.findings:
            print(f"  {finding}", flush=True)
    return 1 if total else 0


if __name__ == "__main__":
    sys.exit(main())
