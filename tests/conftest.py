"""Folders of their own for tests that make models or runs; which tests are slow, and which share a
worker. `tests/README.md` explains the two tiers."""

from __future__ import annotations

from pathlib import Path

import hypothesis
import pytest

from tests.helpers import publish_tiny

TESTS = Path(__file__).resolve().parent

# A busy machine may take any time over an example; pytest's own limit stops what hangs.
hypothesis.settings.register_profile(
    "patient", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("patient")


SLOW_FOLDERS = ("fer/networks", "fer/export", "fer/training")
"""Their tests load TensorFlow."""

SHARED_WORKERS = {
    "browser": "browser",
    "fer/live": "live",
    "dashboard/live": "live",
    "pages/test_live.py": "live",
    **{folder: None for folder in SLOW_FOLDERS},
}
"""Tests that one worker runs one after the other: None for a worker for each module, so that what a
module trains is trained once; a name for what would disturb each other's timing."""


@pytest.hookimpl(tryfirst=True)  # xdist reads the groups in the same hook
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        path = item.path.relative_to(TESTS).as_posix()
        if path.startswith(SLOW_FOLDERS):
            item.add_marker("slow")
        for folder, group in SHARED_WORKERS.items():
            if path.startswith(folder):
                item.add_marker(pytest.mark.xdist_group(group or path))


@pytest.fixture(autouse=True)
def runs_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No test writes into the project's own runs."""
    monkeypatch.setenv("FER_RUNS", str(tmp_path / "runs"))
    return tmp_path / "runs"


@pytest.fixture
def models_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty `FER_MODELS`."""
    folder = tmp_path / "models"
    folder.mkdir()
    monkeypatch.setenv("FER_MODELS", str(folder))
    return folder


@pytest.fixture
def tiny_models(models_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A `FER_MODELS` with the models "tiny", which is the default, and "other"."""
    monkeypatch.setattr("fer.registry.DEFAULT", "tiny")
    publish_tiny("tiny")
    publish_tiny("other", uncertain_below=0.99)
    return models_folder
