"""`make run` with a Python that is too old, or a broken .venv: refused, or mended, never kept."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from fer.storage import folders

pytestmark = pytest.mark.skipif(not shutil.which("make"), reason="no make")

OLD = """#!/bin/sh
case "$1" in -c) exit 1 ;; esac
mkdir -p .venv/bin && cp "$0" .venv/bin/python
"""
NEW = """#!/bin/sh
case "$2" in
    venv) mkdir -p .venv/bin && cp "$0" .venv/bin/python ;;
    pip) echo installed >> installed.txt ;;
esac
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with the Makefile and two stand-ins, for an old Python and for one that will do."""
    shutil.copy(folders.ROOT / "Makefile", tmp_path)
    for name in ("requirements.txt", "requirements-train.txt"):
        (tmp_path / name).touch()
    for name, code in (("old", OLD), ("new", NEW)):
        (tmp_path / name).write_text(code)
        (tmp_path / name).chmod(0o755)
    return tmp_path


def make(project: Path, python: str, *targets: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name != "MAKEFLAGS"}
    command = ["make", *(targets or ("run",)), f"PYTHON={project / python}"]
    return subprocess.run(
        command, cwd=project, env=environment, capture_output=True, text=True, timeout=60
    )


def test_an_old_python_is_refused_before_anything_is_made(project: Path) -> None:
    done = make(project, "old")
    assert done.returncode and "Python 3.11, 3.12 or 3.13 is needed" in done.stdout
    assert not (project / ".venv").exists()
    assert make(project, "new").returncode == 0


@pytest.mark.parametrize("stamped", [False, True])
def test_what_an_old_python_left_is_made_anew(project: Path, stamped: bool) -> None:
    (project / ".venv" / "bin").mkdir(parents=True)
    shutil.copy(project / "old", project / ".venv" / "bin" / "python")
    if stamped:
        (project / ".venv" / "run.stamp").touch()
    assert make(project, "new").returncode == 0
    assert (project / "installed.txt").read_text() == "installed\n"


def test_a_sound_one_is_kept(project: Path) -> None:
    assert make(project, "new").returncode == 0
    (project / ".venv" / "own").touch()
    assert make(project, "old").returncode == 0, "the named Python is for making one"
    assert (project / ".venv" / "own").exists()
    assert (project / "installed.txt").read_text() == "installed\n"


def test_the_supported_versions_are_those_of_the_package() -> None:
    text = (folders.ROOT / "pyproject.toml").read_text()
    assert 'requires-python = ">=3.11,<3.14"' in text
    assert "(3, 11) <= sys.version_info[:2] < (3, 14)" in (folders.ROOT / "Makefile").read_text()
    assert (3, 11) <= sys.version_info[:2] < (3, 14)
