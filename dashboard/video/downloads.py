"""What a film's visitor takes home: tables, subtitles, the annotated film and a report."""

from __future__ import annotations

import io
from functools import partial
from pathlib import PurePath

import streamlit as st

from dashboard import errors
from dashboard.text import escape_markdown
from dashboard.video.film import StoredFilm
from dashboard.video.view import task_progress
from fer.video.outputs import records, report, subtitles
from fer.video.timeline import Timeline

_ICON = ":material/download:"


def buttons(film: StoredFilm) -> None:
    """Five downloads; the annotated film is made when it is asked for."""
    timeline = film.timeline()
    stem = PurePath(film.name).stem
    st.header("Downloads")
    with_faces = st.toggle(
        "Show faces in the HTML report",
        key=f"{film.key}-with-faces",
        help="Off: numbers and plots only. On: a picture of each person. Pass it on only to people "
        "who may see them.",
    )
    with st.container(horizontal=True):
        for label, data, name, mime in (
            ("CSV", partial(csv_text, timeline), f"{stem}.csv", "text/csv"),
            ("JSON", partial(json_text, timeline), f"{stem}.json", "application/json"),
            ("Subtitles", partial(subtitles.text, timeline), f"{stem}.vtt", "text/vtt"),
            ("HTML report", partial(_html, film, with_faces), f"{stem}.html", "text/html"),
        ):
            st.download_button(
                label, data, name, mime, key=f"{film.key}-{label}", icon=_ICON, on_click="ignore"
            )
    st.caption(
        "The CSV has a row for each face in each frame. The report is one file with its plots "
        "inside; it opens without a network."
    )
    _annotated(film, stem)


def csv_text(timeline: Timeline) -> str:
    """A row for each face in each frame."""
    buffer = io.StringIO()
    records.write_csv(buffer, [timeline])
    return buffer.getvalue()


def json_text(timeline: Timeline) -> str:
    """What the command writes with `--json`."""
    buffer = io.StringIO()
    records.write_json(buffer, [timeline])
    return buffer.getvalue()


def _html(film: StoredFilm, with_faces: bool) -> str:
    return report.page(film.timeline(), film.path if with_faces else None)


def _annotated(film: StoredFilm, stem: str) -> None:
    """The film with its faces framed: a button that makes it, progress, player and download."""
    drawing = film.drawing
    if drawing is None:
        _ask_to_draw(film)
        return
    if not drawing.task.is_done:
        st.fragment(_progress, run_every=1.0)(film)
        return
    failure = drawing.task.failure
    if failure:
        st.error(escape_markdown(failure), icon=":material/error:")
    else:
        data = drawing.target.read_bytes()
        st.video(data, alt="The film with its faces framed and labelled")
        st.download_button(
            "Annotated film",
            data,
            f"{stem}-expressions.mp4",
            "video/mp4",
            key=f"{film.key}-annotated",
            icon=_ICON,
            on_click="ignore",
        )
    if drawing.edits != film.edits:
        st.caption("Names or people were changed since it was made.")
    st.button("Make it again", key=f"{film.key}-redraw", on_click=film.discard_drawing)


def _ask_to_draw(film: StoredFilm) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        pixelate = st.toggle(
            "Pixelate faces",
            key=f"{film.key}-pixelate",
            help="Hides every face of the annotated film, also of people who are left out.",
        )
        st.button(
            "Make the annotated film",
            key=f"{film.key}-draw",
            icon=":material/movie_edit:",
            on_click=errors.attempt,
            args=(film.draw, pixelate),
        )


def _progress(film: StoredFilm) -> None:
    drawing = film.drawing
    if drawing is None or drawing.task.is_done:
        st.rerun()
    st.progress(*task_progress("Drawing the annotated film …", drawing.task))
    st.button("Cancel", key=f"{film.key}-draw-cancel", on_click=film.discard_drawing)
