"""One cluster for all tests that need it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests import clusters
from tests.clusters import Cluster

CPUS = 2
os.environ.update(clusters.TOKEN)  # Ray reads it once in a process


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    pytest.importorskip("ray", exc_type=ImportError)
    with clusters.running(CPUS) as started:
        yield started


@pytest.fixture
def faces(tmp_path: Path) -> Path:
    """FER2013's CSV with 70 faces to train on and 35 to validate with, quickly read: noise, and a
    bright bar whose row tells the class."""
    random = np.random.default_rng(0)
    lines = ["emotion,pixels,Usage"]
    for number in range(105):
        face = random.integers(0, 90, (48, 48))
        face[6 * (number % 7) + 3 :][:3] += 120
        usage = "Training" if number < 70 else "PublicTest"
        lines.append(f"{number % 7},{' '.join(map(str, face.flat))},{usage}")
    path = tmp_path / "faces.csv"
    path.write_text("\n".join(lines))
    return path
