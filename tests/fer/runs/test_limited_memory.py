"""Whatever a data set holds, reading it takes no more memory than it may."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from fer.runs import processes
from fer.storage import folders
from fer.training import failures
from tests.fer.data import hostile
from tests.fer.data.hostile import MB

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the system's limit")


def test_more_than_it_may_take_is_refused_and_then_allowed_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(processes, "READING_BYTES", 64 * MB)
    with processes.limited_memory(), pytest.raises(MemoryError):
        bytearray(512 * MB)
    assert len(bytearray(512 * MB)) == 512 * MB


def test_what_opencv_says_is_understood(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "READING_BYTES", 64 * MB)
    picture = np.zeros((8000, 8000), np.uint8)
    with processes.limited_memory(), pytest.raises(cv2.error) as caught:
        cv2.resize(picture, (32_000, 32_000))
    assert failures.is_out_of_memory(caught.value)


LIMITED = """
import sys
from fer import cli
from fer.runs import processes
processes.READING_BYTES = {limit}
sys.exit(cli.main(["inspect", "--data", sys.argv[1]]))
"""


@pytest.mark.slow
def test_a_command_without_enough_memory_ends_in_a_sentence(tmp_path: Path) -> None:
    path = hostile.one_cell(tmp_path / "faces.parquet", bytes(60 * MB), rows=3)
    done = {
        limit: subprocess.run(
            [sys.executable, "-c", LIMITED.format(limit=limit), path],
            capture_output=True,
            text=True,
            cwd=folders.ROOT,
        )
        for limit in (50 * MB, processes.READING_BYTES)
    }
    assert [one.returncode for one in done.values()] == [2, 2]
    short, enough = (one.stderr for one in done.values())
    assert short == "fer: there was not enough memory. Use a part of the data.\n"
    assert "all 3 are wrong" in enough
