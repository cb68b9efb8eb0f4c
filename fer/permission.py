"""What visitors may change here: `FER_TRAINING=off` closes all of it on a shared server, and a
server with a login decides by who asks.

The functions that a page calls (start, stop, resume and delete runs; activate, go back to, import
and delete models) raise `NotAllowed` where their action is closed. `python -m fer train` in the
foreground is not: whoever has a shell on the machine could as well unset the variable.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Literal

from fer.errors import NotAllowed

VARIABLE = "FER_TRAINING"
_OFF = ("off", "0", "no", "false")

Action = Literal["train", "publish", "activate", "delete"]
Rule = Callable[[Action], str | None]
"""Why an action is closed to whoever asks now, in a sentence; None where it is open."""

_rules: dict[str, Rule] = {}


def training_allowed() -> bool:
    """Whether training, and changing or deleting models, is open to any visitor at all."""
    return os.environ.get(VARIABLE, "").strip().lower() not in _OFF


def add_rule(name: str, rule: Rule) -> None:
    """Asks a rule as well from now on; it replaces the one of that name."""
    _rules[name] = rule


def refusal(action: Action) -> str | None:
    """Why an action is closed to whoever asks now; None where it is open."""
    if not training_allowed():
        return (
            "training, and changing or deleting models, is switched off on this server "
            f"({VARIABLE}=off). Run the app on a computer of your own to train."
        )
    return next((reason for rule in _rules.values() if (reason := rule(action))), None)


def require(action: Action) -> None:
    """Raises `NotAllowed` where `refusal` has a reason."""
    reason = refusal(action)
    if reason:
        raise NotAllowed(reason)
