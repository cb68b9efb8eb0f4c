"""Page files run headless, as a visitor inside the app would see them."""

from __future__ import annotations

import signal
import time
import weakref
from collections.abc import Callable, Sequence
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dashboard import navigation, start_button
from dashboard.server.children import running
from dashboard.server.children.running import Child
from dashboard.server.workspaces import Workspace
from fer import cli
from tests import server_state

Open = Callable[[str], AppTest]


@pytest.fixture(autouse=True)
def quick_visitor(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first visitor of a server; two presses of Start in a moment are meant as two."""
    server_state.reset()
    monkeypatch.setattr(start_button, "QUIET_SECONDS", 0.0)


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


def looked_at(page: AppTest) -> AppTest:
    """Waits until the upload on a page has been inspected."""
    for key, request in dict(page.session_state["_children"]).items():
        if key.startswith("inspect"):
            request.child.process.wait(240)
    page.run()
    assert not page.exception
    return page


class Ended:
    """Stands for a process that ended before it was looked at."""

    def __init__(self, returncode: int) -> None:
        self.returncode = returncode

    def poll(self) -> int:
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        return self.returncode


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands run in this process while the page waits, which saves starting Python each time."""

    def start(
        arguments: Sequence[str],
        folder: Workspace,
        limit_seconds: float = running.LIMIT_SECONDS,
        models: Path | None = None,
    ) -> Child:
        place = Path(folder.name)
        with (
            (place / "stdout.txt").open("w") as out,
            (place / "stderr.txt").open("w") as err,
            redirect_stdout(out),
            redirect_stderr(err),
        ):
            process = Ended(cli.main(arguments))
        child = Child(process, folder, time.monotonic(), limit_seconds)  # type: ignore[arg-type]
        weakref.finalize(child, folder.cleanup)
        return child

    monkeypatch.setattr(running, "start", start)
    monkeypatch.setattr(signal, "signal", lambda number, handler: None)  # this is no main thread
