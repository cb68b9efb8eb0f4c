"""Photos: drop pictures, take one or try a sample, and read the expression of every face."""

import json

import streamlit as st

from dashboard import browser, errors, model_picker, navigation, samples
from dashboard.photos import session as photo_session, view as photo_view
from dashboard.text import count, escape_markdown
from fer import images, registry
from fer.inference import records
from fer.visualization import annotate

PICTURES_A_PAGE = 4
LARGEST_UPLOAD_MB = images.MAX_BYTES // 1024**2

navigation.ensure_frame()
session = photo_session.current_session()

st.title("Photos")
st.markdown(
    "The **apparent** expression of every face, with how sure the model is. "
    "Pictures are analysed in memory and are never written to disk."
)
with errors.show_errors():
    reader = model_picker.reader_picker(whole_picture=True)
style = photo_view.style_picker(annotate.STYLES)


def add_uploads(field: int) -> None:
    for upload in st.session_state.get(f"uploads-{field}") or []:
        session.add_upload(upload)
    session.uploads = max(session.uploads, field + 1)


sample = samples.astronaut_png()


def add_sample() -> None:
    session.add(samples.NAME, sample)


source = st.segmented_control(
    "Where from",
    ["Upload", "Camera"],
    default="Upload",
    required=True,
    label_visibility="collapsed",
)
if source == "Upload":
    framed = browser.frame_sentence(browser.facts("photos-browser"))
    if framed:
        st.warning(framed, icon=":material/image:")
    st.file_uploader(
        "Drop pictures here: JPEG, PNG, WebP, HEIC, AVIF, TIFF, BMP, GIF",
        accept_multiple_files=True,
        key=f"uploads-{session.uploads}",
        on_change=add_uploads,
        args=(session.uploads,),
        max_upload_size=LARGEST_UPLOAD_MB,
    )
    st.button("Try a sample", on_click=add_sample, help=samples.CREDIT)
else:
    photo_view.snapshot(session)

if session.waiting:
    bar = st.progress(0.0)
    st.button("Stop", on_click=session.waiting.clear)
    with errors.show_errors():
        for name, number, total in session.read_waiting(reader):
            bar.progress(
                (number - 1) / total, f"Reading {escape_markdown(name)}, {number} of {total}"
            )
    st.rerun()

if session.unreadable:
    with st.container(border=True):
        st.markdown(f"**{count(len(session.unreadable), 'file')} could not be read**")
        st.markdown(
            "\n".join(
                f"- :material/warning: {escape_markdown(file.reason)}"
                for file in session.unreadable[:20]
            )
        )
        if len(session.unreadable) > 20:
            st.caption(f"and {len(session.unreadable) - 20} more.")
        st.button("Dismiss", on_click=session.unreadable.clear)

if not session.pictures:
    st.info("Drop a picture above, or press “Try a sample”.", icon=":material/arrow_upward:")
    st.stop()

rows = [picture.record() for picture in session.pictures]
faces = [face for picture in session.pictures for face in picture.result.faces]
with st.container(horizontal=True, vertical_alignment="center"):
    sure = sum(not face.prediction.uncertain for face in faces)
    st.markdown(f"{count(len(rows), 'picture')} · {count(len(faces), 'face')} · sure of {sure}")
    st.download_button(
        "CSV", records.csv_text(rows), "expressions.csv", "text/csv", icon=":material/download:"
    )
    st.download_button(
        "JSON",
        json.dumps(rows, indent=1),
        "expressions.json",
        "application/json",
        icon=":material/download:",
    )
    st.button("Remove all", on_click=session.clear)

pages = -(-len(session.pictures) // PICTURES_A_PAGE)
page = 1
if pages > 1:
    page = photo_view.page_picker(session, pages)
for picture in session.pictures[(page - 1) * PICTURES_A_PAGE : page * PICTURES_A_PAGE]:
    photo_view.panel(session, picture, reader, style)

if faces:
    st.subheader("All faces")
    photo_view.table(rows)
with errors.show_errors():
    model_picker.show_model(registry.card(reader.model), reader.prior)
