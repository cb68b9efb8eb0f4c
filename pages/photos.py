"""Photos: drop pictures, take one or try a sample, and read the expression of every face."""

import json
from functools import partial
from pathlib import PurePath

import streamlit as st

from dashboard import answering, desk, navigation, photo_view, samples
from fer import images, registry
from fer.errors import FerError
from fer.inference import records
from fer.visualization import annotate

PICTURES_A_PAGE = 4
FACES_BESIDE = 2
TYPES = [ending.lstrip(".") for ending in images.ENDINGS]

navigation.ensure_frame()
table = desk.mine()

st.title("Photos")
st.markdown(
    "The **apparent** expression of every face, with how sure the model is. "
    "Pictures are analysed in memory and are never written to disk."
)
with answering.sentences():
    answering.warm_up()
    reader = answering.reader_picker(whole_picture=True)
style = st.sidebar.segmented_control(
    "Frame", annotate.STYLES, default="box", required=True, format_func=str.capitalize
)


def add_uploads() -> None:
    for upload in st.session_state[f"uploads-{table.uploads}"] or []:
        table.add(upload.name, upload.getvalue())
    table.uploads += 1


def add_sample() -> None:
    table.add(samples.NAME, images.encode_png(samples.astronaut()))


def again(picture: desk.Picture, how: answering.Reader, quarter_turns: int = 0) -> None:
    try:
        table.replace(picture, desk.read_again(picture, how, quarter_turns))
    except FerError as error:
        table.unreadable.append(desk.Unreadable(picture.name, str(error)))


def png(picture: desk.Picture, style: str) -> bytes:
    return images.encode_png(photo_view.annotated(picture, style))


source = st.segmented_control(
    "Where from",
    ["Upload", "Camera"],
    default="Upload",
    required=True,
    label_visibility="collapsed",
)
if source == "Upload":
    st.file_uploader(
        "Drop pictures here: several at once, 20 MB each",
        TYPES,
        accept_multiple_files=True,
        key=f"uploads-{table.uploads}",
        on_change=add_uploads,
        max_upload_size=images.MAX_BYTES // 1024**2,
    )
    st.button("Try a sample", on_click=add_sample, help=samples.CREDIT)
else:
    st.caption("Tell those in view that their faces are analysed. The snapshot is not stored.")
    snapshot = st.camera_input("Take a snapshot")
    if snapshot is not None and snapshot.file_id not in table.snapshots:
        table.snapshots.add(snapshot.file_id)
        table.add(f"snapshot-{len(table.snapshots)}.jpg", snapshot.getvalue())

if table.waiting:
    total = len(table.waiting)
    bar = st.progress(0.0)
    st.button("Stop", on_click=table.waiting.clear)
    with answering.sentences():
        for done, name in enumerate(table.read_waiting(reader)):
            bar.progress(done / total, f"Reading {name}, {done + 1} of {total}")
    st.rerun()

if table.unreadable:
    count = len(table.unreadable)
    with st.container(border=True):
        st.markdown(f"**{count} file{'s' if count > 1 else ''} could not be read**")
        for one in table.unreadable[:20]:
            st.warning(one.reason, icon="⚠️")
        if count > 20:
            st.caption(f"and {count - 20} more.")
        st.button("Dismiss", on_click=table.unreadable.clear)

if not table.pictures:
    st.info("Drop a picture above, or press “Try a sample”.", icon="👆")
    st.stop()

rows = [picture.record() for picture in table.pictures]
faces = sum(len(picture.result.faces) for picture in table.pictures)
sure = sum(not f.prediction.uncertain for p in table.pictures for f in p.result.faces)
with st.container(horizontal=True, vertical_alignment="center"):
    st.markdown(
        f"**{len(rows)}** picture{'s' if len(rows) > 1 else ''} · **{faces}** "
        f"face{'s' if faces != 1 else ''} · sure of **{sure}**"
    )
    st.download_button("CSV", records.csv_text(rows), "expressions.csv", "text/csv", icon="⬇️")
    st.download_button(
        "JSON", json.dumps(rows, indent=1), "expressions.json", "application/json", icon="⬇️"
    )
    st.button("Remove all", on_click=table.clear)

page = 1
pages = -(-len(table.pictures) // PICTURES_A_PAGE)
if pages > 1:
    page = st.pagination(pages, key="photo-page") or 1
first = (min(page, pages) - 1) * PICTURES_A_PAGE
for picture in table.pictures[first : first + PICTURES_A_PAGE]:
    result = picture.result
    key = f"photo-{picture.key}"
    with st.container(border=True):
        count = len(result.faces)
        seconds = sum(result.seconds.values())
        st.markdown(f"##### {picture.name}")
        st.caption(
            f"{result.width}×{result.height} pixels · {count} face{'s' if count != 1 else ''} · "
            f"{seconds:.2f} s · read by {picture.reader.model}"
        )
        beside = count <= FACES_BESIDE
        left, right = st.columns([3, 2], gap="medium") if beside else (st.container(),) * 2
        left.image(
            photo_view.annotated(picture, style),
            width="stretch",
            output_format="JPEG",
            alt=photo_view.description(picture.name, result),
        )
        with left.container(horizontal=True):
            st.download_button(
                "PNG",
                partial(png, picture, style),
                f"{PurePath(picture.name).stem}-expressions.png",
                "image/png",
                key=f"{key}-png",
                icon="⬇️",
                on_click="ignore",
            )
            st.button(
                "Turn", key=f"{key}-turn", on_click=again, args=(picture, reader, 1), icon="🔃"
            )
            if picture.reader != reader:
                st.button(
                    "Read again with these settings",
                    key=f"{key}-again",
                    on_click=again,
                    args=(picture, reader),
                )
            st.button(
                "Remove",
                key=f"{key}-remove",
                on_click=table.pictures.remove,
                args=(picture,),
            )
        with right:
            if count:
                photo_view.face_cards(picture, key)
            else:
                st.info(
                    "**No face found.** Turn the picture if it lies on its side, try another "
                    "detector in the sidebar, or use a picture in which the face is larger and "
                    "better lit.",
                    icon="🔍",
                )
                st.button(
                    "This picture is one cut-out face",
                    key=f"{key}-whole",
                    on_click=again,
                    args=(picture, answering.Reader(reader.model, reader.detector, True)),
                )

st.subheader("All faces")
st.dataframe(
    records.table(rows),
    hide_index=True,
    column_config={
        "confidence": st.column_config.ProgressColumn(format="percent", min_value=0, max_value=1)
    },
)
with answering.sentences():
    st.caption(answering.model_sentence(registry.card(reader.model)))
