"""Home: what this is, shown on a sample face, and the way to the pages."""

import streamlit as st

from dashboard import errors, model_picker, navigation, samples
from dashboard.look import emotion_bars
from dashboard.photos import picture as photo_picture, view as photo_view
from dashboard.server import memory
from fer import images, registry
from fer.visualization import annotate

ACTIONS = {
    "live": ("Start the camera", ":material/videocam:"),
    "photos": ("Try a photo", ":material/add_photo_alternate:"),
    "train": ("Train a model", ":material/school:"),
}
CARDS = {
    "live": "Read faces in your webcam's picture as they move.",
    "photos": "Drop pictures or take a snapshot; get a label for each face.",
    "video": "Follow every person through a film, with a timeline and events.",
    "teach": "Get a model that knows how your own face looks.",
    "train": "Train a network on labelled faces and put it to work.",
    "evaluate": "Measure models on labelled faces, with intervals and mistakes.",
    "models": "Compare models, see their limits, choose the active one.",
    "about": "What it can and cannot tell, and the law.",
}
CARDS_A_ROW = 4

navigation.ensure_frame()


@st.cache_resource(show_spinner="Reading the sample…", max_entries=2 * len(samples.SAMPLES))
def read_sample(number: int, model: str, created: str, prior: str) -> photo_picture.Picture:
    """A sample as analysed by this model; `created` distinguishes models of the same name."""
    sample = samples.SAMPLES[number]
    reader = model_picker.Reader(model, prior=prior)
    return photo_picture.read(sample.name, images.encode_png(sample.make()), reader)


st.title("Read the expression on any face")
st.markdown(
    "Seven **apparent expressions**, and how sure the model is of each. "
    "Nothing leaves the computer that runs this app."
)
with st.container(horizontal=True, key="home-actions"):
    for stem, (label, icon) in ACTIONS.items():
        if st.button(label, type="primary" if stem == "live" else "secondary", icon=icon):
            st.switch_page(navigation.page(stem))

left, right = st.columns([2, 3], gap="medium")
with right:
    number = st.segmented_control(
        "Sample",
        range(len(samples.SAMPLES)),
        default=0,
        required=True,
        format_func=lambda number: samples.SAMPLES[number].title,
        label_visibility="collapsed",
    )
with errors.show_errors():
    card = registry.card(registry.active())
    sample = read_sample(number or 0, card.name, card.created, card.default_prior)
    memory.settle()
with left:
    st.image(
        photo_view.annotated_jpeg(sample, annotate.STYLES[0]),
        width="stretch",
        alt=photo_view.description(sample.name, sample.result),
    )
    st.caption(samples.SAMPLES[number or 0].credit)
with right:
    for face in sample.result.faces[:1]:
        st.markdown(f"## {photo_view.headline(face)}")
        emotion_bars.small(face.prediction, "sample")
    model_picker.show_model(card)

stems = list(CARDS)
for first in range(0, len(stems), CARDS_A_ROW):
    for stem, column in zip(stems[first:], st.columns(CARDS_A_ROW), strict=False):
        with column.container(border=True, height="stretch", gap="xsmall", key=f"card-{stem}"):
            page = navigation.page(stem)
            st.page_link(page, label=f"**{page.title}**")
            st.caption(CARDS[stem])
st.caption(
    "An expression is not a feeling: faces do not reliably reveal what somebody feels. "
    "Tell people when you analyse their faces."
)
