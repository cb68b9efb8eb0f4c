"""The faces to learn from: built-in drawings, data sets of the server, uploads."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from dashboard import errors
from dashboard.server import child_commands, timers
from dashboard.text import escape_markdown
from fer.data import server_folder
from fer.data.formats.fer_plus import VOTES_NAME
from fer.emotions import EMOTIONS
from fer.errors import FerError
from fer.runs import uploads, weights
from fer.runs.uploads import Upload

DRAWN = "drawn"
LISTED = (
    "listed in this browser tab alone (until it is reloaded), under “Faces”, where one click "
    "deletes it. It goes with the last run that uses it; without a run, after an hour or more"
)
UNSTORED = "An upload is looked at once it is stored: press Start, then choose it above."
_UPLOAD = "upload"
_NO_VOTES = ""  # Streamlit shows None as a field that was left empty
_LARGEST_MB = 1024
_UNUSED_SECONDS = 3600.0
_TIDY_SECONDS = 600.0


@dataclass(frozen=True, slots=True)
class Choice:
    """Where the faces are; `files` are uploads that reach the disk only when a run is started."""

    data: str
    votes: str | None = None
    files: tuple[UploadedFile, ...] = ()

    def stored(self, own: set[str]) -> Choice:
        """The same choice with its uploads on the disk, their hashes added to the session's `own`.
        Raises `BadDataset`."""
        if not self.files:
            return self
        paths = []
        for one in self.files:
            paths.append(str(uploads.save(one, one.name)))
            own.add(Path(paths[-1]).parent.name)
        return Choice(paths[0], paths[1] if len(paths) > 1 else None)


def own() -> set[str]:
    """The hashes of the uploads that this session stored: no other may see or delete them."""
    found: set[str] = st.session_state.setdefault("_uploads", set())
    return found


def own_uploads(endings: Sequence[str] = uploads.ENDINGS) -> list[Upload]:
    """This session's uploads of a kind that are still there, the newest first."""
    hashes = own()
    listed = [upload for upload in uploads.listing() if upload.hash in hashes]
    hashes.intersection_update([upload.hash for upload in listed])  # others may store the same
    return [upload for upload in listed if upload.path.name.endswith(tuple(endings))]


def tidy() -> None:
    """Deletes uploads whose run never began, which no session may list any more."""
    with suppress(FerError):  # deleted by somebody else already
        uploads.delete_unused(_UNUSED_SECONDS)


@dataclass(slots=True)
class Faces:
    """What a page's fields for faces begin with in this session; with each `turn` they begin anew.

    They are keyed by it, so that a choice can be made for the visitor after they were drawn, and
    no run that is under way can undo it.
    """

    page: str
    chosen: str = DRAWN
    votes: str | None = None
    turn: int = 0

    def select(self, choice: Choice) -> None:
        """Makes faces that were just stored the chosen ones, and empties the upload fields."""
        self.chosen, self.votes = choice.data, choice.votes
        self.turn += 1

    def key(self, field: str) -> str:
        return f"{self.page}-{field}-{self.turn}"


def faces(page: str) -> Faces:
    """Those of a page in this session."""
    found: Faces = st.session_state.setdefault(f"_{page}-faces", Faces(page))
    return found


def choose(faces: Faces, label: str = "Faces to learn from", fate: str = LISTED) -> Choice | None:
    """Asks for the faces; None while an upload is awaited. `fate` says how an upload that was
    stored goes away again."""
    timers.start_once(_TIDY_SECONDS, tidy, "uploads without a run")
    server = {str(path): f"{path} (on the server)" for path in server_folder.offered()}
    stored = {
        str(one.path): f"{one.path.name} (uploaded)"
        for one in own_uploads()
        if one.path.name != VOTES_NAME
    }
    words = {
        DRAWN: "Drawn faces (built in): they prove nothing about people",
        **server,
        **stored,
        _UPLOAD: "Upload a file …",
    }
    options = list(words)
    chosen = st.selectbox(
        label,
        options,
        options.index(faces.chosen) if faces.chosen in words else 0,
        format_func=lambda one: words[one],
        key=faces.key("faces"),
        persist_state="session",
    )
    if chosen in server:
        return Choice(str(server_folder.resolve(chosen)))
    if chosen in stored:
        return Choice(chosen, _stored_votes(faces, chosen))
    return Choice(DRAWN) if chosen == DRAWN else _ask_for_upload(faces, fate)


def _stored_votes(faces: Faces, chosen: str) -> str | None:
    """The stored FER+ votes that belong to a stored CSV, if the visitor says so."""
    others = [str(one.path) for one in own_uploads() if one.path.suffix == ".csv"]
    others = [path for path in others if path != chosen]
    if not chosen.endswith(".csv") or not others:
        return None
    first = next((path for path in others if Path(path).name == VOTES_NAME), None)
    if chosen == faces.chosen:
        first = faces.votes
    options = [_NO_VOTES, *others]
    votes = st.selectbox(
        "FER+ votes that belong to it",
        options,
        options.index(first) if first in options else 0,
        format_func=lambda one: Path(one).name or "none",
        key=faces.key(f"votes-of-{uploads.hash_of(chosen)}"),
        persist_state="session",
    )
    return votes or None


def _ask_for_upload(faces: Faces, fate: str) -> Choice | None:
    st.caption(
        "Kaggle's `fer2013.csv` or `icml_face_data.csv`, a parquet file, or a zip of class folders "
        "(`train/happy/1.png` …), up to 1 GB. It is **stored on the server when Start is "
        f"pressed**, not before, and {fate}. FER2013 is on Kaggle, under "
        "“Challenges in Representation Learning”; the FER+ votes (`fer2013new.csv`) are on GitHub, "
        "under “microsoft/FERPlus”."
    )
    left, right = st.columns(2)
    file = left.file_uploader(
        "Faces",
        ["csv", "zip", "parquet"],
        max_upload_size=_LARGEST_MB,
        key=faces.key("upload"),
    )
    votes = right.file_uploader(
        "FER+ votes, if there are any", ["csv"], key=faces.key("upload-votes")
    )
    if file is None:
        return None
    return Choice(DRAWN, None, (file, votes) if votes else (file,))


def look(choice: Choice) -> None:
    """Counts, copies, wrong rows and a contact sheet, read by a child process."""
    if choice.files:
        st.caption(UNSTORED)
        return
    arguments = ["inspect", "--data", choice.data, "--json", "-"]
    arguments += ["--votes", choice.votes] if choice.votes else []
    child = child_commands.run(
        " ".join(arguments), arguments, "Reading the faces …", ("--sheet", "sheet.png")
    )
    if child is None:
        return
    if child.failure:
        st.error(escape_markdown(child.failure), icon="⚠️")
        return
    found = json.loads(child.output)
    sheet = Path(child.folder.name) / "sheet.png"
    left, right = st.columns([3, 2])
    left.image(sheet.read_bytes(), width="stretch", alt="Some faces of each emotion")
    with right:
        _facts(found)


def _facts(found: dict[str, Any]) -> None:
    splits = found["counts"].items()
    rows = [{"emotion": one, **{name: of.get(one, 0) for name, of in splits}} for one in EMOTIONS]
    st.dataframe(rows, hide_index=True)
    st.markdown(
        f"**{found['num_faces']:,}** faces, **{found['num_voted']:,}** with crowd votes. "
        f"**{found['num_removed']:,}** exact copies are left out of training: "
        f"{found['copies_inside']:,} of other training faces, {found['copies_across']:,} of faces "
        f"in other splits. {found['contradictions']:,} pictures carry two labels."
    )
    if found["num_problems"]:
        shown = "\n".join(
            f"- {escape_markdown(one['where'])}: {escape_markdown(one['reason'])}"
            for one in found["problems"]
        )
        st.warning(f"{found['num_problems']:,} rows could not be read, such as:\n{shown}", icon="⚠️")
    st.caption(f"Licence: {escape_markdown(found['licence'])}.")


def stored_uploads() -> None:
    """The uploads of this session, each with a button that deletes it."""
    listed = own_uploads((*uploads.ENDINGS, *weights.ENDINGS))
    if not listed:
        st.caption("No file that was uploaded in this browser tab is stored.")
    else:
        st.caption(
            "They are listed in this browser tab alone, until it is reloaded. Each goes with the "
            "last run that uses it; without a run, after an hour or more."
        )
    for one in listed:
        left, right = st.columns([4, 1], vertical_alignment="center")
        left.markdown(
            f"{escape_markdown(one.path.name)} · {one.num_bytes / 1024**2:.1f} MB · "
            f"used by {len(one.used_by)} run(s)"
        )
        right.button("Delete", key=f"delete-{one.hash}", on_click=_delete, args=(one.hash,))


def _delete(digest: str) -> None:
    with errors.show_errors(stop=False):
        uploads.delete(digest)
