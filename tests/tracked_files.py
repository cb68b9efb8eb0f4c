"""Refuses large files in the repository: `python -m tests.tracked_files`.

Only the weights of released models may be large; git keeps every version of a file for ever.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

LARGEST_BYTES = 1_000_000
_WEIGHTS = re.compile(r"models/[a-z0-9_-]+/model\.(onnx|keras)")


def too_large(folder: Path) -> list[str]:
    """The tracked files of a checkout above `LARGEST_BYTES` that are no model's weights."""
    listing = subprocess.run(
        ["git", "ls-files", "-z"], cwd=folder, capture_output=True, text=True, check=True
    )
    names = [name for name in listing.stdout.split("\0") if name and (folder / name).is_file()]
    return [
        name
        for name in names
        if (folder / name).stat().st_size > LARGEST_BYTES and not _WEIGHTS.fullmatch(name)
    ]


def main() -> int:
    folder = Path(__file__).resolve().parents[1]
    if not (folder / ".git").exists():  # an unpacked archive
        return 0
    large = too_large(folder)
    for name in large:
        print(f"{name} is larger than {LARGEST_BYTES / 1e6:g} MB; git would keep it for ever.")
    return 1 if large else 0


if __name__ == "__main__":
    sys.exit(main())
