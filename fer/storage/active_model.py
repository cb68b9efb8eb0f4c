"""Which model is in use, and which was before: `active.json` among the models."""

from __future__ import annotations

import json
from collections.abc import Collection
from pathlib import Path

from fer.storage import files

FILE = "active.json"


def read(folder: Path, names: Collection[str]) -> dict[str, str]:
    """`active` and `previous`, as far as they are among the `names` of models; nothing where the
    file is absent or broken, or its active model is gone."""
    try:
        values = files.json_object(folder / FILE)
        existing = {key: values[key] for key in ("active", "previous") if values.get(key) in names}
    except (OSError, ValueError, TypeError):
        return {}
    return existing if "active" in existing else {}


def write(folder: Path, active: str, previous: str) -> None:
    """Replaces the file, whole. Raises `OSError`."""
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps({"active": active, "previous": previous}) + "\n"
    files.replace_file(folder / FILE, text.encode())
