"""Photos: drop pictures, take one or try a sample, and read the expression of every face."""

import json

import streamlit as st

from dashboard import errors, model_picker, navigation
from dashboard.personal import badge, model as personal
from dashboard.photos import (
    following,
    intake,
    session as photo_session,
    strip,
    undo,
    view as photo_view,
)
from dashboard.text import count, escape_markdown
from fer.inference import records
from fer.visualization import annotate

navigation.ensure_frame()
session = photo_session.current_session()

st.title("Photos")
st.markdown(
    "The **apparent** expression of every face, and how sure the model is. "
    "Pictures stay in memory and are never written to disk."
)
with errors.show_errors():
    reader = model_picker.reader_picker(whole_picture=True)
badge.show(reader.model)
style = photo_view.style_picker(annotate.STYLES)
intake.show(session)

if session.waiting:
    bar = st.progress(0.0)
    st.button("Stop", on_click=session.waiting.clear)
    with errors.show_errors():
        for name, number, total in session.read_waiting(reader):
            bar.progress(
                (number - 1) / total, f"Analysing {escape_markdown(name)}, {number} of {total}"
            )
    st.rerun()
following.follow(session, reader)
intake.show_unreadable(session)

if not session.pictures:
    undo.offer(session)  # else it is where “Remove” was
else:
    rows = [picture.record() for picture in session.pictures]
    faces = [face for picture in session.pictures for face in picture.result.faces]
    with st.container(horizontal=True, vertical_alignment="center"):
        sure = sum(not face.prediction.uncertain for face in faces)
        st.markdown(
            f"**{count(len(rows), 'picture')} · {count(len(faces), 'face')}**"
            + (f" · sure of {sure}" if faces else ""),
            width="content",
        )
        st.space("stretch")
        with st.container(horizontal=True, width="content"):
            st.download_button(
                "CSV",
                records.csv_text(rows),
                "expressions.csv",
                "text/csv",
                icon=":material/download:",
                on_click="ignore",
            )
            st.download_button(
                "JSON",
                json.dumps(rows, indent=1),
                "expressions.json",
                "application/json",
                icon=":material/download:",
                on_click="ignore",
            )
            st.button("Remove all", icon=":material/delete:", on_click=session.clear)
    chosen = strip.show(session)
    picture_tab, table_tab = st.tabs(["Picture", "Table of all faces"])
    with picture_tab:
        photo_view.panel(session, chosen, reader, style)
    with table_tab:
        photo_view.table(rows)
with errors.show_errors():
    model_picker.show_model(personal.card(reader.model), reader.prior)
