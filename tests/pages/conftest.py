"""Page files run headless, as a visitor inside the app would see them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dashboard import navigation

Open = Callable[[str], AppTest]


@pytest.fixture
def open_page(tiny_models: Path) -> Open:
    """Runs a page alone, with the model "tiny" to answer; no exception may be shown."""
    import streamlit as st

    st.cache_resource.clear()

    def run(stem: str) -> AppTest:
        page = AppTest.from_file(str(navigation.ROOT / "pages" / f"{stem}.py"), default_timeout=60)
        page.run()
        assert not page.exception
        return page

    return run
