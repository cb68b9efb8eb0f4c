"""A real server and visitors without a browser: what it holds of them, and what it lets go of."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import suppress

import numpy as np
import pytest
import requests
from websockets.exceptions import ConnectionClosed
from websockets.frames import CloseCode
from websockets.sync.client import connect

from benchmarks.page_client import PageClient
from dashboard.photos import picture
from dashboard.server import network
from tests.browser.conftest import running_app
from tests.helpers import astronaut, within_seconds

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_app(tmp_path_factory.mktemp("visits")) as address:
        yield address


@pytest.fixture
def visitor(app: str) -> Iterator[PageClient]:
    client = PageClient(app)
    yield client
    client.close()


def portrait() -> bytes:
    return picture.jpeg(astronaut())


def held_uploads(app: str) -> int:
    """Bytes of uploads that Streamlit says it holds, or held some seconds ago."""
    text = requests.get(f"{app}/_stcore/metrics", timeout=60).text
    found = re.search(r'cache_type="UploadedFileManager"[^}]*} (\d+)', text)
    return int(found[1]) if found else 0


def answers(app: str, addresses: set[str]) -> set[int]:
    return {requests.get(app + address, timeout=60).status_code for address in addresses}


def test_a_browser_that_sends_too_much_at_once_is_cut_off(app: str) -> None:
    """What widgets hold stays in memory as long as its tab."""
    with connect(f"{app.replace('http', 'ws')}/_stcore/stream", subprotocols=["streamlit"]) as tab:
        with suppress(ConnectionClosed):
            tab.send(iter([b"." * network.MESSAGE_BYTES, b"."]))  # its answer finds all read
        with pytest.raises(ConnectionClosed) as closed:
            for _ in tab:
                pass
            tab.recv()
    assert closed.value.rcvd is not None and closed.value.rcvd.code == CloseCode.MESSAGE_TOO_BIG


def test_a_photo_is_out_of_the_upload_manager_once_it_is_read_and_gone_once_removed(
    app: str, visitor: PageClient
) -> None:
    visitor.open("photos")
    (other,) = visitor.announce("another.jpg")
    assert visitor.put(other.upload_url, "another.jpg", b"." * 1000).status_code == 204
    visitor.upload(("portrait.jpg", portrait()))
    assert visitor.pictures_shown
    within_seconds(120, lambda: held_uploads(app) == 1000)
    assert answers(app, visitor.media) == {200}
    visitor.press("Remove all")
    assert not visitor.pictures_shown
    within_seconds(120, lambda: answers(app, visitor.media) == {404})


def test_a_field_that_tells_of_its_files_twice_is_no_error(app: str, visitor: PageClient) -> None:
    visitor.open("photos")
    (key,) = [key for key in visitor.elements if key.startswith("upload ")]
    field = visitor.elements[key]
    visitor.upload(("portrait.jpg", portrait()))
    shown = set(visitor.media)
    visitor.elements[key] = field
    visitor.upload(("again.jpg", picture.jpeg(np.ascontiguousarray(astronaut()[:, ::-1]))))
    assert visitor.media - shown and "exception" not in visitor.elements


def test_a_file_that_no_field_announced_is_refused(app: str, visitor: PageClient) -> None:
    visitor.open("photos")
    (urls,) = visitor.announce("announced.jpg")
    other = re.sub(r"[^/]+$", "11111111-2222-3333-4444-555555555555", urls.upload_url)
    assert visitor.put(other, "x.jpg", portrait()).status_code == 403
    assert visitor.put(urls.upload_url, "x.jpg", portrait()).status_code == 204


def test_a_request_that_is_no_upload_is_answered(app: str) -> None:
    assert requests.get(f"{app}/_stcore/health", timeout=60).status_code == 200
    body = {"x": io.BytesIO(b"1")}
    assert requests.put(f"{app}/_stcore/upload_file/a/b", files=body, timeout=60).status_code in (
        400,
        403,
    )
