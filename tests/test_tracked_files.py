"""The check that refuses large files, on planted ones."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests import tracked_files


def test_large_files_are_refused_and_weights_of_models_are_not(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    large = bytes(tracked_files.LARGEST_BYTES + 1)
    names = ("models/crowd/model.onnx", "models/crowd/faces.csv", "docs/images/über.png")
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(large)
    (tmp_path / "small.csv").write_bytes(large[:-1])
    (tmp_path / "untracked.csv").write_bytes(large)
    subprocess.run(["git", "add", "small.csv", "models", "docs"], cwd=tmp_path, check=True)
    assert sorted(tracked_files.too_large(tmp_path)) == sorted(names[1:])
