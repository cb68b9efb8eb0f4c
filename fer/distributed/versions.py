"""What both ends of a cluster must have in the same version for the same results."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from importlib import metadata

from fer.doctor import packages
from fer.errors import FerError

ANALYSIS = ("numpy", "opencv-python-headless", "onnxruntime", "av")
TRAINING = ("numpy", "tensorflow-cpu", "tensorflow", "keras")


def here(names: tuple[str, ...]) -> dict[str, str | None]:
    """The versions of this program, of Python and of packages, None for what is not installed."""
    python = ".".join(platform.python_version_tuple()[:2])
    return {packages.NAME: packages.version(), "Python": python, **dict(map(_installed, names))}


def check(wanted: Mapping[str, str | None]) -> None:
    """Raises `FerError` where this machine has other versions than those `here` gave elsewhere."""
    names = tuple(name for name in wanted if name not in (packages.NAME, "Python"))
    for name, found in here(names).items():
        if found != wanted[name]:
            theirs, ours = (
                f"{name} {version}" if version else f"no {name}"
                for version in (found, wanted[name])
            )
            raise FerError(
                f"the worker {platform.node()} has {theirs}, and this machine {ours}, so that "
                "results could differ. Install the same there."
            )


def _installed(name: str) -> tuple[str, str | None]:
    try:
        return name, metadata.version(name)
    except metadata.PackageNotFoundError:
        return name, None
