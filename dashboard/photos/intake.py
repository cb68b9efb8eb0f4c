"""How pictures come to the page, and what became of those that are not shown."""

from __future__ import annotations

from typing import Literal

import streamlit as st

from dashboard import browser, samples
from dashboard.photos import session as photo_session, view
from dashboard.photos.session import PhotoSession
from dashboard.text import count, escape_markdown
from fer import images

LARGEST_UPLOAD_MB = images.MAX_BYTES // 1024**2
MOST_REASONS = 20

_FORMATS = "JPEG, PNG, WebP, HEIC, AVIF, TIFF, BMP or GIF"
_LIMITS = (
    f"A GIF may have {images.MAX_GIF_BYTES // 1024**2} MB. At most "
    f"{photo_session.MOST_PICTURES} pictures, {photo_session.MOST_WAITING_BYTES // 1024**2} MB at "
    "once."
)


def show(session: PhotoSession) -> None:
    """The drop zone, large while there are no pictures; the camera; a sample."""
    is_empty = not session.pictures
    with st.container(horizontal=True, vertical_alignment="center"):
        source = st.segmented_control(
            "Where from",
            ["Upload", "Camera"],
            default="Upload",
            required=True,
            label_visibility="collapsed",
            width="content",
        )
        st.button(
            "Try a sample",
            icon=":material/face:",
            on_click=_add_sample,
            args=(session,),
            help=samples.CREDIT,
        )
        if source == "Upload" and not is_empty:
            _drop_zone(session, "collapsed")
    if source == "Camera":
        with st.container(width=480):
            view.snapshot(session)
        return
    framed = browser.frame_sentence(browser.facts("photos-browser", quiet=True))
    if framed:
        st.warning(framed, icon=":material/image:")
    if is_empty:
        with st.container(key="photo-drop-large"):
            _drop_zone(session, "visible")


def _drop_zone(session: PhotoSession, label: Literal["visible", "collapsed"]) -> None:
    st.file_uploader(
        f"Drop pictures here: {_FORMATS}",
        accept_multiple_files=True,
        key=f"uploads-{session.uploads}",
        on_change=_add_uploads,
        args=(session, session.uploads),
        max_upload_size=LARGEST_UPLOAD_MB,
        label_visibility=label,
        help=_LIMITS,
    )


def _add_uploads(session: PhotoSession, field: int) -> None:
    for upload in st.session_state.get(f"uploads-{field}") or []:
        session.add_upload(upload)
    session.uploads = max(session.uploads, field + 1)


def _add_sample(session: PhotoSession) -> None:
    data = samples.astronaut_png()
    if session.show_known(data):
        st.toast("The sample is here already.", icon=":material/face:")
    else:
        session.add(samples.NAME, data)


def show_unreadable(session: PhotoSession) -> None:
    """The files that could not be read, with the reasons."""
    if not session.unreadable:
        return
    with st.container(border=True):
        st.markdown(f"**{count(len(session.unreadable), 'file')} could not be read**")
        st.markdown(
            "\n".join(
                f"- {escape_markdown(file.reason)}" for file in session.unreadable[:MOST_REASONS]
            )
        )
        if len(session.unreadable) > MOST_REASONS:
            st.caption(f"and {len(session.unreadable) - MOST_REASONS} more.")
        st.button("Dismiss", on_click=session.unreadable.clear)
