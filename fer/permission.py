"""Whether visitors may train here: `FER_TRAINING=off` closes that on a shared server.

With the variable set, the functions that a page calls (start, stop, resume and delete runs;
activate, go back to and delete models) raise `NotAllowed`. `python -m fer train` in the foreground
is not closed: whoever has a shell on the machine could as well unset the variable.
"""

from __future__ import annotations

import os

from fer.errors import NotAllowed

VARIABLE = "FER_TRAINING"
_OFF = ("off", "0", "no", "false")


def training_allowed() -> bool:
    """Whether training, and changing or deleting models, is open to visitors."""
    return os.environ.get(VARIABLE, "").strip().lower() not in _OFF


def require_training() -> None:
    """Raises `NotAllowed` where `training_allowed` says no."""
    if not training_allowed():
        raise NotAllowed(
            "training, and changing or deleting models, is switched off on this server "
            f"({VARIABLE}=off). Run the app on a computer of your own to train."
        )
