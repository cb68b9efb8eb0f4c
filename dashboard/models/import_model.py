"""A network that was trained elsewhere, uploaded and made a model by a child command."""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from dashboard.errors import show_errors
from dashboard.server import child_commands, uploads as held_uploads, workspaces
from dashboard.server.workspaces import Workspace
from dashboard.text import escape_markdown
from fer import permission, registry
from fer.emotions import EMOTIONS
from fer.errors import BadSettings, FerError
from fer.runs import checks, uploads
from fer.runs.import_classes import ENDINGS, SCALES, parse_classes

_KEY, _TURN = "_import", "_import-turn"
_LARGEST_MB = 512


@dataclass(slots=True)
class _Import:
    """A command at work in this session, and the folder of its uploads."""

    folder: Workspace
    arguments: list[str]
    key: str


def show() -> None:
    """The form, and what becomes of an import; nothing where that is closed to the visitor."""
    if permission.refusal("publish"):
        return
    current: _Import | None = st.session_state.get(_KEY)
    with st.expander("Import a model that was trained elsewhere", expanded=current is not None):
        _form()
        if current is not None:
            _outcome(current)


def _form() -> None:
    st.caption(
        "A Keras file (`.keras`, `.h5`, `.hdf5`), an architecture (`.json`) and its weights, or "
        "ONNX. No code in it is run. The file is deleted once the model is made, and its "
        "predictions are checked against the original's."
    )
    files = st.file_uploader(
        "Model file",
        sorted({ending.rpartition(".")[2] for ending in ENDINGS}),
        accept_multiple_files=True,
        max_upload_size=_LARGEST_MB,
        key=f"import-files-{st.session_state.get(_TURN, 0)}",
    )
    labels = st.text_input(
        "Classes, in the order of its outputs",
        ",".join(EMOTIONS),
        help="FER2013's order is given. Contempt and others beyond the seven are left out.",
        key="import-labels",
    )
    scale = st.selectbox(
        "Pixel scaling in training",
        SCALES,
        None,
        placeholder="not needed if the network scales its input",
        help="The file does not say. The original mini_XCEPTION: -1..1.",
        key="import-scale",
    )
    text = st.text_input("Name", placeholder="name of the file", key="import-name")
    try:
        for file in files:
            held_uploads.check(file)
        parse_classes(labels)
        name = registry.name_from(text)
        if name:
            checks.check_name(name)
    except FerError as error:
        st.error(escape_markdown(str(error)), icon=":material/warning:")
        return
    if st.button("Import" + (f" as {name}" if name else ""), disabled=not files, key="import"):
        more = ["--labels", labels]
        more += [f"--scale={scale}"] if scale else []
        more += ["--name", name] if name else []
        _start(files, more)


def _start(files: Sequence[UploadedFile], more: list[str]) -> None:
    with show_errors():
        permission.require("publish")
        folder = workspaces.new("import")
    try:
        paths = [Path(folder.name, uploads.safe_name(file.name, ENDINGS)) for file in files]
        if len(set(paths)) < len(paths):
            raise BadSettings("two of the files have the same name.")
        for path, file in zip(paths, files, strict=True):
            path.write_bytes(file.getbuffer())
    except (FerError, OSError) as error:
        folder.cleanup()
        st.error(escape_markdown(str(error)), icon=":material/warning:")
        return
    held_uploads.free(files)
    st.session_state[_TURN] = st.session_state.get(_TURN, 0) + 1  # the field is empty again
    arguments = ["import", "--json", *more, "--", *map(str, paths)]
    st.session_state[_KEY] = _Import(folder, arguments, f"import {secrets.token_hex(4)}")
    st.rerun()


def _outcome(current: _Import) -> None:
    child = child_commands.run(current.key, current.arguments, "Reading and checking the model …")
    if child is None:
        return
    current.folder.cleanup()
    if child.failure:
        st.error(escape_markdown(child.failure), icon=":material/warning:")
        return
    made = json.loads(child.output)
    findings = " ".join(made["findings"])
    st.success(
        f"Published as **{escape_markdown(made['name'])}**. {escape_markdown(findings)} Import "
        f"verified: largest probability difference {made['difference']:.1g}.",
        icon=":material/check_circle:",
    )
    if made["name"] in registry.names():
        st.caption("Choose it above and press *Use this model*.")
