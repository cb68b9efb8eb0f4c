"""A removed picture has no address any more, and neither has its download."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import streamlit as st
from streamlit.runtime.media_file_manager import MediaFileManager
from streamlit.runtime.media_file_storage import MediaFileStorageError
from streamlit.runtime.memory_media_file_storage import MemoryMediaFileStorage

from dashboard.server.visitors import media


@pytest.mark.parametrize("removed", [True, False])
def test_the_address_of_a_download_ends_with_its_picture(
    monkeypatch: pytest.MonkeyPatch, removed: bool
) -> None:
    storage = MemoryMediaFileStorage("/media")
    manager = MediaFileManager(storage)
    server = SimpleNamespace(exists=lambda: True)
    server.get_instance = lambda: SimpleNamespace(media_file_mgr=manager)
    monkeypatch.setattr(media, "runtime", server)
    monkeypatch.setattr(st, "session_state", {})
    manager.add(b"a face", "image/jpeg", "1")
    button = manager.add_deferred(lambda: b"a face as PNG", "image/png", "2", "face.png")
    address = manager.execute_deferred(button).rpartition("/")[2]
    assert storage.get_file(address).content == b"a face as PNG"

    manager.clear_session_refs()  # as each run of a page begins
    with media.removed_ones_forgotten():
        if removed:
            media.forget_removed()
    manager.remove_orphaned_files()  # as it ends
    if removed:
        with pytest.raises(MediaFileStorageError):
            storage.get_file(address)
        assert not manager._file_metadata
    else:
        assert storage.get_file(address), "a browser may be about to fetch it"
