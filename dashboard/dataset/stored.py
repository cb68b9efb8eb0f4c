"""The uploads that a session stored: no other may see or delete them."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

import streamlit as st

from dashboard import errors
from dashboard.server import child_commands
from dashboard.text import count, escape_markdown
from fer.errors import FerError
from fer.runs import uploads, weights
from fer.runs.uploads import Upload

_UNUSED_SECONDS = 3600.0


def own() -> set[str]:
    """The hashes of the uploads that this session stored: no other may see or delete them."""
    found: set[str] = st.session_state.setdefault("_uploads", set())
    return found


def own_uploads(endings: Sequence[str] = uploads.ENDINGS) -> list[Upload]:
    """This session's uploads of a kind that are still there, the newest first."""
    hashes = own()
    listed = [upload for upload in uploads.listing() if upload.hash in hashes]
    for gone in hashes.difference([upload.hash for upload in listed]):
        hashes.discard(gone)
        child_commands.discard_naming(gone)  # what was made of it, such as a contact sheet
    return [upload for upload in listed if upload.path.name.endswith(tuple(endings))]


def tidy() -> None:
    """Deletes uploads whose run never began, which no session may list any more."""
    with suppress(FerError):  # deleted by somebody else already
        uploads.delete_unused(_UNUSED_SECONDS)


def show() -> None:
    """The uploads of this session, each with a button that deletes it."""
    listed = own_uploads((*uploads.ENDINGS, *weights.ENDINGS))
    if not listed:
        return
    st.markdown("**Stored uploads**")
    st.caption(
        "Listed only in this browser tab, until you reload it. Each is deleted with the last run "
        "that uses it; without a run, after an hour or more."
    )
    for upload in listed:
        left, right = st.columns([4, 1], vertical_alignment="center")
        left.markdown(
            f"{escape_markdown(upload.path.name)} · {upload.num_bytes / 1024**2:.1f} MB · "
            f"used by {count(len(upload.used_by), 'run')}"
        )
        right.button("Delete", key=f"delete-{upload.hash}", on_click=_delete, args=(upload.hash,))


def _delete(digest: str) -> None:
    with errors.show_errors(stop=False):
        uploads.delete(digest)
