"""Where this program is installed, and where its models and training runs live.

`FER_MODELS` and `FER_RUNS` name the folders. Without them a checkout keeps both in itself, and an
installed package in the user's data folder, with the shipped models read from the package.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
"""The folder that `fer` is imported from."""

APP = "fer-dashboard"
_VARIABLES = ("FER_MODELS", "FER_RUNS", "FER_DATA")


def models() -> Path:
    """The folder that models are published into."""
    return _named("FER_MODELS") or _home() / "models"


def shipped_models() -> Path | None:
    """The installed package's own models; None where `models()` holds them already, and where
    `FER_MODELS` names another folder."""
    if is_checkout() or _named("FER_MODELS"):
        return None
    return ROOT / "fer" / "models"


def runs() -> Path:
    """The folder of training runs."""
    return _named("FER_RUNS") or _home() / "runs"


def environment() -> dict[str, str]:
    """The variables that are set, as absolute paths: for a process with another working folder."""
    return {name: str(path.absolute()) for name in _VARIABLES if (path := _named(name))}


def is_checkout() -> bool:
    """Whether `fer` is imported from a checkout, not from an installed package."""
    return (ROOT / "pyproject.toml").is_file()


def user_data() -> Path:
    """The folder of this program among the user's data."""
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or "~/AppData/Local"
    elif sys.platform == "darwin":
        base = "~/Library/Application Support"
    else:
        base = os.environ.get("XDG_DATA_HOME") or "~/.local/share"
    return Path(base).expanduser() / APP


def _home() -> Path:
    return ROOT if is_checkout() else user_data()


def _named(variable: str) -> Path | None:
    value = os.environ.get(variable)
    return Path(value) if value else None
