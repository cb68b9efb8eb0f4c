"""Changes to other packages: names exist, versions were tried, and only start applies them."""

from __future__ import annotations

import subprocess
import sys

import pytest
from streamlit import runtime
from streamlit.runtime.app_session import AppSession
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.scriptrunner_utils.script_run_context import ScriptRunContext

from dashboard.server import compatibility, network, sessions, uploads, video_relay
from dashboard.server.compatibility import ForeignName, UnsupportedVersion, require
from dashboard.server.visitors import identity, media
from fer.storage import folders

FOREIGN_NAMES = sorted(
    {
        *(*network.FOREIGN_NAMES, *sessions.FOREIGN_NAMES),
        *(*uploads.FOREIGN_NAMES, *video_relay.FOREIGN_NAMES),
        *(*identity.FOREIGN_NAMES, *media.FOREIGN_NAMES),
    },
    key=lambda name: name.path,
)


@pytest.mark.parametrize("name", FOREIGN_NAMES, ids=lambda name: name.path)
def test_the_installed_version_has_the_name_and_was_tried(name: ForeignName) -> None:
    name.resolve()
    assert name.is_known, f"{name.package} {name.installed}: try {name.path} again"


def test_sessions_are_kept_where_they_are_looked_for() -> None:
    """Attributes that only instances have."""
    assert "_session_mgr" in runtime.Runtime.__init__.__code__.co_names
    assert "file_storage" in MemoryUploadedFileManager.__init__.__code__.co_names
    assert {"shared", "session_state", "uploaded_file_mgr"} <= set(ScriptRunContext.__annotations__)
    assert "_fragment_storage" in AppSession.__init__.__code__.co_names


def test_a_name_that_is_gone_is_an_error_that_says_what_to_install() -> None:
    gone = ForeignName("starlette", "1", "starlette.formparsers:MultiPartParser.gone")
    with pytest.raises(UnsupportedVersion, match=r"starlette .* has no .*gone.*install version 1"):
        require(gone)
    with pytest.raises(UnsupportedVersion):
        require(ForeignName("starlette", "1", "starlette.gone:MultiPartParser"))


def test_a_version_that_nobody_tried_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    require(ForeignName("starlette", "0.9", "starlette.formparsers:MultiPartParser"))
    assert "this program was tried with 0.9" in caplog.text


@pytest.mark.parametrize(("version", "known"), [("1", True), ("1.10", True), ("1.1", False)])
def test_a_version_is_compared_part_by_part(
    monkeypatch: pytest.MonkeyPatch, version: str, known: bool
) -> None:
    monkeypatch.setattr(compatibility.metadata, "version", lambda package: "1.10.0")
    assert ForeignName("starlette", version, "starlette:status").is_known is known


def test_nothing_is_changed_before_the_app_starts() -> None:
    code = """
from starlette.formparsers import MultiPartParser
from streamlit import net_util
before = MultiPartParser.spool_max_size, net_util.get_external_ip
from dashboard import errors, model_picker, navigation
from dashboard.server import memory, sessions, startup, uploads
assert (MultiPartParser.spool_max_size, net_util.get_external_ip) == before
from streamlit.testing.v1 import AppTest
assert not AppTest.from_file("streamlit_app.py", default_timeout=60).run().exception
assert MultiPartParser.spool_max_size > uploads.LARGEST_UPLOAD
assert net_util.get_external_ip() is None
print("done")
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=folders.ROOT
    )
    assert done.stdout.strip() == "done", done.stderr[-2000:]
