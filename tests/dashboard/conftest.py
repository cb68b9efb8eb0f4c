"""A server's state for each test."""

from __future__ import annotations

import pytest

from tests import server_state


@pytest.fixture(autouse=True)
def first_visitors() -> None:
    server_state.reset()
