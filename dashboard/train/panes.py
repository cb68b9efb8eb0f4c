"""What can be looked at before a run: the network's layers, and a learning rate for it."""

from __future__ import annotations

import json
from dataclasses import replace

import streamlit as st

from dashboard import errors
from dashboard.dataset import picker
from dashboard.look import plots
from dashboard.server import child_commands
from dashboard.text import escape_markdown
from dashboard.train import form as train_form
from fer import permission
from fer.runs import network_specs
from fer.runs.settings import TrainSettings
from fer.visualization import charts


def network(settings: TrainSettings) -> None:
    """Size and layers of the chosen network."""
    facts = network_specs.get(settings.network)
    st.markdown(f"**{facts.name}**: {facts.summary}.")
    arguments = ["networks", "--json", "--network", facts.name, "--freeze", settings.freeze]
    arguments += ["--size", str(settings.input.height)]
    child = child_commands.run(" ".join(arguments), arguments, "Building the network …")
    if child is not None and child.failure:
        st.error(escape_markdown(child.failure), icon=":material/warning:")
    elif child is not None:
        (described,) = json.loads(child.output)
        with st.container(horizontal=True):
            st.metric("Parameters", f"{described['parameters']:,}")
            st.metric("Multiply-adds", f"{described['multiply_adds'] / 1e6:,.1f} M")
            st.metric("Default learning rate", f"{facts.learning_rate:g}")
        st.dataframe(described["layers"], hide_index=True)


def learning_rate(settings: TrainSettings, is_stored: bool) -> None:
    """The learning-rate finder, for data and weights that are on the server."""
    st.markdown(
        "The finder trains a few hundred steps while the learning rate grows from tiny to huge. A "
        "good rate lies where the loss falls fastest, well before it rises."
    )
    reason = permission.refusal("train")
    if reason:
        errors.closed(reason)
        return
    if not is_stored:
        st.caption(picker.unstored("The finder"))
        return
    searched = replace(settings, name=None)
    key = f"rate {searched}"
    if st.button("Run learning-rate finder") or st.session_state.get("_rate") == key:
        st.session_state["_rate"] = key
        child = child_commands.run(
            key, ["find-rate"], "Trying learning rates …", settings=searched.as_dict()
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
