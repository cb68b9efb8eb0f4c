"""A folder or a zip as a data set: whichever form of labels its pictures or tables have."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from fer import images
from fer.data import pictures
from fer.data.archives import Tree
from fer.data.builder import DatasetBuilder, short
from fer.data.class_names import ClassNames
from fer.data.dataset import Dataset
from fer.data.formats import (
    class_folders,
    fer_plus,
    file_names,
    label_lists,
    raf_db,
    signatures,
    table_files,
)
from fer.data.pictures import LabelledPicture
from fer.emotions import EMOTIONS
from fer.errors import BadDataset


@dataclass(frozen=True, slots=True, eq=False)
class _Labelled:
    """Pictures with their labels, the files that say these, and whether each picture is a face."""

    pictures: Sequence[LabelledPicture]
    lists: Sequence[str] = ()
    whole_faces: bool = False


def read(
    tree: Tree, file: Path, votes: Path | None, names: ClassNames, longest: int | None
) -> Dataset:
    """The data set in a tree that was opened from `file`.

    With `longest` None it is read as it is, and its pictures on demand while the tree is open.
    """
    builder = _builder(tree)
    labelled = _recognised(tree, names, builder) if tree.named(*images.ENDINGS) else None
    if labelled is not None:
        if votes is not None:
            raise BadDataset(
                f"the votes in {votes.name} belong to the rows of a CSV, "
                f"but {file.name} holds pictures."
            )
        return _pictures(tree, file, labelled, builder, longest)
    table = table_files.one_of(tree)
    if table is None:
        raise BadDataset(_nothing_found(tree))
    return _table(tree, file, table, votes, names, longest)


def read_list(tree: Tree, file: Path, names: ClassNames, longest: int | None) -> Dataset:
    """The pictures that a list of labels on the disk names; `tree` is its folder."""
    builder = _builder(tree)
    builder.name = file.name
    labelled = raf_db.find(tree, builder) if raf_db.is_list(file.name) else None
    if labelled is None:
        listed = label_lists.find(tree, names, builder, only=[file.name])
        labelled = listed[0] if listed else None
    if labelled is None:
        raise BadDataset(
            f"{file.name} is no data set that can be read: it is no table of faces, and no picture "
            "that it names lies beside it."
        )
    return _pictures(tree, file, _Labelled(labelled, [file.name]), builder, longest)


def _recognised(tree: Tree, names: ClassNames, builder: DatasetBuilder) -> _Labelled | None:
    """The pictures of the first form of labels that the tree has; the surest are tried first."""
    if voted := fer_plus.find(tree, builder):
        lists = [file for file in tree.sizes if file.endswith("label.csv")]
        return _Labelled(voted, lists, whole_faces=True)
    if not names.given and (labelled := raf_db.find(tree, builder)) is not None:
        lists = [file for file in tree.sizes if raf_db.is_list(file.rpartition("/")[2])]
        return _Labelled(labelled, lists)
    if (labelled := class_folders.find(tree, names, builder)) is not None:
        return _Labelled(labelled)
    if (labelled := file_names.find_coded(tree, builder)) is not None:
        return _Labelled(labelled)
    if (listed := label_lists.find(tree, names, builder)) is not None:
        return _Labelled(*listed)
    if (labelled := class_folders.find_coded(tree, names, builder)) is not None:
        return _Labelled(labelled)
    if (labelled := file_names.find_words(tree, builder)) is not None:
        return _Labelled(labelled)
    return None


def _pictures(
    tree: Tree, file: Path, labelled: _Labelled, builder: DatasetBuilder, longest: int | None
) -> Dataset:
    builder.whole_faces = labelled.whole_faces
    for path in tree.sizes:
        is_used = path.lower().endswith(images.ENDINGS) or path in labelled.lists
        if not is_used:
            builder.passed_over[PurePosixPath(path).suffix.lower() or "without ending"] += 1
    if longest is None:
        on_demand, digest = pictures.on_demand(tree, labelled.pictures, builder)
    else:
        digest, on_demand = pictures.read(tree, labelled.pictures, builder, longest), None
    if labelled.lists:
        digest = _with_lists(tree, labelled.lists, digest)
    if file.suffix.lower() == ".zip":
        digest = table_files.digest(file)
    return builder.build(digest, as_it_is=longest is None, pictures=on_demand)


def _table(
    tree: Tree,
    file: Path,
    table: str,
    votes: Path | None,
    names: ClassNames,
    longest: int | None,
) -> Dataset:
    folder = table.rpartition("/")[0]
    inside = f"{folder}/{fer_plus.VOTES_NAME}".lstrip("/")
    joined = table_files.on_disk(votes, tree.budget) if votes else None
    if joined is None and inside in tree.sizes and table.lower().endswith(".csv"):
        joined = table_files.in_tree(tree, inside)
    builder = table_files.read(
        table_files.in_tree(tree, table), joined, names, longest, tree.budget
    )
    for path in tree.sizes:
        if path not in (table, inside):
            builder.passed_over[PurePosixPath(path).suffix.lower() or "without ending"] += 1
    read = [file] if file.is_file() else [file / table]
    if joined is not None and (votes or file.is_dir()):
        read.append(votes or file / inside)
    licence = table_files.licence(table, joined is not None)
    return builder.build(table_files.digest(*read), licence, longest is None)


def _builder(tree: Tree) -> DatasetBuilder:
    builder = DatasetBuilder(tree.name)
    for problem in tree.problems:
        builder.skip(problem.where, problem.reason)
    if tree.num_hidden:
        builder.passed_over["hidden"] = tree.num_hidden
    return builder


def _with_lists(tree: Tree, lists: Sequence[str], digest: str) -> str:
    whole = hashlib.sha256(digest.encode())
    for file in sorted(lists):
        with tree.open(file) as stream:
            listed = hashlib.sha256()
            while piece := stream.read(1 << 20):
                listed.update(piece)
        whole.update(listed.digest())
    return whole.hexdigest()


def _nothing_found(tree: Tree) -> str:
    """Why a tree is no data set: what it holds instead."""
    packed = tree.named(*signatures.ARCHIVES)
    if packed:
        return (
            f"{tree.name} holds another archive, {short(packed[0], 60)}, which is not opened. "
            "Unpack it and name what is inside."
        )
    expected = "Expected train/angry/1.png and so on, or fer2013.csv."
    unknown = class_folders.unknown_folders(tree)
    if unknown:
        shown = ", ".join(images.display_name(name) for name in unknown[:5])
        more = f" and {len(unknown) - 5} more" if len(unknown) > 5 else ""
        return (
            f"{tree.name} has pictures in folders that are not named by one of the seven emotions: "
            f"{shown}{more}. Rename them, or say what they are with --classes; known are "
            f"{', '.join(EMOTIONS)} and 0 to 6."
        )
    return f"{tree.name} holds no pictures in class folders and no table of faces. {expected}"
