"""Home: what this is, shown on a sample face, and the way to the pages."""

import streamlit as st

from dashboard import answering, desk, memory, navigation, photo_view, samples
from fer import images, registry
from fer.visualization import annotate, charts

navigation.ensure_frame()


@st.cache_resource(show_spinner="Reading the sample…", max_entries=2)
def read_sample(model: str, created: str) -> desk.Picture:
    """The sample as this model reads it; `created` tells apart models that share a name."""
    return desk.read(samples.NAME, images.encode_png(samples.astronaut()), answering.Reader(model))


st.title("What does a face appear to show?")
st.markdown(
    "This dashboard reads the **apparent expression** of every face: which of seven emotions "
    "people would see in it, how sure the model is, and when it should rather say nothing. "
    "Everything runs on this computer; no picture leaves it and none is stored."
)
with answering.sentences():
    memory.settle()
    card = registry.card(registry.active())
    sample = read_sample(card.name, card.created)

left, middle, right = st.columns([5, 4, 4], gap="medium")
left.image(
    photo_view.annotated(sample, annotate.STYLES[0]),
    width="stretch",
    output_format="JPEG",
    alt=photo_view.description(sample.name, sample.result),
)
left.caption(samples.CREDIT)
with middle:
    if sample.result.faces:
        face = sample.result.faces[0]
        st.markdown(f"### {photo_view.headline(face)}")
        st.plotly_chart(
            charts.probability_bars(face.prediction),
            key="sample",
            config={"staticPlot": True},
            alt="Probabilities of the sample face",
        )
    st.caption(answering.model_sentence(card))
with right:
    with st.container(border=True):
        st.page_link(navigation.page("live"), label="**Live**")
        st.caption("Press START, allow the camera, and see each face read as it moves.")
    with st.container(border=True):
        st.page_link(navigation.page("photos"), label="**Photos**")
        st.caption("Drop pictures or take a snapshot, and read every face in them.")
    with st.container(border=True):
        st.page_link(navigation.page("train"), label="**Train**")
        st.caption("Teach a network of your own, watch it learn, and put it to work.")
    with st.container(border=True):
        st.page_link(navigation.page("evaluate"), label="**Evaluate**")
        st.caption("How often a model is right, how sure one may be of that, and why it said so.")
    with st.container(border=True):
        st.page_link(navigation.page("models"), label="**Models**")
        st.caption("Every model's card: what it answers, how well, and what it is not for.")
    with st.container(border=True):
        st.page_link(navigation.page("about"), label="**About**")
        st.caption("What an apparent expression can and cannot tell, and the law.")
    st.caption(
        "An expression is not a feeling: faces do not reliably reveal what somebody feels. "
        "Tell people when you analyse their faces."
    )
