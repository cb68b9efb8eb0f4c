"""Pictures in folders that are named by their class, in any depth and beside any other folders."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from fer import images
from fer.data.archives import Tree
from fer.data.builder import DatasetBuilder
from fer.data.class_names import OTHER, ClassNames, is_class_number
from fer.data.dataset import NO_LABEL
from fer.data.pictures import LabelledPicture
from fer.data.splits import splits_of
from fer.emotions import emotions_in
from fer.errors import BadDataset

_NAMES_SHOWN = 6
_PERSON = re.compile(
    r"(?:(?:s|p|id)[ _-]?[0-9]{2,}"
    r"|(?:sub|subj|subject|person|participant|actor|speaker|user)[ _-]?[0-9]+)",
    re.IGNORECASE,
)
"""Folders of a person, which may lie above the class as well as below it."""


@dataclass(frozen=True, slots=True)
class _Placed:
    """A picture, the name of its class folder, and the folders above that are no splits."""

    file: str
    class_name: str
    context: tuple[str, ...]
    split: str | None


def find(tree: Tree, names: ClassNames, builder: DatasetBuilder) -> list[LabelledPicture] | None:
    """The pictures of folders that say an emotion in words, or that the user named; None where no
    folder does.

    Folders of persons and splits may lie above the class or below it. Raises `BadDataset`, a
    question, where one picture lies in two classes, or folders that are no splits hold the same
    classes.
    """
    is_class = names.is_class if names.given else _says_emotion
    if not any(map(is_class, _folders(tree))):
        return None
    return _labelled(tree, names, builder, is_class)


def find_coded(
    tree: Tree, names: ClassNames, builder: DatasetBuilder
) -> list[LabelledPicture] | None:
    """As `find`, for folders whose names are abbreviations or numbers."""
    for is_class in (names.is_class, is_class_number):
        if any(map(is_class, _folders(tree))):
            return _labelled(tree, names, builder, is_class)
    return None


def unknown_folders(tree: Tree) -> list[str]:
    """The names of the folders that pictures lie in, other than splits."""
    parents = [file.split("/")[-2] for file in tree.named(*images.ENDINGS) if "/" in file]
    splits = splits_of(parents)
    return [name for name in dict.fromkeys(parents) if not splits[name]]


def _says_emotion(folder: str) -> bool:
    return bool(emotions_in(folder))


def _folders(tree: Tree) -> set[str]:
    return {name for file in tree.named(*images.ENDINGS) for name in file.split("/")[:-1]}


def _labelled(
    tree: Tree, names: ClassNames, builder: DatasetBuilder, is_class: Callable[[str], bool]
) -> list[LabelledPicture]:
    placed = _placed(tree, builder, is_class)
    reading = names.read(tree.name, dict.fromkeys(item.class_name for item in placed))
    builder.notes += reading.notes
    pictures: list[LabelledPicture] = []
    contexts: dict[tuple[int, str | None], set[tuple[str, ...]]] = defaultdict(set)
    for item in placed:
        label = reading.labels[item.class_name]
        if label is None or label == OTHER:
            builder.skip_class(item.class_name, item.split)
            continue
        contexts[label, item.split].add(item.context)
        pictures.append(LabelledPicture(item.file, label, item.split))
    _check_siblings(tree.name, contexts.values())
    outside = {
        names for (_, split), folders in contexts.items() if split is None for names in folders
    }
    _check_splits(tree.name, {picture.split for picture in pictures}, outside)
    return pictures


def _placed(tree: Tree, builder: DatasetBuilder, is_class: Callable[[str], bool]) -> list[_Placed]:
    files = {file: tuple(file.split("/")[:-1]) for file in tree.named(*images.ENDINGS)}
    splits = splits_of({folder for folders in files.values() for folder in folders})
    depth = _wrapping(list(files.values()), is_class)
    class_at = {
        file: _class_position(tree.name, folders, is_class, depth)
        for file, folders in files.items()
    }
    # A class that is none of the seven is known by lying beside those that are.
    beside = {files[file][:position] for file, position in class_at.items() if position is not None}
    placed = []
    for file, folders in files.items():
        position = class_at[file]
        if position is None:
            position = _position_beside(folders, beside, splits)
        if position is None:
            reason = "it lies in no folder that is named by an emotion"
            split = next((splits[name] for name in reversed(folders) if splits[name]), None)
            builder.skip(file, reason, split, NO_LABEL)
            continue
        split = next((splits[name] for name in reversed(folders) if splits[name]), None)
        context = tuple(name for name in folders[depth:position] if not splits[name])
        if any(map(_PERSON.fullmatch, context)) or len(folders) > position + 1:
            builder.has_persons = True
        context = tuple(name for name in context if not _PERSON.fullmatch(name))
        placed.append(_Placed(file, folders[position], context, split))
    return placed


def _wrapping(folders: Sequence[tuple[str, ...]], is_class: Callable[[str], bool]) -> int:
    """How many folders all pictures of a class share at the top: they say nothing of any of them.

    None of them where no folder below names a class.
    """
    folders = [names for names in folders if any(map(is_class, names))]
    first = min(folders, default=())
    last = max(folders, default=())
    depth = 0
    while depth < min(len(first), len(last)) and first[depth] == last[depth]:
        depth += 1
    if any(is_class(name) for names in folders for name in names[depth:]):
        return depth
    return 0


def _class_position(
    source: str, folders: tuple[str, ...], is_class: Callable[[str], bool], depth: int
) -> int | None:
    """Where in a picture's folders its class is: the nearest folder that names one."""
    positions = [n for n in range(depth, len(folders)) if is_class(folders[n])]
    if len({frozenset(emotions_in(folders[n])) for n in positions}) > 1:
        inner, outer = folders[positions[-1]], folders[positions[0]]
        raise BadDataset(
            f"{source} has pictures in {inner} inside {outer}, which are two classes. "
            "Move them so that each lies in one."
        )
    return positions[-1] if positions else None


def _position_beside(
    folders: tuple[str, ...], beside: set[tuple[str, ...]], splits: dict[str, str | None]
) -> int | None:
    """Where in the folders of another class its name is: beside known classes, else innermost."""
    for position in range(len(folders)):
        if folders[:position] in beside and not splits[folders[position]]:
            return position
    return next((n for n in reversed(range(len(folders))) if not splits[folders[n]]), None)


def _check_siblings(source: str, contexts: Iterable[set[tuple[str, ...]]]) -> None:
    """Raises `BadDataset` where one class is found under several folders that are no splits."""
    several = sorted({names for folders in contexts if len(folders) > 1 for names in folders})
    if not several:
        return
    shown = ", ".join("/".join(names) for names in several[:_NAMES_SHOWN] if names)
    raise BadDataset(
        f"{source} has the same classes in several folders that are no splits: {shown}. Are they "
        "splits? Then rename them to train, validation and test. Do they belong together? Then "
        "move the pictures of a class into one folder. Else name one of them as the data."
    )


def _check_splits(source: str, splits: set[str | None], outside: set[tuple[str, ...]]) -> None:
    """Raises `BadDataset` where some pictures are in a split and others are not."""
    if None in splits and len(splits) > 1:
        known = ", ".join(sorted(filter(None, splits)))
        others = ", ".join("/".join(names) for names in sorted(outside) if names)
        raise BadDataset(
            f"{source} has pictures inside {known} and others outside of any split"
            f"{others and f', in {others}'}. "
            "Move all into train, validation and test, or none."
        )
