"""Home: what this is, shown on a sample face, and the way to the pages."""

import streamlit as st

from dashboard import errors, model_picker, navigation, samples
from dashboard.look import plots
from dashboard.photos import session as photo_session, view as photo_view
from dashboard.server import memory
from fer import images, registry
from fer.visualization import annotate, charts

PAGES = {
    "live": "Start the camera, allow it, and see each face read as it moves.",
    "photos": "Drop pictures or take a snapshot, and read every face in them.",
    "train": "Teach a network of your own, watch it learn, and put it to work.",
    "evaluate": "Accuracy on labelled faces, with intervals, mistakes and explanations.",
    "models": "Every model's card: its question, its accuracy, and what it is not for.",
    "about": "What an apparent expression can and cannot tell, and the law.",
}

navigation.ensure_frame()


@st.cache_resource(show_spinner="Reading the sample…", max_entries=2)
def read_sample(model: str, created: str, prior: str) -> photo_session.Picture:
    """The sample as analysed by this model; `created` distinguishes models of the same name."""
    reader = model_picker.Reader(model, prior=prior)
    return photo_session.read(samples.NAME, images.encode_png(samples.astronaut()), reader)


st.title("What does a face appear to show?")
st.markdown(
    "This dashboard reads the **apparent expression** of every face: which of seven emotions "
    "people would see in it, how sure the model is, and when it should rather say nothing. "
    "Photos and streams are read in the memory of the computer that runs this app, and never "
    "written to its disk."
)
with errors.show_errors():
    card = registry.card(registry.active())
    sample = read_sample(card.name, card.created, card.default_prior)
    memory.settle()

left, middle, right = st.columns([5, 4, 4], gap="medium")
left.image(
    photo_view.annotated_jpeg(sample, annotate.STYLES[0]),
    width="stretch",
    alt=photo_view.description(sample.name, sample.result),
)
left.caption(samples.CREDIT)
with middle:
    if sample.result.faces:
        face = sample.result.faces[0]
        st.markdown(f"### {photo_view.headline(face)}")
        plots.show(
            charts.probability_bars(face.prediction),
            "sample",
            "Probabilities of the sample face",
            static=True,
        )
    st.caption(model_picker.model_sentence(card))
with right:
    for stem, sentence in PAGES.items():
        with st.container(border=True):
            st.page_link(navigation.page(stem), label=f"**{stem.capitalize()}**")
            st.caption(sentence)
    st.caption(
        "An expression is not a feeling: faces do not reliably reveal what somebody feels. "
        "Tell people when you analyse their faces."
    )
