"""The same work on the machines of a Ray cluster. This is the only place that imports Ray, which is
optional."""

from __future__ import annotations

import importlib.util

from fer.errors import NotInstalled
from fer.storage import folders


def check_installed() -> None:
    """Raises `NotInstalled`, with the line that installs it, where there is no Ray."""
    if importlib.util.find_spec("ray") is None or importlib.util.find_spec("grpc") is None:
        install = "-r requirements-ray.txt" if folders.is_checkout() else '"fer-dashboard[ray]"'
        raise NotInstalled(f"work on a cluster needs Ray. Install it: pip install {install}")
