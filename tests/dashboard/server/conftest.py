"""Commands that do what a test wants."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dashboard.server.children import running

SLEEP = "import time; time.sleep(300)"


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Callable[[str], None]]:
    """Sets the code that runs in place of a command; without that it sleeps."""
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "modules"))
    monkeypatch.setattr(running, "MODULE", "stand_in")
    (tmp_path / "modules").mkdir()

    def set_to(code: str) -> None:
        (tmp_path / "modules" / "stand_in.py").write_text(code)

    set_to(SLEEP)
    yield set_to
    for child in list(running._running):
        child.end()
    running._running.clear()
