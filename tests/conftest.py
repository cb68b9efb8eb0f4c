"""Folders of their own for tests that make models or runs; which tests are slow, and which share a
worker. `tests/README.md` explains the two tiers."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import aiortc  # noqa: F401 - after TensorFlow its import crashes: each brings its own OpenSSL
import hypothesis
import pytest
from xdist.scheduler import LoadScopeScheduling

from tests.helpers import publish_tiny

TESTS = Path(__file__).resolve().parent

# A busy machine may take any time over an example; pytest's own limit stops what hangs.
hypothesis.settings.register_profile(
    "patient", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("patient")


SLOW_FOLDERS = ("fer/networks", "fer/export", "fer/training")
"""Their tests load TensorFlow."""
SLOW = (
    *SLOW_FOLDERS,
    *("pages", "dashboard/server/children", "dashboard/server/test_child_commands.py"),
    "dashboard/models/test_import_model.py",
    *("fer/inference/test_search.py", "fer/visualization/test_pixelate.py", "test_workers.py"),
)
"""Left out of the quick tests: they load TensorFlow, run whole pages, or start processes."""

RUN_ONCE_MORE = ("browser", "cluster")
"""A server, a browser and a camera, or a whole cluster, share the machine with other tests: one
that fails is run again, and the summary names it."""

SHARED_WORKERS = {
    "browser": "browser",
    "fer/live": "live",
    "dashboard/camera": "live",
    "pages/test_live.py": "live",
}
"""Tests that would disturb each other's timing: one worker runs all of a name."""


def worker_group(nodeid: str) -> str:
    """Tests of one group run in one worker, one after the other. Each slow module is a group, so
    that what its fixtures train is trained once; any other test is alone."""
    path = nodeid.split("::")[0].removeprefix("tests/")
    for folder, group in SHARED_WORKERS.items():
        if path.startswith(folder):
            return group
    return path if path.startswith(SLOW_FOLDERS) else nodeid


class GroupScheduling(LoadScopeScheduling):  # type: ignore[misc]
    """xdist 3.8's own groups have no effect with pytest 9.2, whose node ids cannot be changed."""

    def _split_scope(self, nodeid: str) -> str:
        return worker_group(nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> GroupScheduling | None:
    return GroupScheduling(config, log) if config.getoption("dist") == "loadgroup" else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.relative_to(TESTS).as_posix().startswith(SLOW):
            item.add_marker("slow")
        if any(map(item.get_closest_marker, RUN_ONCE_MORE)):
            item.add_marker(pytest.mark.flaky(reruns=1))


@pytest.fixture(autouse=True)
def runs_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No test writes into the project's own runs."""
    monkeypatch.setenv("FER_RUNS", str(tmp_path / "runs"))
    return tmp_path / "runs"


@pytest.fixture
def own_main(monkeypatch: pytest.MonkeyPatch) -> None:
    """Streamlit's tests of pages leave their script as `__main__`, which a process that is spawned
    would run again."""
    monkeypatch.setitem(sys.modules, "__main__", ModuleType("__main__"))


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
