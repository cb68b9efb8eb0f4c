"""The app as its users have it: a server of its own, and a real browser."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import Browser, Error, Page, Playwright, expect, sync_playwright

from fer import registry
from fer.errors import BadRun
from fer.runs import launcher, store
from tests import clips

ROOT = Path(__file__).resolve().parents[2]
FLAGS = [
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"),
]

expect.set_options(timeout=90_000)  # a busy machine takes its time, and none of it is wasted


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """Address and folder of a running app with a copy of the shipped models."""
    folder = tmp_path_factory.mktemp("app")
    with running_app(folder) as address:
        yield address, folder


@pytest.fixture
def app(server: tuple[str, Path]) -> str:
    """Address of the running app, whose models and runs are as when it was started: whatever the
    test before it left, also where it failed, is gone."""
    address, folder = server
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FER_RUNS", str(folder / "runs"))
        patch.setenv("FER_MODELS", str(folder / "models"))
        remove_runs_and_models()
    return address


def remove_runs_and_models() -> None:
    """Ends and deletes all runs, and leaves the shipped models alone, the default one active."""
    for run in store.listing():  # first, since they publish models
        with suppress(BadRun):  # it is over
            launcher.stop(run, force=True)
        launcher.delete(run)
    (registry.folder() / "active.json").unlink(missing_ok=True)
    for name in set(registry.names()).difference(registry.SHIPPED):
        registry.delete(name)


@contextmanager
def running_app(folder: Path, *options: str) -> Iterator[str]:
    """A server of its own, whose models, runs and log live in `folder`."""
    port = free_port()
    folder.mkdir(exist_ok=True)
    log = folder / f"log-{port}.txt"
    if not (folder / "models").exists():  # it is the second server of this folder
        shutil.copytree(registry.folder(), folder / "models")
    environment = {
        **os.environ,
        "FER_RUNS": str(folder / "runs"),
        "FER_MODELS": str(folder / "models"),
    }
    command = [sys.executable, "-m", "dashboard", "--server.port"]
    with log.open("wb") as output:
        server = subprocess.Popen(
            [*command, str(port), *options], cwd=ROOT, env=environment, stdout=output, stderr=output
        )
    address = f"http://localhost:{port}"
    try:
        _wait_for(f"{address}/_stcore/health", server, log)
        yield address
        assert "Traceback" not in log.read_text("utf-8", "replace"), log.read_text()
    finally:
        server.terminate()
        server.wait(60)


def server_of(address: str) -> psutil.Process:
    """The process of a `running_app`."""
    port = address.rpartition(":")[2]
    for child in psutil.Process().children():
        with suppress(psutil.Error):  # another one that has ended
            if port in child.cmdline():
                return child
    raise LookupError(address)


def _wait_for(address: str, server: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + 180
    while time.monotonic() < until and server.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=2):
                return
        except OSError:
            time.sleep(0.2)
    pytest.fail(f"the app did not start:\n{log.read_text()}")


@pytest.fixture(scope="package")  # its event loop would be in the way of other tests
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A browser whose camera plays a film of a moving face."""
    film = clips.write(tmp_path_factory.mktemp("camera") / "face.mjpeg")
    with sync_playwright() as playwright:
        try:
            browser = launch(playwright, film)
        except Error as error:
            if os.environ.get("CI") == "true":
                raise
            pytest.skip(f"no browser: install chromium, or run `playwright install`: {error}")
        yield browser
        browser.close()


def launch(playwright: Playwright, film: Path) -> Browser:
    """Debian's chromium where there is one, else Playwright's own."""
    path = shutil.which("chromium")
    flags = [*FLAGS, f"--use-file-for-fake-video-capture={film}"]
    return playwright.chromium.launch(executable_path=path, args=flags)


@pytest.fixture
def browser(chromium: Browser) -> Iterator[Browser]:
    """The browser; what a test opens in it is closed after it, also where it fails."""
    yield chromium
    for context in chromium.contexts:
        context.close()


@pytest.fixture
def page(browser: Browser) -> Page:
    context = browser.new_context(viewport={"width": 1300, "height": 900})
    context.set_default_timeout(90_000)
    return context.new_page()
