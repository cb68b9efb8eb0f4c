"""The same work on the machines of a Ray cluster. This is the only place that imports Ray, which is
optional."""

from __future__ import annotations

import importlib.util

from fer.errors import NotInstalled
from fer.storage import folders


def is_installed() -> bool:
    """Whether Ray could be imported; it is not."""
    return all(importlib.util.find_spec(name) is not None for name in ("ray", "grpc", "yaml"))


def check_installed() -> None:
    """Raises `NotInstalled`, with the line that installs it, where there is no Ray."""
    if not is_installed():
        install = "-r requirements-ray.txt" if folders.is_checkout() else '"fer-dashboard[ray]"'
        raise NotInstalled(f"work on a cluster needs Ray. Install it: pip install {install}")
