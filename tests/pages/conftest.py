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


@pytest.fixture
def open_app(tiny_models: Path) -> Open:
    """Runs the whole app on a page, so that `go` leads to others in the same session."""
    import streamlit as st

    st.cache_resource.clear()

    def run(stem: str) -> AppTest:
        app = AppTest.from_file(str(navigation.ROOT / "streamlit_app.py"), default_timeout=60)
        return go(app.run(), stem)

    return run


def go(app: AppTest, stem: str) -> AppTest:
    """Follows the menu to a page."""
    app.switch_page(f"pages/{stem}.py").run()
    assert not app.exception
    return app
