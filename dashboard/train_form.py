"""The sidebar of the training page: what a run is asked to do, with sane defaults."""

from __future__ import annotations

from typing import Any

import streamlit as st

from fer import registry
from fer.errors import BadSettings
from fer.training import catalogue, settings
from fer.training.settings import TrainSettings

_RATES = "rates"
_FREEZE = {"none": "nothing", "all": "the whole backbone"}
_PREPROCESSING = {
    "none": "none",
    "equalize": "histogram equalisation",
    "threshold": "black and white",
}
QUESTIONS = {
    "crowd": "the crowd's votes (FER+), as shares",
    "fer2013": "the data set's label",
}


def ask(data: str, votes: str | None) -> TrainSettings:
    """Shows the form and returns what it says. Raises `BadSettings` with a sentence."""
    values: dict[str, Any] = {"data": data, "votes": votes}
    with st.sidebar:
        first = st.container()
        network = st.selectbox(
            "Network",
            catalogue.names(),
            index=catalogue.names().index("resnet"),
            help="What each one is stands under “Network”.",
        )
        facts = catalogue.get(network)
        values["network"] = network
        values["epochs"] = first.number_input(
            "Epochs", 1, 1000, 10, help="Times every face is seen."
        )
        default = st.session_state.get(_RATES, {}).get(network, f"{facts.learning_rate:g}")
        rate = first.text_input(
            "Learning rate",
            default,
            key=f"rate-{network}-{default}",
            help="The default suits the network and its optimiser.",
        )
        values["learning_rate"] = _number(rate)
        limit = st.number_input(
            "At most this many images",
            14,
            None,
            None,
            step=500,
            placeholder="all",
            help="For short runs: 3,000 train in minutes on two cores.",
        )
        values["limit"] = limit
        values["name"] = st.text_input("Name of the model", placeholder="the run's own").strip()
        with st.expander("More settings"):
            values |= _more(facts)
    return settings.from_dict({key: one for key, one in values.items() if one not in ("", None)})


def use_rate(network: str, rate: float) -> None:
    """Writes a learning rate into the form."""
    st.session_state[_RATES] = {**st.session_state.get(_RATES, {}), network: f"{rate:.2g}"}


def _more(facts: catalogue.Network) -> dict[str, Any]:
    values: dict[str, Any] = {
        "labels": st.selectbox(
            "Question",
            settings.QUESTIONS,
            format_func=lambda one: QUESTIONS[one],
            help="They agree on 63% of FER2013's faces: no model can be good at both.",
        ),
        "batch_size": st.number_input("Batch size", 1, 1024, 32),
        "optimizer": st.selectbox(
            "Optimiser",
            settings.OPTIMIZERS,
            settings.OPTIMIZERS.index(facts.optimizer),
            key=f"optimizer-{facts.name}",
        ),
        "schedule": st.selectbox("Schedule", settings.SCHEDULES, 1),
        "augmentation": st.selectbox("Augmentation", settings.AUGMENTATIONS, 1),
        "mixup": st.number_input("Mixup", 0.0, 1.0, 0.0, 0.1),
        "label_smoothing": st.number_input("Label smoothing", 0.0, 0.5, 0.0, 0.05),
        "weight_decay": st.number_input("Weight decay", 0.0, 1.0, 5e-4, format="%g"),
        "averaging": st.number_input(
            "Averaging of weights",
            0.0,
            0.9999,
            0.0,
            format="%g",
            help="Decay of the moving average that is validated and published, such as 0.995.",
        ),
        "class_weights": st.checkbox("Weigh rare emotions more"),
        "patience": st.number_input(
            "Stop early after", 0, 1000, 0, help="Epochs without a better validation; 0: never."
        ),
        "seed": st.number_input("Seed", 0, 2**31 - 1, 0),
        "input": _input(facts),
    }
    return values | _transfer(facts)


def _input(facts: catalogue.Network) -> dict[str, Any]:
    native = facts.input.preprocessing.partition(":")
    kind = st.selectbox(
        "Preprocessing",
        list(_PREPROCESSING),
        list(_PREPROCESSING).index(native[0]),
        format_func=lambda one: _PREPROCESSING[one],
        key=f"preprocessing-{facts.name}",
        help="It travels with the model: what is done in training is done in use.",
    )
    level = 0
    if kind == "threshold":
        level = st.slider("White from this grey level on", 1, 254, int(native[2] or 128))
    side = st.number_input(
        "Input size", facts.smallest, 224, facts.input.height, key=f"size-{facts.name}"
    )
    return {
        "preprocessing": f"threshold:{level}" if kind == "threshold" else kind,
        "height": side,
        "width": side,
    }


def _transfer(facts: catalogue.Network) -> dict[str, Any]:
    """Weights to begin with, and what of them is kept."""
    begin = st.selectbox(
        "Begin with",
        ["random weights", "imagenet", "a file on the server", *registry.names()],
        help="A published model of the same network, Keras's ImageNet weights (downloaded by "
        "Keras), or a weights file.",
    )
    if begin == "random weights":
        return {}
    if begin == "a file on the server":
        begin = st.text_input("Path of the weights file")
    frozen = st.selectbox(
        "Keep frozen",
        [*_FREEZE, "top"],
        format_func=lambda one: _FREEZE.get(one, "all but the top layers"),
    )
    if frozen == "top":
        frozen = str(st.number_input("Top layers that learn", 1, 500, 20))
    return {
        "weights": begin or None,
        "freeze": frozen,
        "head_epochs": st.number_input("Epochs of the head alone first", 0, 1000, 0),
    }


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise BadSettings(
            f"the learning rate {text!r} is no number; write one such as 0.01 or 1e-3."
        ) from None
