"""Models: every card, two compared, and which of them is the active one."""

import streamlit as st

from dashboard import errors, model_actions, navigation
from dashboard.models import (
    columns as model_columns,
    elsewhere as model_elsewhere,
    import_model,
    list as model_list,
    panes as model_panes,
    provenance as model_provenance,
    speed as model_speed,
    view as model_view,
)
from dashboard.server.visitors import login
from dashboard.text import escape_markdown
from fer import registry
from fer.errors import FerError
from fer.permission import training_allowed

PANES = [
    *("Metrics", "By emotion", "Calibration", "Other datasets"),
    *("Robustness", "Size", "Provenance"),
]

navigation.ensure_frame()

st.title("Models")
st.markdown("Select a row to see its card, two rows to compare them.")
login.say_who_may()
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
model_speed.button(names)
first, second = model_list.pickers(names)

if not training_allowed():
    st.caption("Whoever runs this server chooses the active model (FER_TRAINING=off).")
else:
    for name in (first, second):
        if name:
            with st.container(horizontal=True, vertical_alignment="center"):
                if second:
                    st.markdown(f"**{name}**", width="content")
                model_actions.use(name)
                model_actions.delete(name)

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
model_view.headline(columns)
pane = st.pills("Show", PANES, default="Metrics", required=True, label_visibility="collapsed")
with errors.show_errors():
    if pane == "Metrics":
        model_panes.metrics(columns, prior)
    elif pane == "By emotion":
        model_panes.emotions(columns)
    elif pane == "Calibration":
        model_panes.calibration(columns, prior)
    elif pane == "Other datasets":
        model_elsewhere.show(columns)
    elif pane == "Robustness":
        model_panes.robustness(columns)
    elif pane == "Size":
        model_panes.sizes(columns)
    else:
        for card in cards:
            model_provenance.show(card)
model_view.limits(columns)
with st.expander(f"Export {cards[0].name}"), errors.show_errors():
    model_actions.export(cards[0].name)
import_model.show()
