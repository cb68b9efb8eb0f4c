"""Photos, snapshots, takes and live video where not one byte can be written into any file."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.page_client import PageClient
from fer import registry
from fer.storage import folders
from tests.browser.conftest import free_port
from tests.helpers import within_seconds
from tests.privacy import canary

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit for files"),
]
NO_FILES = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))\n"
"""From then on the system refuses the first byte that a process, or a child of it, writes into a
file. Pipes, on which it logs, are none."""
SERVER = "import runpy; runpy.run_module('dashboard', run_name='__main__')"
TESTED = "from streamlit.testing.v1 import AppTest\n"  # makes a temporary folder of its own
LIVE = """
import time
import streamlit_webrtc.component
from dashboard import navigation
from fer import registry
from fer.live import worker
from fer.live.feed import LiveFeed, LiveSettings
from tests.helpers import astronaut
from tests.privacy import canary
worker.STALE_SECONDS = 60.0  # this machine may be slow
feed = LiveFeed(registry.load(), LiveSettings())
until = time.monotonic() + 120
while not (feed.latest() and feed.latest().faces) and time.monotonic() < until:
    feed.offer(astronaut(), time.monotonic())
    time.sleep(0.05)
assert feed.latest().faces, "no face was read"
feed.close()
page = AppTest.from_file(str(navigation.ROOT / "pages" / "photos.py"), default_timeout=120).run()
page.get("button_group")[0].set_value("Camera").run()
page.get("camera_input")[0].set_value(("snapshot.jpg", canary.photo(), "image/jpeg")).run()
assert len(page.session_state["_photo_session"].pictures) == 1 and not page.exception
streamlit_webrtc.component.get_this_session_info = lambda: None
page = AppTest.from_file(str(navigation.ROOT / "pages" / "teach.py"), default_timeout=120).run()
page.button(key="teach-agree").click().run()
page.segmented_control(key="teach-source").set_value("Pictures").run()
page.file_uploader[0].set_value([("me.jpg", canary.photo(), "image/jpeg")]).run()
assert len(page.session_state["_teach_session"].captures.faces) == 1 and not page.exception
try:
    with open("left", "w") as file:
        file.write("x")
except OSError:
    print("analysed")
"""


class Server:
    """One whose log is read from a pipe."""

    def __init__(self, home: Path) -> None:
        port = free_port()
        self.address = f"http://localhost:{port}"
        places = dict.fromkeys(("HOME", "TMPDIR", "XDG_CACHE_HOME"), str(home))
        self.process = subprocess.Popen(
            [sys.executable, "-c", NO_FILES + SERVER, f"--server.port={port}"],
            cwd=folders.ROOT,
            env={**os.environ, **places, "FER_MODELS": str(registry.folder().absolute())},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        within_seconds(90, self._is_up)

    def _is_up(self) -> bool:
        assert self.process.poll() is None
        try:
            with urllib.request.urlopen(f"{self.address}/_stcore/health", timeout=2):
                return True
        except OSError:
            return False

    def end(self) -> str:
        """Its log."""
        self.process.terminate()
        return self.process.communicate(timeout=60)[0]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    home = tmp_path / "home"
    home.mkdir()
    server = Server(home)
    yield server
    server.process.kill()
    server.process.communicate()


def test_a_photo_is_in_no_file_no_log_and_no_other_session(server: Server, tmp_path: Path) -> None:
    owner, other = PageClient(server.address), PageClient(server.address)
    owner.open("photos")
    owner.upload((f"{canary.NAME}.jpg", canary.photo()))
    assert owner.pictures_shown
    other.open("photos")
    assert not other.pictures_shown and not other.media & owner.media
    owner.close()
    other.close()
    log = server.end()
    assert "Traceback" not in log and canary.MARK not in log
    assert not [
        path for path in canary.contents(tmp_path) if path.is_file() and path.stat().st_size
    ]


def test_live_video_a_snapshot_and_takes_are_in_no_file(tmp_path: Path) -> None:
    began = time.time()
    done = subprocess.run(
        [sys.executable, "-c", TESTED + NO_FILES + LIVE],
        cwd=tmp_path,
        env={
            **os.environ,
            **{"TMPDIR": str(tmp_path), "PYTHONPATH": str(folders.ROOT)},
            "FER_MODELS": str(registry.folder().absolute()),
        },
        capture_output=True,
        text=True,
        timeout=200,
    )
    assert done.stdout == "analysed\n", done.stderr
    written = [path for path in canary.contents(tmp_path) if path.is_file()]
    assert [path for path in written if path.stat().st_mtime >= began and path.stat().st_size] == []
