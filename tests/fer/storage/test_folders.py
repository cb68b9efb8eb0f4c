"""Where models and runs live: in a checkout, in an installed package, and where one says."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from fer import registry
from fer.errors import BadModel
from fer.storage import active_model, folders
from tests.helpers import make_card, publish_tiny


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An installed package with the model "shipped", and a user without any data yet."""
    package = tmp_path / "site-packages" / "fer"
    monkeypatch.setenv("FER_MODELS", str(package / "models"))
    publish_tiny("shipped")
    for name in ("FER_MODELS", "FER_RUNS"):
        monkeypatch.delenv(name)
    monkeypatch.setattr(folders, "ROOT", package.parent)
    monkeypatch.setattr(registry, "DEFAULT", "shipped")
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return tmp_path / "data" / "fer-dashboard"


def test_a_checkout_keeps_models_and_runs_in_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("FER_MODELS", "FER_RUNS"):
        monkeypatch.delenv(name, raising=False)
    assert folders.models() == folders.ROOT / "models"
    assert folders.runs() == folders.ROOT / "runs"
    assert folders.shipped_models() is None


def test_an_installed_package_writes_into_the_users_data(installed: Path) -> None:
    assert folders.models() == installed / "models"
    assert folders.runs() == installed / "runs"


@pytest.mark.parametrize(
    ("platform", "variable", "expected"),
    [
        ("linux", "XDG_DATA_HOME", "base/fer-dashboard"),
        ("win32", "LOCALAPPDATA", "base/fer-dashboard"),
        ("darwin", "HOME", "base/Library/Application Support/fer-dashboard"),
    ],
)
def test_the_users_data_lie_where_the_system_keeps_them(
    monkeypatch: pytest.MonkeyPatch, platform: str, variable: str, expected: str
) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setenv(variable, "base")
    assert folders.user_data() == Path(expected)


def test_shipped_models_answer_beside_published_ones(installed: Path) -> None:
    publish_tiny("own")
    assert registry.names() == ["own", "shipped"]
    assert registry.load().card.name == "shipped"
    registry.activate("own")
    assert registry.active() == "own"
    assert registry.path_of("own").parent == installed / "models"


def test_a_shipped_name_is_taken(installed: Path) -> None:
    with pytest.raises(BadModel, match="there is a model 'shipped' already"):
        registry.publish(make_card("shipped"), {})


def test_the_first_thing_written_makes_the_folder(installed: Path) -> None:
    active_model.write(registry.folder(), "shipped", "shipped")
    assert (installed / "models" / active_model.FILE).is_file()


def test_a_folder_that_is_named_is_the_only_one(
    installed: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("FER_MODELS", str(tmp_path / "named"))
    assert folders.models() == tmp_path / "named"
    assert registry.names() == []


def test_children_get_absolute_folders_of_what_is_set(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FER_MODELS", raising=False)
    monkeypatch.setenv("FER_RUNS", "runs")
    monkeypatch.setenv("FER_DATA", "faces")
    assert folders.environment() == {
        "FER_RUNS": str(tmp_path / "runs"),
        "FER_DATA": str(tmp_path / "faces"),
    }
