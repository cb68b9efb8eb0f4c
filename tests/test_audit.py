"""What `make audit` makes of pip-audit's answer."""

from __future__ import annotations

from tests.audit import verdict

SOUND = {"name": "numpy", "version": "2.4.0", "vulns": []}
SKIPPED = {"name": "pillow", "skip_reason": "not found"}


def test_a_vulnerable_package_fails_and_is_named() -> None:
    bad = {"name": "pillow", "version": "9.0", "vulns": [{"id": "PYSEC-1", "fix_versions": ["10"]}]}
    assert verdict([SOUND, bad]) == ("audit: pillow 9.0: PYSEC-1; fixed in 10.", 1)


def test_without_a_database_nothing_is_claimed() -> None:
    assert verdict([SKIPPED]) == verdict([])
    assert "nothing was checked" in verdict([])[0] and verdict([])[1] == 0
    assert verdict([SOUND, SKIPPED]) == ("audit: 1 packages, no known vulnerability.", 0)
