"""Captures and personal models as zips: taken home, and brought back."""

from __future__ import annotations

from functools import partial

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from dashboard import errors
from dashboard.personal import model as personal
from dashboard.server import uploads
from dashboard.teach.session import USE, TeachSession
from dashboard.text import file_name
from fer import images
from fer.errors import FerError
from fer.teaching import archive, personal as personal_zip

_LARGEST_MB = archive.MOST_ZIP_BYTES // 1024**2
_LARGEST_MODEL_MB = personal_zip.MOST_ZIP_BYTES // 1024**2


def takes(session: TeachSession) -> None:
    """Download and upload of all takes."""
    with st.expander("Export or import takes", icon=":material/folder_zip:"):
        left, right = st.columns(2, gap="medium")
        with left:
            st.markdown("A zip with your faces and what each of them shows, to go on another day.")
            st.download_button(
                "Download takes",
                partial(archive.to_zip, session.captures),
                "captures.zip",
                "application/zip",
                icon=":material/download:",
                disabled=not session.captures.faces,
                on_click="ignore",
            )
        with right:
            st.file_uploader(
                "Bring takes back (they replace those above)",
                ["zip"],
                key=f"teach-import-{session.turn}",
                on_change=_import,
                args=(session, session.turn),
                max_upload_size=_LARGEST_MB,
            )


def _import(session: TeachSession, turn: int) -> None:
    upload = st.session_state.get(f"teach-import-{turn}")
    if upload is None or turn != session.turn:
        return
    session.turn += 1
    with errors.show_errors(stop=False):
        uploads.check(upload)
        name = images.display_name(file_name(upload.name))
        session.bring_back(archive.from_zip(upload.getvalue(), name))
    uploads.free([upload])


def model_field(session: TeachSession) -> None:
    """A field for the zip of a model; once it is checked, the step Use shows it."""
    with st.popover("Load a personal model", icon=":material/upload_file:"):
        upload = st.file_uploader(
            "The zip that you downloaded here before",
            ["zip"],
            key=f"teach-load-{session.turn}",
            max_upload_size=_LARGEST_MODEL_MB,
        )
        if upload is None:
            return
        with errors.show_errors(), st.spinner("Checking the model …"):
            try:
                uploads.check(upload)
                own = personal.opened(upload.getvalue())
            except FerError:
                _taken(session, upload)
                raise
    session.finish(own, None)
    session.go(USE)
    _taken(session, upload)
    st.rerun()


def _taken(session: TeachSession, upload: UploadedFile) -> None:
    """The fields of the page are empty again."""
    session.turn += 1
    uploads.free([upload])
