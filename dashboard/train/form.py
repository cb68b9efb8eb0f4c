"""The sidebar of the training page: the settings of a run, with defaults that work."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from dashboard.train import initial_weights, more_settings, titles
from fer import registry
from fer.errors import BadSettings
from fer.runs import checks, network_specs, settings, uploads, weights
from fer.runs.settings import TrainSettings

_RATES = "rates"
_USES = "train-rate-uses"


@dataclass(frozen=True, slots=True)
class Request:
    """What the form asks for; a `weights_file` reaches the disk only when a run is started."""

    settings: TrainSettings
    weights_file: UploadedFile | None = None

    def stored(self, own: set[str]) -> TrainSettings:
        """The settings with an uploaded weights file on the disk, its hash added to the session's
        `own`. Raises `BadDataset`."""
        if self.weights_file is None:
            return self.settings
        path = uploads.save(self.weights_file, self.weights_file.name, weights.ENDINGS)
        own.add(path.parent.name)
        return replace(self.settings, weights=str(path))


def ask(data: str, votes: str | None, turn: int) -> Request:
    """Shows the form and returns what it asks for. Raises `FerError` with a sentence.

    What is chosen stays for the session; a change of the network brings what suits the new one. The
    name belongs to one run: it is empty again with each `turn`, and an empty one is numbered.
    """
    values: dict[str, Any] = {"data": data, "votes": votes}
    with st.sidebar:
        first = st.container()
        network = st.selectbox(
            "Network",
            network_specs.names(),
            index=network_specs.names().index("resnet"),
            help="Each one is described under “Network”.",
            key="train-network",
            on_change=more_settings.network_changed,
            persist_state="session",
        )
        facts = network_specs.get(network)
        values["network"] = network
        values["epochs"] = first.number_input(
            "Epochs",
            1,
            1000,
            10,
            help="How often every face is used for training.",
            key="train-epochs",
            persist_state="session",
        )
        default = st.session_state.get(_RATES, {}).get(network, f"{facts.learning_rate:g}")
        rate = first.text_input(
            "Learning rate",
            default,
            help="The default suits the network and its optimiser.",
            key=f"{more_settings.key('rate', facts)}-{st.session_state.get(_USES, 0)}",
            persist_state="session",
        )
        values["learning_rate"] = number(rate)
        values["limit"] = st.number_input(
            "Number of images (maximum)",
            14,
            None,
            None,
            step=500,
            placeholder="all",
            help="Fewer images train faster: the time of an epoch is proportional to their number.",
            key="train-limit",
            persist_state="session",
        )
        text = st.text_input(
            "Name of the model",
            placeholder=titles.free_name(network),
            key=f"train-name-{turn}",
            persist_state="session",
        )
        with st.expander("More settings"):
            values |= more_settings.ask(facts)
            start_values, weights_file = initial_weights.ask()
            values |= start_values
    values["name"] = registry.name_from(text) or titles.free_name(network)
    checks.check_name(values["name"])
    given = {key: value for key, value in values.items() if value not in ("", None)}
    return Request(settings.from_dict(given), weights_file)


def use_rate(network: str, rate: float) -> None:
    """Writes a learning rate into the form."""
    st.session_state[_RATES] = {**st.session_state.get(_RATES, {}), network: f"{rate:.2g}"}
    st.session_state[_USES] = st.session_state.get(_USES, 0) + 1


def number(text: str) -> float:
    """The learning rate that was written. Raises `BadSettings`."""
    try:
        return float(text)
    except ValueError:
        raise BadSettings(
            f"the learning rate {text!r} is no number; write one such as 0.01 or 1e-3."
        ) from None
