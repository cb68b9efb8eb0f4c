"""Photos: drop pictures, take one or try a sample, and read the expression of every face."""

import json

import streamlit as st

from dashboard import answering, desk, navigation, photo_view, samples
from dashboard.words import count, plain
from fer import images, registry
from fer.inference import records
from fer.visualization import annotate

PICTURES_A_PAGE = 4
LARGEST_UPLOAD_MB = 200  # more than a picture may have, so that our own sentence says so

navigation.ensure_frame()
mine = desk.mine()

st.title("Photos")
st.markdown(
    "The **apparent** expression of every face, with how sure the model is. "
    "Pictures are analysed in memory and are never written to disk."
)
with answering.sentences():
    reader = answering.reader_picker(whole_picture=True)
style = photo_view.style_picker(annotate.STYLES)


def add_uploads() -> None:
    for upload in st.session_state[f"uploads-{mine.uploads}"] or []:
        mine.add(upload.name, upload.getvalue())
    mine.uploads += 1
    st.session_state["photo-page"] = 1


def add_sample() -> None:
    mine.add(samples.NAME, images.encode_png(samples.astronaut()))
    st.session_state["photo-page"] = 1


source = st.segmented_control(
    "Where from",
    ["Upload", "Camera"],
    default="Upload",
    required=True,
    label_visibility="collapsed",
)
if source == "Upload":
    st.file_uploader(
        "Drop pictures here: JPEG, PNG, WebP, HEIC, AVIF, TIFF, BMP, GIF; up to 20 MB each",
        accept_multiple_files=True,
        key=f"uploads-{mine.uploads}",
        on_change=add_uploads,
        max_upload_size=LARGEST_UPLOAD_MB,
    )
    st.button("Try a sample", on_click=add_sample, help=samples.CREDIT)
else:
    photo_view.snapshot(mine)

if mine.waiting:
    bar = st.progress(0.0)
    st.button("Stop", on_click=mine.waiting.clear)
    with answering.sentences():
        for name, number, total in mine.read_waiting(reader):
            bar.progress((number - 1) / total, f"Reading {plain(name)}, {number} of {total}")
    st.rerun()

if mine.unreadable:
    with st.container(border=True):
        st.markdown(f"**{count(len(mine.unreadable), 'file')} could not be read**")
        st.markdown("\n".join(f"- ⚠️ {plain(one.reason)}" for one in mine.unreadable[:20]))
        if len(mine.unreadable) > 20:
            st.caption(f"and {len(mine.unreadable) - 20} more.")
        st.button("Dismiss", on_click=mine.unreadable.clear)

if not mine.pictures:
    st.info("Drop a picture above, or press “Try a sample”.", icon="👆")
    st.stop()

rows = [picture.record() for picture in mine.pictures]
faces = [face for picture in mine.pictures for face in picture.result.faces]
with st.container(horizontal=True, vertical_alignment="center"):
    sure = sum(not face.prediction.uncertain for face in faces)
    st.markdown(f"{count(len(rows), 'picture')} · {count(len(faces), 'face')} · sure of {sure}")
    st.download_button("CSV", records.csv_text(rows), "expressions.csv", "text/csv", icon="⬇️")
    st.download_button(
        "JSON", json.dumps(rows, indent=1), "expressions.json", "application/json", icon="⬇️"
    )
    st.button("Remove all", on_click=mine.clear)

pages = -(-len(mine.pictures) // PICTURES_A_PAGE)
page = 1
if pages > 1:
    st.session_state["photo-page"] = min(st.session_state.get("photo-page", 1), pages)
    page = st.pagination(pages, key="photo-page") or 1
for picture in mine.pictures[(page - 1) * PICTURES_A_PAGE : page * PICTURES_A_PAGE]:
    photo_view.panel(mine, picture, reader, style)

if faces:
    st.subheader("All faces")
    photo_view.table(rows)
with answering.sentences():
    st.caption(answering.model_sentence(registry.card(reader.model)))
