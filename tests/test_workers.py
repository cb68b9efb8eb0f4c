"""Which tests share a worker when they run in parallel."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from fer.storage import folders
from tests.conftest import SHARED_WORKERS, SLOW_FOLDERS, TESTS, worker_group


@pytest.mark.parametrize(
    ("nodeid", "group"),
    [
        ("tests/browser/test_app.py::test_a[home]", "browser"),
        ("tests/fer/live/test_feed.py::test_b", "live"),
        ("tests/pages/test_live.py::test_c", "live"),
        ("tests/fer/export/test_onnx.py::test_d", "fer/export/test_onnx.py"),
        ("tests/fer/test_registry.py::test_e", "tests/fer/test_registry.py::test_e"),
    ],
)
def test_the_group_of_a_test(nodeid: str, group: str) -> None:
    assert worker_group(nodeid) == group


def test_the_folders_exist() -> None:
    assert [name for name in (*SHARED_WORKERS, *SLOW_FOLDERS) if not (TESTS / name).exists()] == []


def test_one_worker_runs_a_whole_group(tmp_path: Path) -> None:
    """Sixteen tests of a group beside sixteen that are alone, all of them empty."""
    code = "from tests.conftest import pytest_xdist_make_scheduler\n"
    (tmp_path / "conftest.py").write_text(code)
    for name in ("tests/browser/test_group.py", "tests/test_alone.py"):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("\n".join(f"def test_{n}(): pass" for n in range(16)))
    command = [sys.executable, "-m", "pytest", "-v", "-n2", "--dist=loadgroup", str(tmp_path)]
    done = subprocess.run(
        [*command, f"--rootdir={tmp_path}", "-p", "no:cacheprovider"],
        cwd=folders.ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout
    lines = [line.split() for line in done.stdout.splitlines() if line.startswith("[gw")]
    workers = {words[0] for words in lines if "test_group.py" in words[-1]}
    assert len(lines) == 32 and len(workers) == 1
