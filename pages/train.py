"""Train: set epochs and learning rate, press Start, watch the curves, put the model to work."""

import json
from dataclasses import replace

import streamlit as st

from dashboard import dataset_picker, dataset_view, errors, model_actions, navigation, start_button
from dashboard.look import plots
from dashboard.server import child_commands, uploads
from dashboard.text import escape_markdown
from dashboard.train import form as train_form, starting, view as train_view
from fer import permission
from fer.errors import FerError
from fer.runs import network_specs, store
from fer.visualization import charts

navigation.ensure_frame()

st.title("Train")
if not permission.training_allowed():
    st.info("Training is switched off on this server (FER_TRAINING=off).", icon=":material/lock:")
    st.stop()
st.markdown(
    "Teach a network which expression people see. A run is a process of its own: leave this page, "
    "close the browser, restart the server; it goes on, and this page finds it again."
)

form = start_button.form("train")
faces, own = dataset_picker.faces("train"), dataset_picker.own()
choice, request, settings, wrong, is_usable = None, None, None, None, False
try:
    choice = dataset_picker.choose(faces)
    is_usable = dataset_view.check_upload(choice, faces)
    asked = choice or dataset_picker.Choice(dataset_picker.DRAWN)
    request = train_form.ask(asked.data, asked.votes, form.turn)
    request = replace(request, settings=replace(request.settings, classes=asked.classes))
    settings = request.settings
except FerError as error:
    wrong = str(error)

if form.take() and choice is not None and request is not None and is_usable:
    with errors.show_errors(stop=False):
        where, stored = choice.stored(own), request.stored(own)
        form.started(starting.start(replace(stored, data=where.data, votes=where.votes)).id)
        if choice.files:
            faces.select(where)
            uploads.free(choice.files)
        st.rerun()

if wrong:
    st.error(escape_markdown(wrong), icon=":material/warning:")
with st.container(horizontal=True, vertical_alignment="center"):
    start_button.button(form, disabled=not is_usable or wrong is not None)
    if settings is not None:
        st.markdown(
            f"**{settings.network}**, {settings.epochs} epochs, learning rate "
            f"{settings.learning_rate:g}, {train_form.TARGETS[settings.labels or '']}"
            + (f", as **{escape_markdown(settings.name)}**" if settings.name else "")
        )

listed = store.listing()
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
            "No run yet: press Start. The built-in drawings train in a minute or two.",
            icon=":material/arrow_upward:",
        )
        st.stop()
    first = ids.index(form.newest) if form.newest in ids else 0
    chosen = st.selectbox("Run", ids, first, key=f"run-{form.turn}", label_visibility="collapsed")
    run = listed[ids.index(chosen)]
    train_view.watch(run)
    model = run.status().model
    if model:
        with st.expander("Download the model"), errors.show_errors():
            model_actions.export(model)
elif pane == "Faces":
    if choice is not None and not choice.files:
        dataset_view.look(choice, faces)
    st.markdown("## Stored uploads")
    dataset_picker.stored_uploads()
elif pane == "Network" and settings is not None:
    facts = network_specs.get(settings.network)
    st.markdown(f"**{facts.name}**: {facts.summary}.")
    arguments = ["networks", "--json", "--network", facts.name, "--freeze", settings.freeze]
    arguments += ["--size", str(settings.input.height)]
    child = child_commands.run(" ".join(arguments), arguments, "Building the network …")
    if child is not None and child.failure:
        st.error(escape_markdown(child.failure), icon=":material/warning:")
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
    if choice is None or choice.files or (request and request.weights_file):
        st.caption(dataset_picker.UNSTORED)
        st.stop()
    key = f"rate {settings}"
    if st.button("Look for a rate") or st.session_state.get("_rate") == key:
        st.session_state["_rate"] = key
        message = "Trying learning rates …"
        child = child_commands.run(
            key, ["find-rate"], message, settings={**settings.as_dict(), "name": None}
        )
        if child is not None and child.failure:
            st.error(escape_markdown(child.failure), icon=":material/warning:")
        elif child is not None:
            search = json.loads(child.output)
            plots.show(
                charts.rate_search(search["rates"], search["losses"], search["suggested"]),
                "rate-search",
            )
            st.button(
                f"Use {search['suggested']:.2g}",
                on_click=train_form.use_rate,
                args=(settings.network, search["suggested"]),
            )
elif pane == "History":
    train_view.history(listed)
