"""Reads the package's dependencies from the files that `pip install -r` reads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface


class Requirements(MetadataHookInterface):
    def update(self, metadata: dict[str, Any]) -> None:
        root = Path(self.root)
        metadata["dependencies"] = _requirements(root / "requirements.txt")
        metadata["optional-dependencies"] = {
            "train": _requirements(root / "requirements-train.txt"),
            "ray": _requirements(root / "requirements-ray.txt"),
        }


def _requirements(file: Path) -> list[str]:
    """Its own lines, without comments and without other files that it names."""
    lines = (line.strip() for line in file.read_text("utf-8").splitlines())
    return [line for line in lines if line and not line.startswith(("#", "-"))]
