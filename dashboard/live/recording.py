"""Recording a stream's timeline: numbers only, as charts and CSV once the stream has stopped."""

from __future__ import annotations

import streamlit as st

from dashboard.live.session import Session
from dashboard.look import plots
from dashboard.text import duration
from fer.live.recording import RecordedCourse, Recording
from fer.visualization import expression_charts

MOST_CHARTS = 6
SHORTEST_SECONDS = 1.0
_HELP = (
    "Keeps the probabilities of every face over time, without any picture, in the memory of this "
    "server for this tab alone. After *Stop* there are charts and a CSV."
)


def button(session: Session) -> None:
    """Begins a recording while a stream goes on, or ends it."""
    stream = session.stream
    is_recording = stream is not None and stream.recording is not None

    def switch() -> None:
        if stream is None:
            return
        if not is_recording:
            session.recording = Recording()
        stream.record(None if is_recording else session.recording)

    st.button(
        "Stop recording" if is_recording else "Record the timeline",
        icon=":material/stop_circle:" if is_recording else ":material/timeline:",
        help=_HELP,
        on_click=switch,
    )


def show(session: Session) -> None:
    """The last recording: a chart for each of those seen longest, the shares of time, the CSV."""
    recording = session.recording
    if recording is None:
        return
    with st.container(border=True):
        st.header("Recorded timeline")
        courses = {
            f"Person {course.person}": course
            for course in recording.courses()
            if course.ends[-1] - course.starts[0] >= SHORTEST_SECONDS
        }
        if not courses:
            st.caption("No face was seen for longer than a moment.")
        else:
            _charts(recording, courses)
        if recording.is_full:
            st.caption("The recording was full before the stream ended.")
        with st.container(horizontal=True):
            st.download_button(
                "Timeline as CSV",
                recording.csv_text,
                "live-timeline.csv",
                "text/csv",
                icon=":material/download:",
                on_click="ignore",
            )
            st.button(
                "Delete recording", icon=":material/delete:", on_click=session.delete_recording
            )


def _charts(recording: Recording, courses: dict[str, RecordedCourse]) -> None:
    seconds = recording.seconds
    st.caption(f"{duration(seconds)}, numbers only. No picture was kept.")
    longest = sorted(courses, key=lambda name: -len(courses[name].starts))[:MOST_CHARTS]
    for name in longest:
        st.markdown(f"**{name}**")
        if courses[name].shares.get("unsure") == 1.0:
            st.caption("Unsure throughout.")
            continue
        plots.show(
            expression_charts.course(courses[name], end=seconds),
            f"recorded-{name}",
            f"{name}: probability of each expression over time",
            zoomable=True,
        )
    plots.show(
        expression_charts.share_bars({name: courses[name].shares for name in longest}),
        "recorded-shares",
        "Shares of the time on screen",
    )
