"""Uploads: in memory until the visitor presses a button that stores them, and no longer than a
page needs them.

Streamlit takes a file under any id, keeps it until its session has ended, and sets no limit to all
of them together. Here only files that an upload field announced are taken, as many bytes as
`upload_ledger` allows, and pages free what they have read.
"""

from __future__ import annotations

import io
import threading
import weakref
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartParser
from starlette.requests import Request
from streamlit.runtime import exists, get_instance
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.scriptrunner import StopException, get_script_run_ctx
from streamlit.runtime.uploaded_file_manager import (
    UploadedFile,
    UploadedFileRec,
    UploadFileUrlInfo,
)

from dashboard.server.compatibility import ForeignName, require
from dashboard.server.visitors import arriving, login, upload_ledger
from dashboard.server.visitors.upload_ledger import Ledger
from fer.errors import FerError

_MANAGER = "streamlit.runtime.memory_uploaded_file_manager:MemoryUploadedFileManager"
FOREIGN_NAMES = (
    ForeignName("starlette", "1", "starlette.formparsers:MultiPartParser.spool_max_size"),
    ForeignName("starlette", "1", "starlette.requests:Request._get_form"),
    ForeignName("starlette", "1", "starlette.requests:Request.receive"),
    ForeignName("streamlit", "1.67", f"{_MANAGER}.get_files"),
    ForeignName("streamlit", "1.67", f"{_MANAGER}.get_upload_urls"),
    ForeignName("streamlit", "1.67", f"{_MANAGER}.remove_file"),
    ForeignName("streamlit", "1.67", f"{_MANAGER}.remove_session_files"),
    ForeignName("streamlit", "1.67", "streamlit.runtime.runtime:Runtime.uploaded_file_mgr"),
    ForeignName("streamlit", "1.67", "streamlit.runtime.state.safe_session_state:SafeSessionState"),
)
LARGEST_UPLOAD = 1024**3
ledger = Ledger()

_get_form = Request._get_form
_get_files = MemoryUploadedFileManager.get_files
_get_upload_urls = MemoryUploadedFileManager.get_upload_urls
_remove_session_files = MemoryUploadedFileManager.remove_session_files


class Keeper(Protocol):
    """What keeps uploads of a session after they were freed here."""

    @property
    def num_bytes(self) -> int: ...


_keepers: weakref.WeakKeyDictionary[Keeper, str] = weakref.WeakKeyDictionary()
_lock = threading.Lock()


class NotKept(FerError):
    """An upload that the server had no place for."""


def install() -> None:
    """Keeps uploads in memory, and within their limits; may be called again.

    The server's form parser moves uploads above 1 MB to a temporary file. With a limit beyond the
    largest upload it never does.
    """
    require(*FOREIGN_NAMES)
    MultiPartParser.spool_max_size = 2 * LARGEST_UPLOAD
    Request._get_form = _checked_form  # type: ignore[method-assign, assignment]
    MemoryUploadedFileManager.get_files = _seen_files  # type: ignore[method-assign, assignment]
    MemoryUploadedFileManager.get_upload_urls = _noted_urls  # type: ignore[method-assign, assignment]
    MemoryUploadedFileManager.remove_session_files = _closed  # type: ignore[method-assign, assignment]


def check(file: UploadedFile) -> None:
    """Raises `NotKept` with the reason where there was no place for what was uploaded."""
    context = get_script_run_ctx()
    asked = context and ledger.get(context.session_id, file.file_id)
    if asked and asked.refusal:
        raise NotKept(f"{file.name} was not taken: {asked.refusal}")


def admit() -> None:
    """This session is shown a page: where a login is asked for, it may upload from now on."""
    context = get_script_run_ctx()
    if context is not None:
        ledger.admitted.add(context.session_id)


def free(files: Iterable[UploadedFile]) -> None:
    """Lets go of uploads that the page has read, or does not want."""
    context = get_script_run_ctx()
    if context is not None:
        for file in files:
            context.uploaded_file_mgr.remove_file(  # type: ignore[attr-defined]
                session_id=context.session_id, file_id=file.file_id
            )


def count(keeper: Keeper) -> None:
    """Counts what a part of this session keeps among the uploads that are held."""
    context = get_script_run_ctx()
    with _lock:
        _keepers[keeper] = context.session_id if context else ""


def require_room(num_bytes: int) -> None:
    """Raises `NotKept` with the reason where a page has no room for so many bytes more that one of
    its `Keeper`s wants to keep."""
    context = get_script_run_ctx()
    if context is None:
        return
    held = _held_bytes(context.uploaded_file_mgr, context.session_id)
    reason = ledger.refusal(context.session_id, num_bytes, *held)
    if reason:
        raise NotKept(f"this is not kept, since {reason}")


def free_unseen() -> None:
    """Lets go of files that were sent, and that no field of a page turned out to have."""
    if exists():
        manager: Any = get_instance().uploaded_file_mgr
        for session, file in ledger.unseen():
            manager.remove_file(session_id=session, file_id=file)


@contextmanager
def unused_ones_freed() -> Iterator[None]:
    """Around a page: once it is shown, its uploads without a field are freed, such as those of
    the page before. Nothing is if the page is shown anew before its end."""
    try:
        yield
    except StopException:
        _free_unused()
        raise
    _free_unused()


def _free_unused() -> None:
    context = get_script_run_ctx()
    if context is None:
        return
    manager: Any = context.uploaded_file_mgr
    held = list(manager.file_storage.get(context.session_id, ()))
    if not held:
        return
    widgets = context.shared.widget_ids_this_run.snapshot()
    shown = {
        info.file_id
        for state in context.session_state.get_widget_states()
        if state.id in widgets
        for info in state.file_uploader_state_value.uploaded_file_info
    }
    for file in ledger.forgotten(context.session_id, held, shown):
        manager.remove_file(session_id=context.session_id, file_id=file)


async def _checked_form(request: Request[Any], **limits: Any) -> FormData:
    """The form of a request; an upload without a place is read, thrown away and taken for an empty
    file, so that its page is shown and can say why."""
    session, file = (request.path_params.get(name) for name in ("session_id", "file_id"))
    if session is None or file is None:
        return await _get_form(request, **limits)
    asked = ledger.get(session, file)
    if asked is None:
        raise HTTPException(403, "No upload field of this page has announced this file.")
    size = request.headers.get("content-length", "")
    if not size.isdecimal():
        raise HTTPException(411, "An upload must say how long it is.")
    manager = get_instance().uploaded_file_mgr
    ledger.begin(session, asked, int(size), *_held_bytes(manager, session))

    def is_taken(received: int) -> bool:
        if asked.refusal is None and received > asked.arriving:
            so_far = min(int(size), received + upload_ledger.STEP_BYTES)
            ledger.extend(session, asked, so_far, *_held_bytes(manager, session))
        return asked.refusal is None

    request._receive = arriving.watched(request._receive, is_taken)
    try:
        return await _get_form(request, **limits)
    except arriving.Refused:
        return FormData([("file", UploadFile(io.BytesIO(), size=0, filename=asked.name))])
    finally:
        ledger.end(asked)


def _held_bytes(manager: Any, session: str) -> tuple[int, int]:
    """Bytes that are held for a session, and for all."""
    sizes = [
        (name, sum(len(record.data) for record in list(files.values())))
        for name, files in list(manager.file_storage.items())
    ]
    with _lock:
        sizes += [(name, keeper.num_bytes) for keeper, name in _keepers.items()]
    return sum(size for name, size in sizes if name == session), sum(size for _, size in sizes)


def _noted_urls(
    manager: MemoryUploadedFileManager, session_id: str, file_names: Sequence[str]
) -> list[UploadFileUrlInfo]:
    urls = _get_upload_urls(manager, session_id, file_names)
    ids = [url.file_id for url in urls]
    if session_id not in ledger.admitted and not login.is_open():
        return urls  # to which nothing can be sent
    ledger.ask(session_id, list(zip(ids, file_names, strict=True)))
    return urls


def _seen_files(
    manager: MemoryUploadedFileManager, session_id: str, file_ids: Sequence[str]
) -> list[UploadedFileRec]:
    for file in file_ids:
        asked = ledger.get(session_id, file)
        if asked is not None:
            asked.seen = True
    return _get_files(manager, session_id, file_ids)


def _closed(manager: MemoryUploadedFileManager, session_id: str) -> None:
    ledger.close(session_id)
    _remove_session_files(manager, session_id)
