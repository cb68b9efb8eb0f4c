"""What visitors may change here: `FER_TRAINING=off` closes all of it on a shared server, and a
server with a login decides by who asks.

The functions that a page calls (start, stop, resume and delete runs; activate, go back to, import
and delete models) raise `NotAllowed` where their action is closed. `python -m fer train` in the
foreground is not: whoever has a shell on the machine could as well unset the variable.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any, Literal

from fer.errors import BadSettings, NotAllowed

VARIABLE = "FER_TRAINING"
_OFF = ("off", "0", "no", "false")

Action = Literal["train", "publish", "activate", "delete"]
Rule = Callable[[Action], str | None]
"""Why an action is closed to whoever asks now, in a sentence; None where it is open."""

VISIT, TRUST_UNVERIFIED = "visit", "trust_unverified"
ROLES = (VISIT, "train", "publish", "activate", "delete")
"""What `[roles]` of secrets.toml lists addresses for; `TRUST_UNVERIFIED` beside them is true or
false."""

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


def check_roles(roles: Mapping[str, Any]) -> None:
    """Raises `BadSettings` for a role that does not exist or that is no list of addresses."""
    for name, listed in roles.items():
        is_list = isinstance(listed, (list, tuple)) and all(isinstance(one, str) for one in listed)
        if not (is_list if name in ROLES else name == TRUST_UNVERIFIED and listed in (True, False)):
            raise BadSettings(
                f"[roles] in secrets.toml may have lists of addresses for {', '.join(ROLES)}, and "
                f"{TRUST_UNVERIFIED} = true; {name!r} is neither."
            )


def require(action: Action) -> None:
    """Raises `NotAllowed` where `refusal` has a reason."""
    reason = refusal(action)
    if reason:
        raise NotAllowed(reason)
