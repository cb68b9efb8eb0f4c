"""Disk, memory and folders of this computer."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil

from fer.doctor.finding import FAILED, OK, WARNING, Finding, worst
from fer.runs import checks
from fer.storage import folders

LEAST_MEMORY, GOOD_MEMORY = 400 * 1024**2, 1500 * 1024**2
"""The app takes 300 MB and a visitor's photos up to 1.1 GB at a time, see docs/security.md."""


def disk() -> Finding:
    findings = [_space_for(name, path) for name, path in _folders().items()]
    free = min(shutil.disk_usage(_existing(path)).free for path in _folders().values())
    return worst("disk", findings, f"{_gigabytes(free)} are free.")


def memory() -> Finding:
    free = psutil.virtual_memory().available
    if free >= GOOD_MEMORY:
        return Finding("memory", OK, f"{_gigabytes(free)} are free.")
    state = WARNING if free >= LEAST_MEMORY else FAILED
    message = f"{_gigabytes(free)} are free; the app and one large photo take 1.4 GB."
    return Finding("memory", state, message, "End other programs.")


def writable() -> Iterator[Finding]:
    """Models, runs and temporary files can be written."""
    for name, path in _folders().items():
        existing = _existing(path)
        try:
            with tempfile.TemporaryFile(dir=existing):
                pass
        except OSError as error:
            yield Finding(
                "folders",
                FAILED,
                f"The folder of {name}, {path}, cannot be written: {error.strerror}.",
                f"Give yourself the right to write {existing}, or name another folder "
                "(docs/settings.md).",
            )
        else:
            yield Finding("folders", OK, f"{name}: {path} can be written.")


def _folders() -> dict[str, Path]:
    return {
        "models": folders.models(),
        "runs": folders.runs(),
        "temporary files": Path(tempfile.gettempdir()),
    }


def _space_for(name: str, path: Path) -> Finding:
    free = shutil.disk_usage(_existing(path)).free
    if free >= checks.LEAST_FREE_BYTES:
        return Finding("disk", OK, "")
    message = f"Only {_gigabytes(free)} are free where {name} lie."
    state = FAILED if free < checks.LEAST_FREE_BYTES // 10 else WARNING
    return Finding("disk", state, message, "Delete runs or models, or free space elsewhere.")


def _existing(path: Path) -> Path:
    return next(folder for folder in (path, *path.absolute().parents) if folder.is_dir())


def _gigabytes(num_bytes: int) -> str:
    return f"{num_bytes / 1024**3:.1f} GB"
