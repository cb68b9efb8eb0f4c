"""Work on a cluster that cannot be: a sentence, and nothing is written."""

from __future__ import annotations

import importlib.util
from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest

from fer import cli
from tests.clusters import free_ports


def analyze(folder: Path, *flags: str) -> int:
    return cli.main(["analyze", str(folder), "--csv", str(folder / "out.csv"), *flags])


@pytest.mark.parametrize(
    "command",
    [
        ["analyze", "a.png", "--address", "auto"],
        ["video", "a.mp4", "--address", "auto"],
        ["train", "--data", "drawn", "--workers", "2"],
        ["sweep", "sweep.yaml"],
    ],
)
def test_without_ray_the_line_that_installs_it(
    command: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    find_spec = importlib.util.find_spec

    def found(name: str, package: str | None = None) -> ModuleSpec | None:
        return None if name == "ray" else find_spec(name, package)

    monkeypatch.setattr(importlib.util, "find_spec", found)
    monkeypatch.chdir(tmp_path)
    assert cli.main(command) == 2
    assert "Install it: pip install -r requirements-ray.txt" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("scheme", ["", "ray://"])
def test_an_address_that_nobody_answers(
    scheme: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cluster = pytest.importorskip("fer.distributed.cluster", exc_type=ImportError)
    assert cluster.ANSWER_SECONDS < 5
    address = f"127.0.0.1:{free_ports(1)[0]}"
    assert analyze(tmp_path, "--address", f"{scheme}{address}") == 2
    assert f"no Ray cluster answers at {address}." in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("address", ["here", "http://127.0.0.1:1/", "127.0.0.1:99999", ":1"])
def test_what_is_no_address(
    address: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("ray", exc_type=ImportError)
    assert analyze(tmp_path, "--address", address) == 2
    assert f"got {address}." in capsys.readouterr().err
