"""What one check found."""

from __future__ import annotations

from dataclasses import dataclass

OK, WARNING, FAILED = "ok", "warning", "failed"


@dataclass(frozen=True, slots=True)
class Finding:
    """The name of a check, its state, a sentence, and how to mend it; empty where all is well."""

    check: str
    state: str
    message: str
    mend: str = ""


def worst(name: str, findings: list[Finding], all_well: str) -> Finding:
    """The first failed one, else the first warning, else that all is well."""
    for state in (FAILED, WARNING):
        for finding in findings:
            if finding.state == state:
                return finding
    return Finding(name, OK, all_well)
