"""Which faces a visitor chose: the drawings, a data set of the server, or uploads."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from streamlit.runtime.uploaded_file_manager import UploadedFile

from fer.data.loading import DRAWN
from fer.errors import FerError
from fer.runs import uploads
from fer.storage import files

DRAWN_NAME = "Synthetic drawings (demo only)"


def display_name(data: str) -> str:
    """What data is called on a page: the name of its file, without its folders."""
    return DRAWN_NAME if data == DRAWN else Path(data).name


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
