"""Results follow the settings: pictures that were analysed otherwise are analysed again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import streamlit as st

from dashboard.errors import show_errors
from dashboard.model_picker import Reader
from dashboard.photos.picture import Picture, read_again
from dashboard.photos.session import PhotoSession, Unreadable
from dashboard.text import count, duration, escape_markdown
from fer.errors import FerError

AUTOMATIC_SECONDS = 5.0
"""What would take longer, by the times measured before, is offered instead."""


def wanted(picture: Picture, reader: Reader) -> Reader:
    """The settings for one picture: those of the page, unless it is known to be a cropped face."""
    return replace(reader, whole_picture=reader.whole_picture or picture.is_cropped)


def outdated(session: PhotoSession, reader: Reader) -> list[Picture]:
    return [picture for picture in session.pictures if picture.reader != wanted(picture, reader)]


def seconds(pictures: list[Picture]) -> float:
    """About how long it takes to analyse them again."""
    return sum(sum(picture.result.seconds.values()) for picture in pictures)


def reanalyse(session: PhotoSession, reader: Reader) -> Iterator[tuple[str, int, int]]:
    """Analyses what is outdated, one picture a step; yields the name of the one that is next, its
    number and how many there are. Where one fails, its earlier result stays."""
    total = len(outdated(session, reader))
    for number, picture in enumerate(outdated(session, reader), start=1):
        yield picture.name, number, total
        own = wanted(picture, reader)
        try:
            session.replace(picture, read_again(picture, own))
        except FerError as error:
            session.unreadable.append(Unreadable(picture.name, str(error)))
            session.replace(picture, replace(picture, reader=own))


def follow(session: PhotoSession, reader: Reader) -> None:
    """Analyses again with progress if that is quick or was asked for, or else offers it in one
    banner for all."""
    pictures = outdated(session, reader)
    if not pictures:
        return
    is_quick = seconds(pictures) <= AUTOMATIC_SECONDS
    if session.decided.get(reader, is_quick):
        bar = st.progress(0.0)
        st.button("Stop", on_click=session.decide, args=(reader, False))
        with show_errors():
            for name, number, total in reanalyse(session, reader):
                shown = f"Analysing {escape_markdown(name)}, {number} of {total}"
                bar.progress((number - 1) / total, shown)
        st.rerun()
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        others = count(len(pictures), "picture")
        were = "was" if len(pictures) == 1 else "were"
        st.markdown(f":material/sync_problem: **{others}** {were} analysed with earlier settings.")
        st.button(
            f"Re-analyse (about {duration(max(1.0, seconds(pictures)))})",
            type="primary",
            on_click=session.decide,
            args=(reader, True),
        )
