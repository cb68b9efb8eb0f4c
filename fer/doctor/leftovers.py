"""What killed processes left behind, and removing it."""

from __future__ import annotations

import importlib
from pathlib import Path

from fer.doctor.finding import OK, WARNING, Finding
from fer.runs import uploads
from fer.storage import files, folders


def leftovers(fix: bool) -> Finding:
    """Half-made models and runs, folders of commands without a server, uploads without a run."""
    # by name: the library does not know the dashboard, which need not be there
    workspaces = importlib.import_module("dashboard.server.workspaces")
    roots = (folders.models(), folders.runs())
    left: list[Path] = [path for root in roots for path in files.leftovers(root)]
    left += [*workspaces.left(), *uploads.left()]
    if not left:
        return Finding("leftovers", OK, "Nothing was left behind by processes that were killed.")
    size = sum(_size(path) for path in left) / 1024**2
    found = f"{len(left)} folders or files, {size:.1f} MB, that killed processes left behind"
    if not fix:
        return Finding(
            "leftovers", WARNING, f"There are {found}.", "python -m fer doctor --fix removes them."
        )
    for root in roots:
        files.remove_leftovers(root)
    workspaces.sweep()
    uploads.delete_unused()
    return Finding("leftovers", OK, f"Removed {found}.")


def _size(path: Path) -> int:
    inside = path.rglob("*") if path.is_dir() and not path.is_symlink() else [path]
    return sum(file.lstat().st_size for file in inside if not file.is_dir())
