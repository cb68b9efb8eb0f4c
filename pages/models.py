"""Models: how well each one reads, what it must not be used for, and which one answers."""

import streamlit as st

from dashboard import model_actions, model_card, model_compare, model_list, navigation
from dashboard.words import plain
from fer import registry

navigation.ensure_frame()

st.title("Models")
st.markdown(
    "Every model answers **one of two questions** about a face: which share of people would choose "
    "each emotion (*crowd*), or which label the data set FER2013 gives it (*fer2013*)."
)
cards = model_list.read()
if not cards:
    st.error(plain(f"There is no model in {registry.folder()}. Train one, or set FER_MODELS."))
    st.page_link(navigation.page("train"), label="Train")
    st.stop()
model_list.show(cards)

if st.session_state.get("shown-model") not in cards:
    st.session_state["shown-model"] = next(iter(cards))
name = st.selectbox("Model", list(cards), key="shown-model")
card = cards[name]
with st.container(horizontal=True, vertical_alignment="center"):
    if not isinstance(card, str):
        model_actions.use_buttons(name)
    model_actions.delete_button(name)
if isinstance(card, str):
    st.error(plain(card), icon="⚠️")
    st.stop()

pane = st.segmented_control(
    "Show",
    ["Card", "Compare", "Download"],
    default="Card",
    required=True,
    label_visibility="collapsed",
)
if pane == "Card":
    model_card.show(name, card)
elif pane == "Compare":
    model_compare.show(name, card, cards)
else:
    model_actions.export(name)
