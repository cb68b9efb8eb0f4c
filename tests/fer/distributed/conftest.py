"""One cluster for all tests that need it."""

from __future__ import annotations

import os
from collections.abc import Iterator

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
