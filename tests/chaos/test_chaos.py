"""The short rounds of `make chaos`, which are no longer here than they must be. Single attacks have
tests where the attacked code has its own."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.chaos import rounds

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def nothing_left_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """A round points this process at its own folders."""
    for name in ("FER_MODELS", "FER_RUNS"):
        monkeypatch.setenv(name, "")


@pytest.mark.parametrize("seed", range(3))
def test_listings_answer_beside_damaged_folders(tmp_path: Path, seed: int) -> None:
    rounds.damaged_folders(tmp_path, random.Random(seed), changes=60)


def test_two_processes_that_activate_models_leave_one_at_any_time(tmp_path: Path) -> None:
    rounds.shared_folder(tmp_path, random.Random(1), seconds=2.0)
