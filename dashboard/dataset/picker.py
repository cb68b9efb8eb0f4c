"""The data to train or evaluate on: synthetic drawings, data sets of the server, uploads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from dashboard.dataset import stored
from dashboard.dataset.choice import DRAWN_NAME, Choice
from dashboard.server import timers, uploads as held_uploads
from dashboard.text import escape_markdown
from fer.data import server_folder
from fer.data.formats.fer_plus import VOTES_NAME
from fer.data.loading import DRAWN
from fer.errors import FerError
from fer.runs import uploads

LISTED = (
    "until you delete it or the last run that uses it. **Its file name is shown to everybody who "
    "opens this page**"
)
_UPLOAD_HELP = (
    "Also a zip of pictures with a list of labels. It is inspected at once, in a private copy that "
    "is deleted afterwards. A stored upload is listed in this browser tab alone, under “Training "
    "data”, until you reload it; without a run it goes after an hour or more. A run's log may "
    "name files inside it, and the model's card keeps the upload's name. FER2013 is on Kaggle, "
    "under “Challenges in Representation Learning”; the FER+ votes (`fer2013new.csv`) are on "
    "GitHub, under “microsoft/FERPlus”."
)
_UPLOAD = "upload"
_NO_VOTES = ""  # Streamlit shows None as a field that was left empty
_LARGEST_MB = 1024
_TIDY_SECONDS = 600.0


@dataclass(slots=True)
class Faces:
    """What a page's fields for faces begin with in this session; with each `turn` they begin anew.
    `asks_classes`: the class names of the faces can mean several things, so the page asks.

    They are keyed by it, so that a choice can be made for the visitor after they were drawn, and
    no run that is under way can undo it. `refused` says why the last upload was of no use;
    `looked_at` is the key of the command that has looked at the present one.
    """

    page: str
    chosen: str = DRAWN
    votes: str | None = None
    classes: str | None = None
    asks_classes: bool = False
    refused: str | None = None
    looked_at: str | None = None
    turn: int = 0

    def select(self, choice: Choice) -> None:
        """Makes faces that were just stored the chosen ones, and empties the upload fields."""
        self.refused = None
        self.chosen, self.votes, self.classes = choice.data, choice.votes, choice.classes
        self.turn += 1

    def ask_for_upload(self) -> None:
        """A button's callback: shows the upload fields."""
        self.chosen = _UPLOAD
        self.turn += 1

    def refuse(self, files: Sequence[UploadedFile], reason: str) -> None:
        """Empties the upload fields, whose files cannot be used, and keeps the reason."""
        names = " and ".join(file.name for file in files)
        self.refused = reason if names in reason else f"{names}: {reason}"
        self.chosen = _UPLOAD
        self.turn += 1
        held_uploads.free(files)

    def key(self, field: str) -> str:
        return f"{self.page}-{field}-{self.turn}"


def faces(page: str) -> Faces:
    """Those of a page in this session."""
    found: Faces = st.session_state.setdefault(f"_{page}-faces", Faces(page))
    return found


def unstored(what: str) -> str:
    """Why something cannot be done with an upload before it is stored."""
    return f"{what} needs stored data: start training once, then choose the stored upload above."


def choose(faces: Faces, label: str = "Training data", fate: str = LISTED) -> Choice | None:
    """Asks for the faces; None while an upload is awaited. `fate` says how an upload that was
    stored goes away again."""
    timers.start_once(_TIDY_SECONDS, stored.tidy, "uploads without a run")
    server = {str(path): f"{path} (on the server)" for path in server_folder.offered()}
    uploaded = {
        str(upload.path): f"{upload.path.name} (uploaded)"
        for upload in stored.own_uploads()
        if upload.path.name != VOTES_NAME
    }
    labels = {
        DRAWN: DRAWN_NAME,
        **server,
        **uploaded,
        _UPLOAD: "Upload a file …",
    }
    options = list(labels)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.selectbox(
            label,
            options,
            options.index(faces.chosen) if faces.chosen in labels else 0,
            format_func=labels.__getitem__,
            key=faces.key("faces"),
            persist_state="session",
            width="stretch",
        )
        if chosen != _UPLOAD:
            st.button(
                "Upload",
                icon=":material/upload:",
                key=faces.key("ask-upload"),
                on_click=faces.ask_for_upload,
            )
    if chosen == DRAWN:
        return Choice(DRAWN)
    if chosen == _UPLOAD:
        choice = _ask_for_upload(faces, fate)
    elif chosen in server:
        choice = Choice(str(server_folder.resolve(chosen)))
    else:
        choice = Choice(chosen, _stored_votes(faces, chosen))
    classes = _ask_for_classes(faces)
    return choice and replace(choice, classes=classes)


def _ask_for_classes(faces: Faces) -> str | None:
    """What the visitor says that class names mean; nothing is asked where they are plain."""
    if not faces.asks_classes and not faces.classes:
        return None
    text = st.text_input(
        "What the class names mean",
        faces.classes or "",
        placeholder="1=surprise,2=fear,3=disgust,4=happy,5=sad,6=angry,7=neutral",
        help="A class and its emotion, with commas between; =skip leaves a class out.",
        key=faces.key("classes"),
        persist_state="session",
    )
    return text.strip() or None


def _stored_votes(faces: Faces, chosen: str) -> str | None:
    """The stored FER+ votes that belong to a stored CSV, if the visitor says so."""
    others = [str(upload.path) for upload in stored.own_uploads() if upload.path.suffix == ".csv"]
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
        format_func=lambda path: Path(path).name or "none",
        key=faces.key(f"votes-of-{uploads.hash_of(chosen)}"),
        persist_state="session",
    )
    return votes or None


def _ask_for_upload(faces: Faces, fate: str) -> Choice | None:
    st.caption(
        "A zip of class folders (`happy/1.png` …), Kaggle's `fer2013.csv` or a parquet file, up to "
        f"1 GB. **Stored on the server when you press Start**, {fate}.",
        help=_UPLOAD_HELP,
    )
    left, right = st.columns(2)
    file = left.file_uploader(
        "Images and labels",
        ["csv", "tsv", "zip", "parquet"],
        max_upload_size=_LARGEST_MB,
        key=faces.key("upload"),
    )
    votes = right.file_uploader("FER+ votes (optional)", ["csv"], key=faces.key("upload-votes"))
    files = tuple(one for one in (file, votes) if one is not None)
    try:
        for one in files:
            held_uploads.check(one)
    except FerError as error:
        faces.refuse(files, str(error))
        st.rerun()
    if file is None:
        if faces.refused:
            st.error(escape_markdown(faces.refused), icon=":material/warning:")
        return None
    faces.refused = None
    return Choice(DRAWN, None, files)
