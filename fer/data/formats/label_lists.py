"""Lists of picture files with their labels, beside the pictures: ``file,label``."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import PurePosixPath

from fer import images
from fer.data.archives import Tree
from fer.data.builder import DatasetBuilder, short
from fer.data.class_names import OTHER, ClassNames
from fer.data.dataset import NO_LABEL
from fer.data.formats import columns, delimited
from fer.data.formats.delimited import Header, Row
from fer.data.pictures import LabelledPicture
from fer.data.splits import split_of
from fer.errors import BadDataset
from fer.storage import spreadsheets

ENDINGS = (".csv", ".tsv", ".txt")
_Columns = tuple[int, int, int | None]
"""Positions of file, label and, where there is one, split."""


@dataclass(frozen=True, slots=True)
class _Listed:
    file: str
    class_name: str
    split: str | None


def find(
    tree: Tree, names: ClassNames, builder: DatasetBuilder, only: Sequence[str] | None = None
) -> tuple[list[LabelledPicture], list[str]] | None:
    """The pictures that lists in the tree name, and those lists; None where no list names one.

    `only`: the lists to look at. Pictures that no list names are counted as wrong.
    """
    pictures = tree.named(*images.ENDINGS)
    index = _PictureIndex(pictures)
    listed: dict[str, _Listed] = {}
    lists = []
    for file in only if only is not None else tree.named(*ENDINGS):
        items = _read(tree, file, index, builder)
        if items:
            lists.append(file)
            for item in items:
                _add(listed, item, builder)
    if not listed:
        return None
    reading = names.read(tree.name, dict.fromkeys(item.class_name for item in listed.values()))
    builder.notes += [f"Labels are read from {', '.join(lists)}.", *reading.notes]
    labelled = []
    for item in listed.values():
        label = reading.labels[item.class_name]
        if label is None:
            reason = f"{item.class_name!r} is not one of the seven emotions"
            builder.skip(item.file, reason, item.split, NO_LABEL)
        elif label == OTHER:
            builder.skip_class(item.class_name, item.split)
        else:
            labelled.append(LabelledPicture(item.file, label, item.split))
    for file in pictures:
        if file not in listed:
            builder.skip(file, "no list names it", None, NO_LABEL)
    return labelled, lists


def is_list(header: Header) -> bool:
    """Whether a table's header names a column of files and one of labels."""
    has_both = header.find(*columns.FILE) is not None and header.find(*columns.LABEL) is not None
    return has_both and header.find(*columns.PIXELS) is None


def _add(listed: dict[str, _Listed], item: _Listed, builder: DatasetBuilder) -> None:
    before = listed.setdefault(item.file, item)
    if before.class_name != item.class_name:
        builder.add_problem(
            item.file, f"it is listed as {before.class_name} and as {item.class_name}"
        )


def _read(tree: Tree, file: str, index: _PictureIndex, builder: DatasetBuilder) -> list[_Listed]:
    """What one list says of pictures that are there; nothing where it is no such list."""
    folder, _, name = file.rpartition("/")
    items, wrong = [], []
    with tree.open(file) as stream:
        try:
            rows = delimited.listed(stream, file)
            first = next(rows, (1, None))
        except BadDataset:
            return []
        at, has_header = _columns(Header(name, tuple(_cells(first[1]))), index, folder)
        if at is None:
            return []
        for number, row in rows if has_header else itertools.chain([first], rows):
            try:
                items.append(_listed((number, row), at, index, folder, split_of(name)))
            except BadDataset as error:
                wrong.append((f"{file}, line {number}", str(error)))
    for where, reason in wrong if items else ():
        builder.skip(where, reason)
    return items


def _columns(header: Header, index: _PictureIndex, folder: str) -> tuple[_Columns | None, bool]:
    """Where file, label and split stand in a list, and whether its first line is a header."""
    if is_list(header):
        file, label = header.require(columns.FILE, columns.LABEL)
        return (file, label, header.find(*columns.USAGE)), True
    if header.find(*columns.PIXELS) is not None or len(header.cells) < 2:
        return None, True
    for position in (0, 1):
        with suppress(BadDataset):
            index.find(header.cells[position], folder)
            return (position, 1 - position, None), False
    return None, True


def _listed(
    line: Row,
    at: _Columns,
    index: _PictureIndex,
    folder: str,
    split: str | None,
) -> _Listed:
    cells = _cells(line[1])
    file_at, label_at, usage_at = at
    picture = index.find(delimited.cell(cells, file_at), folder)
    class_name = short(delimited.cell(cells, label_at).strip(), 40)
    if usage_at is not None:
        usage = delimited.cell(cells, usage_at)
        split = split_of(usage)
        if split is None:
            raise BadDataset(f"its split is {short(usage)!r}; expected train, validation or test")
    else:
        above = [split_of(name) for name in reversed(picture.split("/")[:-1])]
        split = split or next(filter(None, above), None)
    return _Listed(picture, class_name, split)


def _cells(row: list[str] | None) -> list[str]:
    """The cells of a line; one that is not parted otherwise is parted by its last blank."""
    if row is not None and len(row) == 1:
        file, _, label = row[0].strip().rpartition(" ")
        return [file.strip(), label] if file else row
    return row or []


class _PictureIndex:
    """The pictures of a tree, items however a list names them."""

    def __init__(self, files: Iterable[str]) -> None:
        self._files = set(files)
        self._by_name: dict[str, list[str]] = defaultdict(list)
        for file in self._files:
            path = PurePosixPath(file.lower())
            for name in {path.name, path.stem}:
                self._by_name[name].append(file)

    def find(self, named: str, folder: str = "") -> str:
        """The picture that a list in `folder` means. Raises `BadDataset` for none or several."""
        path = spreadsheets.text_of(named.strip()).replace("\\", "/").removeprefix("./").lstrip("/")
        for whole in (f"{folder}/{path}".lstrip("/"), path):
            if whole in self._files:
                return whole
        candidates = self._by_name.get(PurePosixPath(path.lower()).name, [])
        inside = [file for file in candidates if file.startswith(f"{folder}/")]
        for files in (_ending_like(path, candidates), inside, candidates):
            if len(files) == 1:
                return files[0]
        if candidates:
            raise BadDataset(f"{short(named, 60)} is the name of several pictures")
        raise BadDataset(f"the picture {short(named, 60)} is missing")


def _ending_like(path: str, files: list[str]) -> list[str]:
    """The files whose last folders are those of the path."""
    return [file for file in files if f"/{file}".lower().endswith(f"/{path}".lower())]
