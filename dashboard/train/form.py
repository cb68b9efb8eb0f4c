"""The sidebar of the training page: the settings of a run, with defaults that work."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from dashboard.train import initial_weights, titles
from fer import notices, registry
from fer.errors import BadSettings
from fer.runs import checks, network_specs, settings, uploads, weights
from fer.runs.settings import TrainSettings

_RATES = "rates"
_CHANGES, _USES = "train-network-changes", "train-rate-uses"
_PREPROCESSING = {
    "none": "none",
    "equalize": "histogram equalisation",
    "threshold": "black and white",
}
TARGETS = {
    "": "FER+ votes if the data has any, else its labels",
    "crowd": "FER+ vote distribution (soft labels)",
    "own": "the data's own labels",
}
"""What a network learns to predict; Streamlit shows None as a field that was left empty."""


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
            on_change=_count,
            args=(_CHANGES,),
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
            key=f"{_key('rate', facts)}-{st.session_state.get(_USES, 0)}",
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
            values |= _more(facts)
            start_values, weights_file = initial_weights.ask()
            values |= start_values
    values["name"] = registry.name_from(text) or titles.free_name(network)
    checks.check_name(values["name"])
    given = {key: value for key, value in values.items() if value not in ("", None)}
    return Request(settings.from_dict(given), weights_file)


def use_rate(network: str, rate: float) -> None:
    """Writes a learning rate into the form."""
    st.session_state[_RATES] = {**st.session_state.get(_RATES, {}), network: f"{rate:.2g}"}
    _count(_USES)


def _count(what: str) -> None:
    st.session_state[what] = st.session_state.get(what, 0) + 1


def _key(field: str, facts: network_specs.Network) -> str:
    """The key of a field whose default follows the network: a new one with each change of that."""
    return f"train-{field}-{facts.name}-{st.session_state.get(_CHANGES, 0)}"


def _more(facts: network_specs.Network) -> dict[str, Any]:
    return {
        "labels": st.selectbox(
            "Training target",
            list(TARGETS),
            format_func=lambda target: TARGETS[target],
            help=notices.LABEL_AND_VOTES,
            key="train-labels",
            persist_state="session",
        ),
        "batch_size": st.number_input(
            "Batch size", 1, 1024, 32, key="train-batch", persist_state="session"
        ),
        "optimizer": st.selectbox(
            "Optimiser",
            settings.OPTIMIZERS,
            settings.OPTIMIZERS.index(facts.optimizer),
            key=_key("optimizer", facts),
            persist_state="session",
        ),
        "schedule": st.selectbox(
            "Schedule", settings.SCHEDULES, 1, key="train-schedule", persist_state="session"
        ),
        "augmentation": st.selectbox(
            "Augmentation",
            settings.AUGMENTATIONS,
            1,
            key="train-augmentation",
            persist_state="session",
        ),
        "mixup": st.number_input(
            "Mixup", 0.0, 1.0, 0.0, 0.1, key="train-mixup", persist_state="session"
        ),
        "label_smoothing": st.number_input(
            "Label smoothing", 0.0, 0.5, 0.0, 0.05, key="train-smoothing", persist_state="session"
        ),
        "weight_decay": st.number_input(
            "Weight decay", 0.0, 1.0, 5e-4, format="%g", key="train-decay", persist_state="session"
        ),
        "averaging": st.number_input(
            "Weight averaging (EMA)",
            0.0,
            0.9999,
            0.0,
            format="%g",
            help="Decay of the moving average that is validated and published, such as 0.995.",
            key="train-averaging",
            persist_state="session",
        ),
        "class_weights": st.checkbox(
            "Class weighting",
            help="Rare emotions count more in the loss.",
            key="train-weights",
            persist_state="session",
        ),
        "patience": st.number_input(
            "Early-stopping patience",
            0,
            1000,
            0,
            help="Epochs without a better validation accuracy before training ends; 0: off.",
            key="train-patience",
            persist_state="session",
        ),
        "seed": st.number_input("Seed", 0, 2**31 - 1, 0, key="train-seed", persist_state="session"),
        "input": _input(facts),
    }


def _input(facts: network_specs.Network) -> dict[str, Any]:
    native = facts.input.preprocessing.partition(":")
    kind = st.selectbox(
        "Preprocessing",
        list(_PREPROCESSING),
        list(_PREPROCESSING).index(native[0]),
        format_func=lambda kind: _PREPROCESSING[kind],
        help="Stored in the model: inference applies the same preprocessing.",
        key=_key("preprocessing", facts),
        persist_state="session",
    )
    level = 0
    if kind == "threshold":
        level = st.slider(
            "Threshold (grey level)",
            1,
            254,
            int(native[2] or 128),
            key=_key("level", facts),
            persist_state="session",
        )
    side = st.number_input(
        "Input size",
        facts.smallest,
        224,
        facts.input.height,
        key=_key("size", facts),
        persist_state="session",
    )
    return {
        "preprocessing": f"threshold:{level}" if kind == "threshold" else kind,
        "height": side,
        "width": side,
    }


def number(text: str) -> float:
    """The learning rate that was written. Raises `BadSettings`."""
    try:
        return float(text)
    except ValueError:
        raise BadSettings(
            f"the learning rate {text!r} is no number; write one such as 0.01 or 1e-3."
        ) from None
