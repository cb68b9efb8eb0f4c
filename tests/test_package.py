"""The package: its dependencies, what its wheel holds, and how it does without TensorFlow."""

from __future__ import annotations

import importlib.util
import runpy
import sys
import tomllib
from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest
from streamlit.web import cli as streamlit_cli

from dashboard import navigation
from dashboard.server import uploads
from fer import cli, registry
from fer.errors import NotInstalled
from fer.runs import checks, launcher, network_specs
from fer.runs.settings import TrainSettings
from fer.storage import folders

PROJECT = tomllib.loads((folders.ROOT / "pyproject.toml").read_text("utf-8"))
INCLUDED = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]


@pytest.fixture
def without_tensorflow(monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment that has everything but what the extra `train` brings."""
    find_spec = importlib.util.find_spec

    def found(name: str, package: str | None = None) -> ModuleSpec | None:
        return None if name in checks.TRAINING_PACKAGES else find_spec(name, package)

    monkeypatch.setattr(importlib.util, "find_spec", found)
    for name in [name for name in sys.modules if name.split(".")[0] in checks.TRAINING_PACKAGES]:
        monkeypatch.delitem(sys.modules, name)
    for name in [name for name in sys.modules if name.startswith(("fer.networks", "fer.export"))]:
        monkeypatch.delitem(sys.modules, name)
    for name in checks.TRAINING_PACKAGES:
        monkeypatch.setitem(sys.modules, name, None)


def test_the_wheel_holds_the_app_and_every_shipped_model() -> None:
    for source in INCLUDED:
        assert (folders.ROOT / source).exists(), source
    models = {Path(source).name for source in INCLUDED if source.startswith("models/")}
    assert models == set(registry.SHIPPED)
    assert all(
        target == f"fer/{source}" for source, target in INCLUDED.items() if "models" in source
    )
    for name in ("streamlit_app.py", "pages"):
        assert INCLUDED[name] == f"dashboard/app/{name}"


def test_the_app_of_a_package_is_beside_its_assets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folders, "is_checkout", lambda: False)
    names = runpy.run_path(str(navigation.PACKAGE / "navigation.py"))
    assert names["ROOT"] == navigation.PACKAGE / "app"
    assert Path(names["_LOGO"]).is_file()


def test_training_says_what_to_install(without_tensorflow: None, tmp_path: Path) -> None:
    with pytest.raises(NotInstalled, match=r'pip install "fer-dashboard\[train\]"'):
        launcher.start(TrainSettings("drawn", network="mlp", epochs=1))


@pytest.mark.parametrize("command", [["networks", "--json"]], ids=lambda command: command[0])
def test_commands_say_what_to_install(
    without_tensorflow: None, command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(command) == 2
    assert checks.INSTALL in capsys.readouterr().err


def test_another_missing_module_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network_specs, "names", lambda: importlib.import_module("no_such_module"))
    with pytest.raises(ModuleNotFoundError, match="no_such_module"):
        cli.main(["networks", "--json"])


def test_the_app_is_started_with_the_server_prepared(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[list[str]] = []
    monkeypatch.setattr(uploads.MultiPartParser, "spool_max_size", 1)
    monkeypatch.setattr(sys, "argv", ["fer"])

    def start() -> None:
        assert uploads.MultiPartParser.spool_max_size > uploads.LARGEST_UPLOAD
        started.append(sys.argv)

    monkeypatch.setattr(streamlit_cli, "main", start)
    with pytest.raises(SystemExit):
        cli.main(["app", "--port", "8600"])
    app = str(folders.ROOT / "streamlit_app.py")
    assert started == [["streamlit", "run", app, "--server.port=8600"]]
