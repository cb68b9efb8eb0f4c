"""Uploads in memory: only what a field announced, within limits, and freed once it is read."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartParser
from starlette.requests import Request
from starlette.responses import Response
from streamlit.proto.Common_pb2 import FileURLs
from streamlit.proto.WidgetStates_pb2 import WidgetState
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.uploaded_file_manager import UploadedFile
from streamlit.web.server.starlette import starlette_routes

from dashboard.photos.session import PhotoSession
from dashboard.server import uploads
from dashboard.server.visitors import arriving, upload_ledger
from dashboard.server.visitors.upload_ledger import Ledger

HEAD = b'--x\r\nContent-Disposition: form-data; name="f"; filename="faces.zip"\r\n\r\n'
TAIL = b"\r\n--x--\r\n"


@pytest.fixture(autouse=True)
def manager(monkeypatch: pytest.MonkeyPatch) -> Iterator[MemoryUploadedFileManager]:
    """Streamlit's own manager and route, with our changes for this test alone."""
    made = MemoryUploadedFileManager("/upload")
    for owner, name in (
        (MultiPartParser, "spool_max_size"),
        (Request, "_get_form"),
        (MemoryUploadedFileManager, "get_files"),
        (MemoryUploadedFileManager, "get_upload_urls"),
        (MemoryUploadedFileManager, "remove_session_files"),
    ):
        monkeypatch.setattr(owner, name, getattr(owner, name))
    monkeypatch.setattr(uploads, "ledger", Ledger())
    monkeypatch.setattr(uploads, "get_instance", lambda: SimpleNamespace(uploaded_file_mgr=made))
    monkeypatch.setattr(uploads, "exists", lambda: True)
    monkeypatch.setattr(starlette_routes, "is_xsrf_enabled", lambda: False)
    uploads.install()
    yield made


class Sender:
    """A browser that sends one file; `read` counts the pieces that the server took."""

    def __init__(self, manager: MemoryUploadedFileManager, size: int, session: str = "me") -> None:
        self.manager, self.session = manager, session
        (url,) = manager.get_upload_urls(session, ["faces.zip"])
        self.file, self.pieces = url.file_id, [HEAD, b"." * size, TAIL]
        self.headers = {"content-length": str(size)}
        self.read, self.may_go_on = 0, asyncio.Event()
        self.may_go_on.set()

    async def send(self) -> Response:
        routes = starlette_routes.create_upload_routes(
            SimpleNamespace(is_active_session=lambda session: True),  # type: ignore[arg-type]
            self.manager,
            None,
        )
        endpoint = next(route.endpoint for route in routes if "PUT" in route.methods)  # type: ignore[attr-defined]
        headers = {"content-type": "multipart/form-data; boundary=x", **self.headers}
        scope = {
            "type": "http",
            "method": "PUT",
            "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
            "path_params": {"session_id": self.session, "file_id": self.file},
        }
        response: Response = await endpoint(Request(scope, self._receive))
        return response

    async def _receive(self) -> dict[str, object]:
        if self.read:
            await self.may_go_on.wait()
        piece = self.pieces[self.read]
        self.read += 1
        more = self.read < len(self.pieces)
        return {"type": "http.request", "body": piece, "more_body": more}

    @property
    def kept(self) -> bytes | None:
        """What the manager has of the file."""
        records = self.manager.get_files(self.session, [self.file])
        return records[0].data if records else None

    def upload(self) -> UploadedFile:
        (record,) = self.manager.get_files(self.session, [self.file])
        return UploadedFile(record, FileURLs())


def on_a_page(monkeypatch: pytest.MonkeyPatch, manager: object, **more: object) -> None:
    context = SimpleNamespace(session_id="me", uploaded_file_mgr=manager, **more)
    monkeypatch.setattr(uploads, "get_script_run_ctx", lambda: context)


def test_a_file_that_was_announced_is_taken(
    manager: MemoryUploadedFileManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    sender = Sender(manager, 5)
    assert asyncio.run(sender.send()).status_code == 204
    assert sender.kept == b"....."
    on_a_page(monkeypatch, manager)
    uploads.check(sender.upload())
    uploads.free([sender.upload()])
    assert sender.kept is None


def test_a_file_that_no_field_announced_is_refused_unread(
    manager: MemoryUploadedFileManager,
) -> None:
    sender = Sender(manager, 5)
    sender.file = "11111111-2222-3333-4444-555555555555"
    with pytest.raises(HTTPException) as refused:
        asyncio.run(sender.send())
    assert refused.value.status_code == 403
    assert sender.read == 0 and not manager.file_storage


def test_a_file_without_a_length_is_refused_unread(manager: MemoryUploadedFileManager) -> None:
    sender = Sender(manager, 5)
    sender.headers = {"transfer-encoding": "chunked"}
    with pytest.raises(HTTPException) as refused:
        asyncio.run(sender.send())
    assert refused.value.status_code == 411 and sender.read == 0


@pytest.mark.parametrize(
    ("limit", "first", "words"),
    [
        ("MOST_SESSION_BYTES", "me", "faces.zip was not taken: this page holds 1.25 GB"),
        ("MOST_BYTES", "you", "faces.zip was not taken: this server holds 2.5 GB"),
    ],
)
def test_bytes_are_bounded_and_the_page_says_so(
    manager: MemoryUploadedFileManager,
    monkeypatch: pytest.MonkeyPatch,
    limit: str,
    first: str,
    words: str,
) -> None:
    monkeypatch.setattr(upload_ledger, limit, 150)
    on_a_page(monkeypatch, manager)
    fits, too_much = Sender(manager, 100, first), Sender(manager, 100)
    asyncio.run(fits.send())
    assert asyncio.run(too_much.send()).status_code == 204, "so that the page is shown"
    assert fits.kept == b"." * 100 and too_much.kept == b""
    with pytest.raises(uploads.NotKept, match=words):
        uploads.check(too_much.upload())
    manager.remove_session_files(first)
    again = Sender(manager, 100)
    asyncio.run(again.send())
    assert again.kept == b"." * 100


def test_files_that_a_page_keeps_count(
    manager: MemoryUploadedFileManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upload_ledger, "MOST_SESSION_BYTES", 150)
    monkeypatch.setattr(upload_ledger, "MOST_BYTES", 250)
    on_a_page(monkeypatch, manager)
    photos = PhotoSession()
    uploads.count(photos)
    photos.add("one.jpg", b"." * 100)
    own, another = Sender(manager, 100), Sender(manager, 120, "you")
    for sender in (own, another):
        asyncio.run(sender.send())
    assert own.kept == b"" and another.kept == b"." * 120
    photos.clear()
    photos.waiting.clear()
    again = Sender(manager, 100)
    asyncio.run(again.send())
    assert again.kept == b"." * 100


def test_files_on_their_way_count(
    manager: MemoryUploadedFileManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or slow senders would hold any amount."""
    monkeypatch.setattr(upload_ledger, "MOST_BYTES", 150)

    async def both() -> tuple[Sender, Sender]:
        slow, late = Sender(manager, 100, "you"), Sender(manager, 100)
        slow.may_go_on.clear()
        sending = asyncio.create_task(slow.send())
        while not slow.read:
            await asyncio.sleep(0)
        await late.send()
        slow.may_go_on.set()
        await sending
        return slow, late

    slow, late = asyncio.run(both())
    assert slow.kept == b"." * 100 and late.kept == b""


def test_what_a_slow_sender_promises_takes_no_place(
    manager: MemoryUploadedFileManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two tabs that promise a large file each would keep all others from uploading."""
    monkeypatch.setattr(upload_ledger, "MOST_BYTES", 1500)
    monkeypatch.setattr(upload_ledger, "STEP_BYTES", 100)
    on_a_page(monkeypatch, manager)

    async def both() -> tuple[Sender, Sender]:
        slow, other = Sender(manager, 1000), Sender(manager, 1000, "you")
        slow.may_go_on.clear()
        sending = asyncio.create_task(slow.send())
        while not slow.read:
            await asyncio.sleep(0)
        await other.send()
        slow.may_go_on.set()
        assert (await sending).status_code == 204, "so that the page is shown"
        return slow, other

    slow, other = asyncio.run(both())
    assert other.kept == b"." * 1000
    assert slow.kept == b"" and slow.read == 3
    with pytest.raises(uploads.NotKept, match=r"this server holds 2\.5 GB"):
        uploads.check(slow.upload())


@pytest.mark.parametrize("stands_still", [True, False])
def test_an_upload_that_hardly_comes_is_ended(
    manager: MemoryUploadedFileManager, monkeypatch: pytest.MonkeyPatch, stands_still: bool
) -> None:
    monkeypatch.setattr(arriving, "PATIENCE_SECONDS", 0.2 if stands_still else 0.0)
    monkeypatch.setattr(arriving, "SLOWEST_BYTES", 10**12)
    if not stands_still:  # its pieces come in time, but they are too few
        monkeypatch.setattr(asyncio, "wait_for", lambda receiving, seconds: receiving)

    async def send() -> Sender:
        sender = Sender(manager, 5)
        if stands_still:
            sender.may_go_on.clear()
        with pytest.raises(HTTPException) as refused:
            await sender.send()
        assert refused.value.status_code == 408
        return sender

    sender = asyncio.run(send())
    assert sender.kept is None
    assert uploads.ledger.sessions["me"][sender.file].arriving == 0


def test_what_no_field_shows_any_more_is_freed(
    manager: MemoryUploadedFileManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown, left_behind, not_here = (Sender(manager, 10) for _ in range(3))
    for sender in (shown, left_behind):
        asyncio.run(sender.send())
    here, elsewhere = WidgetState(id="here"), WidgetState(id="elsewhere")
    here.file_uploader_state_value.uploaded_file_info.add(file_id=shown.file)
    elsewhere.file_uploader_state_value.uploaded_file_info.add(file_id=left_behind.file)
    on_a_page(
        monkeypatch,
        manager,
        shared=SimpleNamespace(
            widget_ids_this_run=SimpleNamespace(snapshot=lambda: {"here", "a button"})
        ),
        session_state=SimpleNamespace(get_widget_states=lambda: [here, elsewhere]),
    )
    with uploads.unused_ones_freed():
        assert left_behind.kept
    assert left_behind.kept, "its field may be about to tell of it"
    monkeypatch.setattr(upload_ledger, "SETTLING_SECONDS", 0.0)
    with pytest.raises(RuntimeError), uploads.unused_ones_freed():
        raise RuntimeError("the page is shown anew")
    assert left_behind.kept
    on_its_way = uploads.ledger.get("me", not_here.file)
    assert on_its_way is not None
    on_its_way.arriving = 10
    with uploads.unused_ones_freed():
        pass
    assert left_behind.kept, "another file of its field is on its way"
    on_its_way.arriving = 0
    with uploads.unused_ones_freed():
        pass
    assert left_behind.kept is None and shown.kept


def test_what_no_page_asks_for_is_freed_without_a_visitor(
    manager: MemoryUploadedFileManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Anybody can announce files; only a page with a field asks for them."""
    stray, on_page = Sender(manager, 10), Sender(manager, 10)
    for sender in (stray, on_page):
        asyncio.run(sender.send())
    manager.get_files("me", [on_page.file])
    uploads.free_unseen()
    files = manager.file_storage["me"]
    assert set(files) == {stray.file, on_page.file}, "its page may be about to ask for it"
    monkeypatch.setattr(upload_ledger, "UNSEEN_SECONDS", 0.0)
    uploads.free_unseen()
    assert set(files) == {on_page.file}


def test_a_session_that_has_ended_is_forgotten(manager: MemoryUploadedFileManager) -> None:
    Sender(manager, 1)
    manager.remove_session_files("me")
    assert not uploads.ledger.sessions


def test_announcements_are_bounded(manager: MemoryUploadedFileManager) -> None:
    manager.get_upload_urls("me", ["a.png"] * (upload_ledger.MOST_ASKED + 5))
    assert len(uploads.ledger.sessions["me"]) == upload_ledger.MOST_ASKED
