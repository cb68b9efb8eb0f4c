"""Actions on a published model: use it, go back, delete it, download it."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

import streamlit as st

from dashboard import errors, model_verdict
from dashboard.personal import model as personal
from dashboard.server import child_commands
from dashboard.text import escape_markdown
from fer import permission, registry
from fer.errors import FerError
from fer.runs import store

FORMATS = {
    "keras": "Keras (.keras)",
    "h5": "HDF5 weights and JSON",
    "onnx": "ONNX",
    "tflite": "TensorFlow Lite",
}


_ACTIVE_HELP = "Every page uses this model."


def use(name: str, warn: bool = True) -> None:
    """Makes every page use the model, or goes back to the one before. `warn` says where it is no
    better than a constant answer."""
    if warn:
        with suppress(FerError):  # a damaged card is an error elsewhere
            warning = model_verdict.warning(registry.card(name))
            if warning:
                st.caption(f":material/warning: This model is {warning}.")
    if registry.active() == name:
        st.badge("Active model", icon=":material/check:", color="green", help=_ACTIVE_HELP)
    else:
        errors.button(
            "activate",
            "Use this model",
            f"use-{name}",
            _activate,
            name,
            type="primary",
        )
    before = registry.previous()
    if registry.active() == name and before:
        errors.button("activate", f"Go back to {before}", f"back-{name}", _go_back)


def _activate(name: str) -> None:
    registry.activate(name)
    personal.go_back()  # whatever the pages of this tab answered with before


def _go_back() -> None:
    registry.go_back()
    personal.go_back()


def delete(name: str) -> None:
    """Deletes it after a second press; not a built-in one, nor the active one."""
    if name in registry.SHIPPED:
        st.caption("Built-in: it cannot be deleted.")
    elif name == registry.active():
        st.caption("To delete it, use another model first.")
    else:
        with st.popover("Delete", key=f"deleting-{name}"):
            text = "The model and its files are deleted for good."
            if any(run.status().model == name for run in store.listing()):
                text += " The run that trained it stays on the page Train."
            st.markdown(text)
            errors.button("delete", "Delete for good", f"delete-{name}", registry.delete, name)


def export(name: str) -> None:
    """A model in other formats, each checked against the original on real faces.

    Closed where training is: each takes the memory of a TensorFlow.
    """
    reason = permission.refusal("train")
    if reason:
        errors.closed(f"no exports: {reason}")
        return
    kind = st.selectbox("Format", list(FORMATS), format_func=FORMATS.__getitem__)
    key = f"export {name} {kind}"
    pressed = st.button("Prepare download")
    if pressed:
        child_commands.discard(key)
    if pressed or st.session_state.get("_export") == key:
        st.session_state["_export"] = key
        arguments = ["export", "--model", name, "--format", kind, "--json"]
        child = child_commands.run(
            key, arguments, "Writing and checking the export …", ("--out", "")
        )
        if child is None:
            return
        if child.failure:
            st.error(escape_markdown(child.failure), icon=":material/warning:")
            return
        made = json.loads(child.output)
        st.markdown(
            f"Export verified on real faces: largest probability difference "
            f"**{made['difference']:.1g}** · latency **{made['milliseconds']:.2f} ms per face** · "
            f"**{made['megabytes']:.1f} MB**"
        )
        for file in map(Path, made["files"]):
            st.download_button(
                file.name,
                file.read_bytes(),
                file.name,
                icon=":material/download:",
                key=file.name,
                on_click="ignore",
            )
