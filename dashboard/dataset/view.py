"""What is in the chosen faces, before anything is started: read by a child command."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import streamlit as st

from dashboard.dataset.choice import Choice
from dashboard.dataset.picker import Faces
from dashboard.server import child_commands
from dashboard.server.children.running import Child
from dashboard.text import count, escape_markdown
from fer.data.dataset import CROWD, FER2013
from fer.emotions import EMOTIONS

_SHEET = "sheet.png"
_UPLOADS = "uploads"


def check_upload(choice: Choice | None, faces: Faces, as_is: bool = False) -> bool:
    """Whether Start may follow: an upload is looked at first, and what is in it shown.

    `as_is`: for evaluation, which cuts no splits. What is on the server is read when it is used.
    """
    if faces.looked_at and (choice is None or faces.looked_at != _key(choice, as_is)):
        child_commands.discard(faces.looked_at)  # its contact sheet goes with it
        faces.looked_at = None
    if choice is None or not choice.files:
        return choice is not None
    faces.looked_at = _key(choice, as_is)
    return look(choice, faces, as_is)


def look(choice: Choice, faces: Faces, as_is: bool = False) -> bool:
    """Counts, copies, problems, notes and a contact sheet, and whether the faces can be used.

    False as well while they are being read, and without training faces where these are needed. The
    copy of an upload that the command reads is private to it and deleted once it has ended.
    """
    child = _inspected(choice, as_is)
    if child is None:
        return False
    shutil.rmtree(Path(child.folder.name, _UPLOADS), ignore_errors=True)
    if child.failure:
        if choice.files and "--classes" not in child.failure:
            faces.refuse(choice.files, child.failure)
            st.rerun()
        st.error(escape_markdown(child.failure), icon=":material/warning:")
        if "--classes" in child.failure and not faces.asks_classes:
            faces.asks_classes = True
            st.rerun()
        return False
    found = json.loads(child.output)
    left, right = st.columns([3, 2])
    sheet = Path(child.folder.name, _SHEET).read_bytes()
    left.image(sheet, width="stretch", alt="Some faces of each emotion")
    with right:
        _show_counts(found, as_is)
    _show_notes(found)
    has_faces = as_is or any(found["counts"].get("train", {}).values())
    if not has_faces:
        st.error(
            "There is nothing to train on: all of these faces are for testing or validation.",
            icon=":material/warning:",
        )
    return has_faces


def _inspected(choice: Choice, as_is: bool) -> Child | None:
    """The command that has looked at the faces; None while it is at work."""

    def prepare(folder: Path) -> list[str]:
        (folder / _UPLOADS).mkdir()
        return choice.arguments(folder / _UPLOADS)

    return child_commands.run(
        _key(choice, as_is),
        ["inspect", "--json", "-", *(["--as-is"] if as_is else [])],
        "Inspecting the data …",
        ("--sheet", _SHEET),
        prepare=prepare,
    )


def _key(choice: Choice, as_is: bool) -> str:
    files = " ".join(file.file_id for file in choice.files)
    return f"inspect {choice.data} {choice.votes} {files} {choice.classes} {as_is}"


def _show_counts(found: dict[str, Any], as_is: bool) -> None:
    splits = found["counts"].items()
    rows = [
        {"emotion": emotion, **{name: counts.get(emotion, 0) for name, counts in splits}}
        for emotion in EMOTIONS
    ]
    st.dataframe(rows, hide_index=True)
    st.markdown(
        f"**{found['num_faces']:,}** faces, **{found['num_voted']:,}** with FER+ votes. "
        f"Target: {_target(found)}."
    )
    if found["num_removed"] or found["contradictions"]:
        st.markdown(
            f"**{found['num_removed']:,}** exact duplicates, which "
            f"{'an evaluation keeps' if as_is else 'are left out of training'}: "
            f"{found['copies_inside']:,} of other training faces, {found['copies_across']:,} of "
            f"faces in other splits. "
            f"{count(found['contradictions'], 'picture')} with two labels."
        )


def _target(found: dict[str, Any]) -> str:
    if found["labels"] == CROWD:
        return "the FER+ vote distribution (soft labels)"
    if found["labels"] == FER2013:
        return "FER2013's labels"
    return f"the labels of {escape_markdown(found['name'])}"


def _show_notes(found: dict[str, Any]) -> None:
    if found["num_problems"]:
        shown = "\n".join(
            f"- {escape_markdown(problem['where'])}: {escape_markdown(problem['reason'])}"
            for problem in found["problems"]
        )
        st.warning(
            f"{count(found['num_problems'], 'row or file', 'rows or files')} could not be used, "
            f"such as:\n{shown}",
            icon=":material/warning:",
        )
    for note in found["notes"]:
        st.caption(escape_markdown(note))
    st.caption(f"Licence: {escape_markdown(found['licence'])}.")
