"""Train: set epochs and learning rate, press Start, watch the curves, put the model to work."""

import json
from dataclasses import replace

import streamlit as st

from dashboard import (
    answering,
    children,
    model_actions,
    navigation,
    starting,
    train_data,
    train_form,
    train_view,
)
from dashboard.words import plain
from fer.errors import FerError
from fer.training import catalogue, launching, runs
from fer.visualization import charts

navigation.ensure_frame()

st.title("Train")
if not launching.training_allowed():
    st.info("Training is switched off on this server (FER_TRAINING=off).", icon="🔒")
    st.stop()
st.markdown(
    "Teach a network which expression people see. A run is a process of its own: leave this page, "
    "close the browser, restart the server; it goes on, and this page finds it again."
)

form = starting.form("train")
faces, own = train_data.faces("train"), train_data.own()
choice, settings, wrong = None, None, None
try:
    choice = train_data.choose(faces)
    asked = choice or train_data.Choice(train_data.DRAWN)
    settings = train_form.ask(asked.data, asked.votes)
except FerError as error:
    wrong = str(error)

if form.take() and choice is not None and settings is not None:
    with answering.sentences(stop=False):
        where = choice.stored(own)
        form.started(launching.start(replace(settings, data=where.data, votes=where.votes)).id)
        if choice.files:
            faces.select(where)
        st.rerun()

if wrong:
    st.error(plain(wrong), icon="⚠️")
with st.container(horizontal=True, vertical_alignment="center"):
    starting.button(form, disabled=choice is None or wrong is not None)
    if settings is not None:
        st.markdown(
            f"**{settings.network}**, {settings.epochs} epochs, learning rate "
            f"{settings.learning_rate:g}, {train_form.QUESTIONS[settings.labels]}"
        )

listed = runs.listing()
ids = [run.id for run in listed]
panes = ["Run", "Faces", "Network", "Learning rate", "History"]
pane = st.segmented_control(
    "Show",
    panes,
    default="Run",
    required=True,
    label_visibility="collapsed",
    key=f"train-pane-{form.turn}",
)

if pane == "Run":
    if not listed:
        st.info(
            "No run yet: press Start. The built-in drawings train in a minute or two.", icon="👆"
        )
        st.stop()
    first = ids.index(form.newest) if form.newest in ids else 0
    chosen = st.selectbox("Run", ids, first, key=f"run-{form.turn}", label_visibility="collapsed")
    run = listed[ids.index(chosen)]
    train_view.watch(run)
    model = run.status().model
    if model:
        with st.expander("Download the model"), answering.sentences():
            model_actions.export(model)
elif pane == "Faces":
    if choice is not None:
        train_data.look(choice)
    st.markdown("##### Stored uploads")
    train_data.stored_uploads()
elif pane == "Network" and settings is not None:
    facts = catalogue.get(settings.network)
    st.markdown(f"**{facts.name}**: {facts.summary}.")
    arguments = ["networks", "--json", "--network", facts.name, "--freeze", settings.freeze]
    arguments += ["--size", str(settings.input.height)]
    child = children.finished(" ".join(arguments), arguments, "Building the network …")
    if child is not None and child.failure:
        st.error(plain(child.failure), icon="⚠️")
    elif child is not None:
        (network,) = json.loads(child.output)
        with st.container(horizontal=True):
            st.metric("Parameters", f"{network['parameters']:,}")
            st.metric("Multiply-adds", f"{network['multiply_adds'] / 1e6:,.1f} M")
            st.metric("Default learning rate", f"{facts.learning_rate:g}")
        st.dataframe(network["layers"], hide_index=True)
elif pane == "Learning rate" and settings is not None:
    st.markdown(
        "A few hundred steps with a rate that grows from tiny to huge: a good rate lies where the "
        "loss falls fastest, well before it rises."
    )
    if choice is None or choice.files:
        st.caption(train_data.UNSTORED)
        st.stop()
    key = f"rate {settings}"
    if st.button("Look for a rate") or st.session_state.get("_rate") == key:
        st.session_state["_rate"] = key
        words = "Trying learning rates …"
        child = children.finished(
            key, ["find-rate"], words, settings={**settings.as_dict(), "name": None}
        )
        if child is not None and child.failure:
            st.error(plain(child.failure), icon="⚠️")
        elif child is not None:
            found = json.loads(child.output)
            st.plotly_chart(charts.rate_search(found["rates"], found["losses"], found["suggested"]))
            st.button(
                f"Use {found['suggested']:.2g}",
                on_click=train_form.use_rate,
                args=(settings.network, found["suggested"]),
            )
elif pane == "History":
    train_view.history(listed)
