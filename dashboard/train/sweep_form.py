"""What a sweep is to try, asked for on the page, and the command that does the same in a shell."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import streamlit as st
import yaml

from dashboard import errors
from dashboard.dataset import picker
from dashboard.text import escape_markdown
from dashboard.train.form import number
from fer import permission
from fer.distributed import sweep_jobs, sweeps
from fer.distributed.sweeps import SweepSettings
from fer.errors import BadSettings, FerError
from fer.runs import network_specs, settings as training_settings, uploads
from fer.runs.settings import AUGMENTATIONS, OPTIMIZERS, TrainSettings

_BATCHES = (16, 32, 64, 128, 256)
_CHOICES: dict[str, tuple[Any, ...]] = {
    "batch_size": _BATCHES,
    "augmentation": AUGMENTATIONS,
    "optimizer": OPTIMIZERS,
}
_DEFAULTS: dict[str, list[Any]] = {
    "batch_size": [32, 64, 128],
    "augmentation": ["none", "light", "strong"],
    "optimizer": ["sgd", "adam"],
}
_LABELS = {
    "learning_rate": "Learning rate",
    "batch_size": "Batch size",
    "network": "Network",
    "augmentation": "Augmentation",
    "optimizer": "Optimiser",
}
_FILE = "sweep.yaml"
_IN_FILE = ("settings", "search", "trials")
_ALWAYS = ("data", "network", "epochs")


def default_workers() -> int:
    """Trials at a time: half of the processors, for each trial takes one."""
    return max(1, (os.cpu_count() or 2) // 2)


def show(settings: TrainSettings, is_stored: bool) -> None:
    """Asks what varies; the other settings are those of the sidebar."""
    st.markdown(
        "Tries different settings in many runs, ends early what falls behind, publishes the best.",
        help="Ray Tune draws the trials at random, and ASHA compares them after each epoch. What "
        "does not vary is as in the settings. The best one has the highest validation accuracy.",
    )
    if not is_stored:
        st.caption(picker.unstored("A sweep"))
        return
    try:
        asked, workers = _asked(settings)
        sweep = sweeps.from_dict({**asked, "name": settings.name})
    except FerError as error:
        st.error(escape_markdown(str(error)), icon=":material/warning:")
        return
    reason = permission.refusal("train")
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button("Start sweep", disabled=reason is not None):
            with errors.show_errors(stop=False):
                st.session_state["sweep"] = sweep_jobs.start(sweep, workers)
                st.rerun()
        _command(sweep, workers)
        if reason:
            errors.closed(reason)


def _asked(settings: TrainSettings) -> tuple[dict[str, Any], int]:
    """The sweep as its file has it, and how many trials train at a time. Raises `BadSettings`."""
    varied = st.multiselect(
        "Settings to vary",
        list(_LABELS),
        ["learning_rate", "batch_size"],
        format_func=_LABELS.__getitem__,
        key="sweep-varied",
        persist_state="session",
    )
    if not varied:
        raise BadSettings("choose at least one setting that varies.")
    columns, search = st.columns(2), {}
    for index, name in enumerate(varied):
        with columns[index % 2]:
            search[name] = _values(name, settings)
    fixed = {name: value for name, value in _changed(settings).items() if name not in search}
    left, right = st.columns(2)
    trials = left.number_input("Trials", 2, 64, 8, key="sweep-trials", persist_state="session")
    workers = right.number_input(
        "Trials at a time",
        1,
        os.cpu_count(),
        default_workers(),
        help="Each takes one processor of this computer.",
        key="sweep-workers",
        persist_state="session",
    )
    return {"settings": fixed, "search": search, "trials": trials}, workers


def _changed(settings: TrainSettings) -> dict[str, Any]:
    """The settings that are not what suits the network anyway, and those that are always named."""
    values = settings.as_dict()
    usual = training_settings.from_dict({name: values[name] for name in _ALWAYS}).as_dict()
    return {
        name: value
        for name, value in values.items()
        if name in _ALWAYS or (name != "name" and value != usual[name])
    }


def _values(name: str, settings: TrainSettings) -> Any:
    """What one setting may be: a range of learning rates, or a list."""
    if name == "learning_rate":
        left, right = st.columns(2)
        rate = settings.learning_rate
        low, high = (
            column.text_input(label, f"{default:.2g}", key=f"sweep-{label}-{rate:g}")
            for column, label, default in (
                (left, "Lowest learning rate", rate / 10),
                (right, "Highest learning rate", min(10.0, rate * 10)),
            )
        )
        return {"low": number(low), "high": number(high), "log": True}
    choices = network_specs.names() if name == "network" else _CHOICES[name]
    chosen: list[Any] = st.multiselect(
        _LABELS[name],
        choices,
        [settings.network] if name == "network" else _DEFAULTS[name],
        key=f"sweep-{name}",
        persist_state="session",
    )
    if not chosen:
        raise BadSettings(f"choose values for: {_LABELS[name].lower()}.")
    return chosen


def _command(sweep: SweepSettings, workers: int) -> None:
    """The same in a shell, where a cluster can be named."""
    with st.popover("As a command", icon=":material/terminal:"):
        text = yaml.safe_dump(_in_file(sweep), sort_keys=False)
        st.code(
            f"python -m fer sweep {_FILE} --workers {workers} --name {sweep.name}",
            language=None,
            wrap_lines=True,
        )
        st.code(text, language="yaml")
        st.download_button(
            _FILE, text, _FILE, icon=":material/download:", key="sweep-file", on_click="ignore"
        )
        st.caption(
            "The file names an upload without its folder: set `data` to where you keep the faces. "
            "`--address HOST:PORT` trains on a Ray cluster."
        )


def _in_file(sweep: SweepSettings) -> dict[str, Any]:
    """What the file of a sweep holds. Where this server keeps an upload concerns no visitor."""
    settings = {
        name: Path(value).name if isinstance(value, str) and uploads.hash_of(value) else value
        for name, value in sweep.settings.items()
    }
    kept = {name: value for name, value in sweep.as_dict().items() if name in _IN_FILE}
    return {**kept, "settings": settings}
