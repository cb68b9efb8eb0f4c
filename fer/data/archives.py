"""Files in a folder or in a zip, read alike and never extracted; all limits on both live here."""

from __future__ import annotations

import io
import os
import stat
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from fer.data.budget import Budget
from fer.data.builder import short
from fer.data.dataset import RowProblem
from fer.errors import BadDataset
from fer.images import display_name

MAX_FOLDER_FILES = 200_000
MAX_ZIP_FILES = 40_000
MAX_UNPACKED = 4 * 1024**3
MAX_RATIO = 150
SMALL = 64 * 1024**2
"""Below this many unpacked bytes nothing is a bomb, however well it was packed."""

UNREADABLE = (OSError, EOFError, ValueError, NotImplementedError, zipfile.BadZipFile, zlib.error)
"""What reading one file of a damaged zip may raise."""

_MAX_DIRECTORY = 12 * 1024**2
_IGNORED = ("__MACOSX", "Thumbs.db", "desktop.ini")
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_LINK_REASON = "is a link, and links are not followed"
_BROKEN = (zipfile.BadZipFile, EOFError, UnicodeDecodeError, NotImplementedError)


@dataclass(frozen=True, slots=True, eq=False)
class Tree:
    """Files by their path inside, with "/", in sorted order, and their sizes in bytes.

    `open` gives the bytes of a file as a stream, within `budget`. `problems` are entries that
    cannot be used, `num_hidden` counts hidden files and those that systems leave in folders.
    `is_packed`: the files are those of a zip.
    """

    name: str
    sizes: dict[str, int]
    open: Callable[[str], IO[bytes]]
    budget: Budget
    is_packed: bool = False
    problems: tuple[RowProblem, ...] = ()
    num_hidden: int = 0

    def named(self, *endings: str) -> list[str]:
        """The files with one of these lower-case endings."""
        return [file for file in self.sizes if file.lower().endswith(endings)]


@contextmanager
def opened(path: Path, budget: Budget) -> Iterator[Tree]:
    """The files of a folder or a zip. Raises `BadDataset` for one that is not to be trusted."""
    if path.is_dir():
        yield _folder(path, budget)
        return
    with io.FileIO(path) as file, zipped(file, path.name, budget) as tree:
        yield tree


@contextmanager
def zipped(file: io.RawIOBase | io.BytesIO, name: str, budget: Budget) -> Iterator[Tree]:
    """The files of an open zip. Raises `BadDataset` for one that is not to be trusted."""
    with ExitStack() as stack:
        try:
            # The guard keeps a forged directory from filling the memory before it can be counted.
            guarded = stack.enter_context(_Guarded(file, name))
            size = guarded.seek(0, io.SEEK_END)
            archive = stack.enter_context(zipfile.ZipFile(guarded))
            guarded.limit = None
            tree = _archive(archive, name, size, budget)
        except _BROKEN as error:
            raise BadDataset(f"{name} is no zip that can be read: {_fault(error)}.") from None
        yield tree  # outside of the try: what the caller raises is not about the zip


def _fault(error: Exception) -> str:
    if str(error) == "File is not a zip file":  # what Python says where its end is not found
        return "its list of files is missing, as after a download that was broken off"
    return short(str(error), 120)


def _folder(path: Path, budget: Budget) -> Tree:
    sizes: dict[str, int] = {}
    links: list[RowProblem] = []
    seen = num_hidden = 0
    for parent, folders, files in os.walk(path):
        budget.check()
        folders[:] = sorted(name for name in folders if not _is_ignored(name))
        seen += len(files)
        if seen > MAX_FOLDER_FILES:
            raise BadDataset(
                f"{path.name} holds more than {MAX_FOLDER_FILES:,} files. Use a part of them."
            )
        for name in (*files, *folders):
            file = Path(parent, name)
            inside = file.relative_to(path).as_posix()
            if file.is_symlink():
                links.append(RowProblem(inside, _LINK_REASON))
            elif file.is_file() and _is_ignored(name):
                num_hidden += 1
            elif file.is_file():
                sizes[inside] = file.stat().st_size
    ordered = dict(sorted(sizes.items()))
    shown = path.absolute().name or str(path)
    return Tree(
        shown,
        ordered,
        lambda name: budget.watched((path / name).open("rb")),
        budget,
        problems=tuple(links),
        num_hidden=num_hidden,
    )


def _archive(archive: zipfile.ZipFile, name: str, packed: int, budget: Budget) -> Tree:
    entries = archive.infolist()
    if len(entries) > MAX_ZIP_FILES:
        raise BadDataset(
            f"{name} holds {len(entries):,} files; the limit is {MAX_ZIP_FILES:,}. "
            "Zip a part of them, or use the folder itself."
        )
    for entry in entries:
        _check(entry, name)
    unpacked = sum(entry.file_size for entry in entries)
    if unpacked > MAX_UNPACKED or is_bomb(packed, unpacked):
        raise BadDataset(
            f"{name} has {packed / 1024**2:,.1f} MB and would unpack to "
            f"{unpacked / 1024**2:,.0f} MB: more than {MAX_UNPACKED // 1024**3} GB, or far more "
            "than pictures and tables do. It is not read."
        )
    by_path = {
        entry.filename.replace("\\", "/"): entry  # Windows writes backslashes
        for entry in sorted(entries, key=lambda entry: entry.filename)
    }
    files = {file: entry for file, entry in by_path.items() if not file.endswith("/")}
    shown = [file for file in files if not any(map(_is_ignored, file.split("/")))]
    return Tree(
        name,
        {file: files[file].file_size for file in shown},
        lambda file: budget.watched(archive.open(files[file])),
        budget,
        is_packed=True,
        num_hidden=len(files) - len(shown),
    )


def is_bomb(packed: int, unpacked: int) -> bool:
    """Whether so many bytes unpack to far more than those of pictures and tables do."""
    return unpacked > max(SMALL, MAX_RATIO * packed)


def _check(entry: zipfile.ZipInfo, name: str) -> None:
    """Refuses what an honest zip of pictures does not hold: a sentence for each."""
    shown = display_name(entry.filename)
    parts = PurePosixPath(entry.filename.replace("\\", "/")).parts
    if not parts:
        raise BadDataset(f"{name} holds a file without a name. Zip the folder again.")
    if ".." in parts:
        raise BadDataset(f"{name} holds a path with '..' ({shown}), which leads out of it.")
    if parts[:1] == ("/",) or (parts and parts[0][1:2] == ":"):
        raise BadDataset(f"{name} holds the absolute path of {shown}. Zip the folder again.")
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise BadDataset(f"{name} holds {shown}, a link or device. Zip the files themselves.")
    if entry.flag_bits & 0x1:
        raise BadDataset(f"{name} is protected by a password. Zip it again without one.")
    if entry.compress_type not in _METHODS:
        raise BadDataset(f"{name} is packed in an unusual way. Save it as an ordinary zip.")


def _is_ignored(name: str) -> bool:
    return name.startswith(".") or name in _IGNORED


class _Guarded(io.BufferedReader):
    """A file that refuses to be read in larger pieces than `limit` bytes."""

    def __init__(self, file: io.RawIOBase | io.BytesIO, name: str) -> None:
        super().__init__(file)
        self.limit: int | None = _MAX_DIRECTORY
        self._shown = name

    def read(self, size: int | None = -1, /) -> bytes:
        if self.limit is not None and size is not None and size > self.limit:
            raise BadDataset(
                f"{self._shown} lists far more files than the {MAX_ZIP_FILES:,} that are allowed. "
                "Zip a part of them, or use the folder itself."
            )
        return super().read(size)
