"""The data to train or evaluate on: synthetic drawings, data sets of the server, uploads."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from dashboard import errors
from dashboard.server import child_commands, timers, uploads as held_uploads
from dashboard.text import count, escape_markdown
from fer.data import server_folder
from fer.data.formats.fer_plus import VOTES_NAME
from fer.errors import FerError
from fer.runs import uploads, weights
from fer.runs.uploads import Upload
from fer.storage import files

DRAWN = "drawn"
_DRAWN_NAME = "Synthetic drawings (demo only)"
LISTED = (
    "listed only in this browser tab (until you reload it), under “Training data”, where you can "
    "delete it. It goes with the last run that uses it; without a run, after an hour or more. "
    "**Its file name is shown to everybody who opens this page**, with the log of the run, in "
    "which names of files inside it may stand, and the model's card keeps it"
)
UNSTORED = "The finder needs stored data: start training once, then choose the stored upload above."
_UPLOAD = "upload"
_NO_VOTES = ""  # Streamlit shows None as a field that was left empty
_LARGEST_MB = 1024
_UNUSED_SECONDS = 3600.0
_TIDY_SECONDS = 600.0


def display_name(data: str) -> str:
    """What data is called on a page: the name of its file, without its folders."""
    return _DRAWN_NAME if data == DRAWN else Path(data).name


@dataclass(frozen=True, slots=True)
class Choice:
    """Where the faces are, and what the visitor says that their class names mean; `files` are
    uploads that reach the disk only when a run is started."""

    data: str
    votes: str | None = None
    files: tuple[UploadedFile, ...] = ()
    classes: str | None = None

    def stored(self, own: set[str]) -> Choice:
        """The same choice with its uploads on the disk, their hashes added to the session's `own`.
        Raises `BadDataset`."""
        if not self.files:
            return self
        paths = []
        for file in self.files:
            paths.append(str(uploads.save(file, file.name)))
            own.add(Path(paths[-1]).parent.name)
        return Choice(paths[0], paths[1] if len(paths) > 1 else None, classes=self.classes)

    def arguments(self, folder: Path) -> list[str]:
        """What tells a command of these faces; uploads are written into the folder.
        Raises `FerError`."""
        paths = [self.data, *([self.votes] if self.votes else [])]
        if self.files:
            paths = [_written(file, folder / f"{n}") for n, file in enumerate(self.files)]
        found = ["--data", paths[0]]
        found += ["--votes", paths[1]] if len(paths) > 1 else []
        return [*found, "--classes", self.classes] if self.classes else found


def _written(file: UploadedFile, folder: Path) -> str:
    path = folder / uploads.safe_name(file.name)
    try:
        folder.mkdir(mode=0o700)
        with files.private(path) as target:
            file.seek(0)
            shutil.copyfileobj(file, target)
    except OSError as error:
        raise FerError(f"{file.name} cannot be stored: {error.strerror or error}.") from None
    return str(path)


def own() -> set[str]:
    """The hashes of the uploads that this session stored: no other may see or delete them."""
    found: set[str] = st.session_state.setdefault("_uploads", set())
    return found


def own_uploads(endings: Sequence[str] = uploads.ENDINGS) -> list[Upload]:
    """This session's uploads of a kind that are still there, the newest first."""
    hashes = own()
    listed = [upload for upload in uploads.listing() if upload.hash in hashes]
    for gone in hashes.difference([upload.hash for upload in listed]):
        hashes.discard(gone)
        child_commands.discard_naming(gone)  # what was made of it, such as a contact sheet
    return [upload for upload in listed if upload.path.name.endswith(tuple(endings))]


def tidy() -> None:
    """Deletes uploads whose run never began, which no session may list any more."""
    with suppress(FerError):  # deleted by somebody else already
        uploads.delete_unused(_UNUSED_SECONDS)


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


def choose(faces: Faces, label: str = "Training data", fate: str = LISTED) -> Choice | None:
    """Asks for the faces; None while an upload is awaited. `fate` says how an upload that was
    stored goes away again."""
    timers.start_once(_TIDY_SECONDS, tidy, "uploads without a run")
    server = {str(path): f"{path} (on the server)" for path in server_folder.offered()}
    stored = {
        str(upload.path): f"{upload.path.name} (uploaded)"
        for upload in own_uploads()
        if upload.path.name != VOTES_NAME
    }
    labels = {
        DRAWN: _DRAWN_NAME,
        **server,
        **stored,
        _UPLOAD: "Upload a file …",
    }
    options = list(labels)
    chosen = st.selectbox(
        label,
        options,
        options.index(faces.chosen) if faces.chosen in labels else 0,
        format_func=labels.__getitem__,
        key=faces.key("faces"),
        persist_state="session",
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
    others = [str(upload.path) for upload in own_uploads() if upload.path.suffix == ".csv"]
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
        "A zip of class folders (`train/happy/1.png` …) or of pictures with a list of labels, a "
        "table such as Kaggle's `fer2013.csv`, or a parquet file, up to 1 GB. It is inspected at "
        "once, in a private copy that is deleted afterwards. It is **stored on the server when "
        f"you press Start**, not before, {fate}. FER2013 is on Kaggle, under "
        "“Challenges in Representation Learning”; the FER+ votes (`fer2013new.csv`) are on GitHub, "
        "under “microsoft/FERPlus”."
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


def stored_uploads() -> None:
    """The uploads of this session, each with a button that deletes it."""
    listed = own_uploads((*uploads.ENDINGS, *weights.ENDINGS))
    if not listed:
        return
    st.markdown("**Stored uploads**")
    st.caption(
        "Listed only in this browser tab, until you reload it. Each is deleted with the last run "
        "that uses it; without a run, after an hour or more."
    )
    for upload in listed:
        left, right = st.columns([4, 1], vertical_alignment="center")
        left.markdown(
            f"{escape_markdown(upload.path.name)} · {upload.num_bytes / 1024**2:.1f} MB · "
            f"used by {count(len(upload.used_by), 'run')}"
        )
        right.button("Delete", key=f"delete-{upload.hash}", on_click=_delete, args=(upload.hash,))


def _delete(digest: str) -> None:
    with errors.show_errors(stop=False):
        uploads.delete(digest)
