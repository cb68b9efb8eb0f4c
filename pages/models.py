"""Models: every card, two beside each other, and which of them answers."""

import streamlit as st

from dashboard import errors, model_actions, navigation
from dashboard.models import (
    columns as model_columns,
    import_model,
    list as model_list,
    making as model_making,
    speed as model_speed,
    view as model_view,
)
from dashboard.text import escape_markdown
from fer import registry
from fer.errors import FerError
from fer.permission import training_allowed

navigation.ensure_frame()

st.title("Models")
st.markdown(
    "Which question each model answers, how accurately, and what it must not be used for. Figures "
    "come with their 95% interval and the faces they were measured on."
)
names = registry.names()
if not names:
    st.error(
        escape_markdown(f"There is no model in {registry.folder()}."), icon=":material/warning:"
    )
    st.page_link(navigation.page("train"), label="Train one")
    import_model.show()
    st.stop()
with errors.show_errors():
    model_list.overview(names)
active = registry.active()
left, right = st.columns(2)
first = left.selectbox(
    "Model",
    names,
    names.index(active) if active in names else 0,
    key="models-first",
    persist_state="session",
)
others = [name for name in names if name != first]
second = right.selectbox(
    "Beside it",
    others,
    None,
    key="models-beside",
    placeholder="another model",
    persist_state="session",
)

if not training_allowed():
    st.caption("Which model is used is set by whoever runs this server (FER_TRAINING=off).")
else:
    with st.container(horizontal=True, vertical_alignment="center"):
        model_actions.use(first)
        model_actions.delete(first)

cards = []
for name in (first, second):
    if name:
        try:
            cards.append(registry.card(name))
        except FerError as error:
            st.error(escape_markdown(str(error)), icon=":material/warning:")
if not cards:
    st.stop()

prior = model_columns.prior_picker(cards)
columns = model_columns.columns_of(cards, prior)
model_view.answers(columns)
model_view.limits(columns)
panes = [
    *("Figures", "Emotions", "Certainty", "Elsewhere"),
    *("Robustness", "Size and speed", "Making"),
]
pane = st.segmented_control(
    "Show", panes, default="Figures", required=True, label_visibility="collapsed"
)
with errors.show_errors():
    if pane == "Figures":
        model_view.figures(columns, prior)
    elif pane == "Emotions":
        model_view.emotions(columns)
    elif pane == "Certainty":
        model_view.certainty(columns, prior)
    elif pane == "Elsewhere":
        model_view.elsewhere(columns)
    elif pane == "Robustness":
        model_view.robustness(columns)
    elif pane == "Size and speed":
        model_view.sizes(columns)
        model_speed.button([card.name for card in cards])
    else:
        for card in cards:
            model_making.show(card)
        with st.expander(f"Download {cards[0].name}"):
            model_actions.export(cards[0].name)
import_model.show()
