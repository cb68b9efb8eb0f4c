"""All checks, one after the other."""

from __future__ import annotations

from collections.abc import Iterator

from fer.doctor import leftovers, machine, models, network, packages, secrets
from fer.doctor.finding import FAILED, Finding

_CHECKS = (
    *(packages.python, packages.packages, packages.other_fer, packages.camera),
    *(models.models, models.engine, models.detectors),
    *(network.port, network.https, network.ice, secrets.login),
    *(machine.disk, machine.memory, machine.writable),
)


def examine(fix: bool = False) -> Iterator[Finding]:
    """What each check finds. With `fix`, what killed processes left behind is removed."""

    def left() -> Finding:
        return leftovers.leftovers(fix)

    for check in (*_CHECKS, left):
        try:
            found = check()
            yield from [found] if isinstance(found, Finding) else found
        except Exception as error:  # noqa: BLE001 - one check that breaks must not hide the others
            reason = str(error).strip().splitlines() or [""]
            message = f"The check itself failed: {type(error).__name__}: {reason[0]}."
            mend = "pip install -r requirements.txt"
            yield Finding(check.__name__, FAILED, message, mend)
