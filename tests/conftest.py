"""Folders of their own for tests that make models or runs."""

from __future__ import annotations

from pathlib import Path

import hypothesis
import pytest

from tests.helpers import publish_tiny

# A busy machine may take any time over an example; pytest's own limit stops what hangs.
hypothesis.settings.register_profile(
    "patient", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("patient")


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
