"""What `make release` refuses before it builds anything."""

from __future__ import annotations

import pytest

from tests.release import NotReady, checked_version

PROJECT = '[project]\nversion = "0.2.0"\n'


@pytest.mark.parametrize("above", ["", "## Unreleased\n\n"])
def test_the_version_of_the_project_is_the_newest_of_the_changes(above: str) -> None:
    changes = f"# Changes\n\n{above}## 0.2.0 · 1 May 2027\n- y\n\n## 0.1.0\n"
    assert checked_version(PROJECT, changes) == "0.2.0"


@pytest.mark.parametrize(
    "changes",
    [
        "# Changes\n\n## Unreleased\n- x\n",
        "# Changes\n\n## Unreleased\n- x\n\n## 0.2.0\n",
        "",
        "## 0.1.0\n",
    ],
)
def test_changes_without_that_version_are_not_ready(changes: str) -> None:
    with pytest.raises(NotReady, match=r"make it '## 0\.2\.0"):
        checked_version(PROJECT, changes)
