"""One cluster for all tests that need it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests import clusters
from tests.clusters import Cluster

CPUS = 2


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    pytest.importorskip("ray", exc_type=ImportError)
    with clusters.running(CPUS) as started:
        yield started
