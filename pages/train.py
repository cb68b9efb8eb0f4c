"""Train: choose data, epochs and learning rate, start, watch the curves, use the model."""

from dataclasses import replace

import streamlit as st

from dashboard import browser, errors, navigation, start_button
from dashboard.dataset import (
    picker as dataset_picker,
    stored as stored_uploads,
    view as dataset_view,
)
from dashboard.dataset.choice import Choice
from dashboard.server import uploads
from dashboard.server.visitors import login
from dashboard.text import count, escape_markdown
from dashboard.train import (
    form as train_form,
    history as train_history,
    panes as train_panes,
    starting,
    titles,
    view as train_view,
)
from fer import distributed, permission
from fer.data.loading import DRAWN
from fer.errors import FerError
from fer.runs import store

navigation.ensure_frame()

st.title("Train")
if not permission.training_allowed():
    st.info("Training is switched off on this server (FER_TRAINING=off).", icon=":material/lock:")
    st.stop()
st.markdown(
    "Train a network on labelled faces. A run continues if you leave this page, close the browser "
    "or restart the server."
)
login.say_who_may()

form = start_button.form("train")
faces, own = dataset_picker.faces("train"), stored_uploads.own()
choice, request, settings, wrong, is_usable = None, None, None, None, False
picker = st.container()
start_row = st.container(horizontal=True, vertical_alignment="center", key="train-start")
listed = store.listing()
try:
    with picker:
        choice = dataset_picker.choose(faces)
except FerError as error:
    wrong = str(error)
is_upload = choice is not None and bool(choice.files)
data, is_open = st.container(), False
if choice is not None:
    panel = data.expander(
        "Training data: faces and counts",
        expanded=is_upload or not listed,
        key="train-upload" if is_upload else "train-data",
        on_change="rerun",
    )
    data, is_open = panel, bool(panel.open)
try:
    with data:
        is_usable = dataset_view.check_upload(choice, faces)
    asked = choice or Choice(DRAWN)
    request = train_form.ask(asked.data, asked.votes, form.turn)
    request = replace(request, settings=replace(request.settings, classes=asked.classes))
    settings = request.settings
except FerError as error:
    wrong = wrong or str(error)
is_stored = bool(choice and not choice.files and request and request.weights_file is None)

if form.take() and choice is not None and request is not None and is_usable:
    with errors.show_errors(stop=False):
        permission.require("train")
        where, stored = choice.stored(own), request.stored(own)
        form.started(starting.start(replace(stored, data=where.data, votes=where.votes)).id)
        if choice.files:
            faces.select(where)
            uploads.free(choice.files)
        st.rerun()

if wrong:
    picker.error(escape_markdown(wrong), icon=":material/warning:")
with start_row:
    reason = permission.refusal("train")
    start_button.button(
        form, "Start training", disabled=not is_usable or wrong is not None or reason is not None
    )
    if reason:
        errors.closed(reason)
    if settings is not None:
        st.markdown(
            f"**{settings.network}**, {count(settings.epochs, 'epoch')}, learning rate "
            f"{settings.learning_rate:g}, saved as **{escape_markdown(str(settings.name))}**"
        )
    browser.settings_link("train-settings-link")

with data:
    if choice is not None and not choice.files and is_open:
        dataset_view.look(choice, faces)
    stored_uploads.show()

panes = ["Run", "Network", "Learning rate", "History"]
pane = st.segmented_control(
    "Show",
    [*panes, "Sweeps"] if distributed.is_installed() else panes,
    default="Run",
    required=True,
    label_visibility="collapsed",
    key=f"train-pane-{form.turn}",
)
if pane == "Run" and not listed:
    st.info("No runs yet. Start training: its curves appear here.", icon=":material/info:")
elif pane == "Run":
    ids, names = [run.id for run in listed], titles.titles(listed)
    chosen = st.selectbox(
        "Run",
        ids,
        ids.index(form.newest) if form.newest in ids else 0,
        format_func=names.__getitem__,
        key=f"run-{form.turn}",
        label_visibility="collapsed",
    )
    train_view.watch(listed[ids.index(chosen)])
elif pane == "Network" and settings is not None:
    train_panes.network(settings)
elif pane == "Learning rate" and settings is not None:
    train_panes.learning_rate(settings, is_stored)
elif pane == "History":
    train_history.show(listed)
elif pane == "Sweeps" and settings is not None:
    from dashboard.train import sweeps as train_sweeps  # what it imports comes with Ray

    train_sweeps.show(settings, is_stored)
