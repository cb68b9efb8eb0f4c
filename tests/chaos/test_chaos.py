"""The short rounds of `make chaos`, which are no longer here than they must be. Single attacks have
tests where the attacked code has its own."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from fer import registry
from tests.chaos import rounds
from tests.chaos.__main__ import passes
from tests.chaos.commands import Place

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def nothing_left_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """A round points this process at its own folders."""
    for name in ("FER_MODELS", "FER_RUNS"):
        monkeypatch.setenv(name, "")


def test_a_round_that_fails_leaves_the_next_one_the_environment(tmp_path: Path) -> None:
    def attack(folder: Path, _: random.Random) -> None:
        Place(folder).use()
        assert registry.folder().is_relative_to(folder)
        raise RuntimeError

    before = dict(os.environ)
    assert not passes("one", attack, random.Random(0))
    assert dict(os.environ) == before


@pytest.mark.parametrize("seed", range(3))
def test_listings_answer_beside_damaged_folders(tmp_path: Path, seed: int) -> None:
    rounds.damaged_folders(tmp_path, random.Random(seed), changes=60)


def test_two_processes_that_activate_models_leave_one_at_any_time(tmp_path: Path) -> None:
    rounds.shared_folder(tmp_path, random.Random(1), seconds=2.0)
