"""Pictures in folders that are named by their emotion, on disk or in a zip."""

from __future__ import annotations

import contextlib
import hashlib
import math
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from fer import images
from fer.data import archives
from fer.data.archives import Tree
from fer.data.builder import DatasetBuilder, compact, short, split_of
from fer.data.dataset import NO_LABEL, UNREAD_HASH, UNSPLIT, Dataset, OnDemand
from fer.emotions import EMOTIONS, index_of
from fer.errors import BadDataset, BadImage
from fer.geometry import Image

MEMORY = 1536 * 1024**2
"""Bytes that all pictures of class folders may take together."""

_SMALLEST_SIDE = 48
_UNREADABLE = (OSError, EOFError, zipfile.BadZipFile, zlib.error)


def read(tree: Tree, longest: int) -> tuple[DatasetBuilder, str]:
    """The faces of a tree, and the SHA-256 of its paths and the bytes of their pictures.

    The folder that a picture lies in names its emotion, the nearest folder above that is called
    ``train``, ``val``, ``test`` or alike its split. Pictures are kept with their longer side at
    most `longest` pixels, and less where there are so many that they would not fit in `MEMORY`;
    those without colour are kept grey.
    """
    found = DatasetBuilder(tree.name, whole_faces=False)
    for problem in tree.problems:
        found.leave_out(problem.where, problem.reason)
    places = _places(tree, found)
    side = bounded_side(longest, len(places))
    digest = hashlib.sha256()
    for file, (label, split) in places.items():
        digest.update(file.encode("utf-8", "surrogateescape") + b"\0")
        try:
            data = _bytes(tree, file)
            digest.update(hashlib.sha256(data).digest())
            picture = compact(images.decode(data, file), side)
        except BadImage as error:
            found.leave_out(file, str(error), split)
            continue
        found.add(file, picture, label, split)
    return found, digest.hexdigest()


def on_demand(tree: Tree) -> Dataset:
    """The pictures of a tree at their own size, each read anew when it is asked for.

    As long as the tree is open; asking for one that cannot be read raises `BadImage`. Splits are
    those of the folders, else `UNSPLIT`; the hash is that of `read`.
    """
    found = DatasetBuilder(tree.name, whole_faces=False)
    for problem in tree.problems:
        found.leave_out(problem.where, problem.reason)
    places = _places(tree, found)
    digest, hashes = hashlib.sha256(), []
    for file in places:
        digest.update(file.encode("utf-8", "surrogateescape") + b"\0")
        hashes.append(UNREAD_HASH)
        with contextlib.suppress(BadImage):
            hashes[-1] = hashlib.sha256(_bytes(tree, file)).digest()
            digest.update(hashes[-1])
    labels, splits = zip(*places.values(), strict=True)
    return Dataset(
        name=tree.name,
        hash=digest.hexdigest(),
        pictures=OnDemand(list(places), lambda file: images.decode(_bytes(tree, file), file)),
        labels=np.array(labels, np.int64),
        votes=None,
        splits=np.array([split or UNSPLIT for split in splits], str),
        sources=tuple(places),
        whole_faces=False,
        problems=tuple(found.problems),
        num_problems=found.num_problems,
        left_out=found.left_out,
        file_hashes=tuple(hashes),
    )


def originals(path: str | Path, sources: Iterable[str]) -> Iterator[Image]:
    """The pictures of class folders or a zip of them at their own size, one at a time.

    `sources` are those of a `Dataset` that was loaded from the same `path`.
    """
    with archives.opened(Path(path)) as tree:
        for file in sources:
            yield images.decode(_bytes(tree, file), file)


def bounded_side(longest: int, num_pictures: int) -> int:
    """The longer side in pixels at which so many RGB pictures fit in `MEMORY`; 48 at the least."""
    fits = math.isqrt(MEMORY // (3 * max(1, num_pictures)))
    return max(_SMALLEST_SIDE, min(longest, fits))


def pictures_in_folders(tree: Tree) -> list[str]:
    """The picture files that lie in some folder of the tree."""
    return [file for file in tree.named(*images.ENDINGS) if "/" in file]


def _bytes(tree: Tree, file: str) -> bytes:
    size = tree.sizes[file]
    if size > images.MAX_BYTES:
        limit = images.MAX_BYTES // 1024**2
        raise BadImage(f"it has {size / 1024**2:,.0f} MB; the limit is {limit} MB.")
    try:
        with tree.open(file) as stream:
            return stream.read(images.MAX_BYTES)
    except _UNREADABLE as error:
        raise BadImage(f"it cannot be read: {short(str(error), 120)}.") from None


def _places(tree: Tree, found: DatasetBuilder) -> dict[str, tuple[int, str | None]]:
    """Label and split of each picture by its path. Raises `BadDataset` for odd names."""
    places: dict[str, tuple[int, str | None]] = {}
    unknown: dict[str, None] = {}
    for file in tree.named(*images.ENDINGS):
        *above, parent, _ = ("", "", *file.split("/"))
        if not parent or split_of(parent):
            reason = "it lies in no folder that is named by an emotion"
            found.leave_out(file, reason, split_of(parent), NO_LABEL)
            continue
        try:
            label = index_of(parent)
        except BadDataset:
            unknown[parent] = None
            continue
        places[file] = label, next(filter(None, map(split_of, reversed(above))), None)
    if unknown:
        raise BadDataset(_unknown_names(tree.name, list(unknown)))
    splits = {split for _, split in places.values()}
    if None in splits and len(splits) > 1:
        known = ", ".join(sorted(filter(None, splits)))
        raise BadDataset(
            f"{tree.name} has pictures inside {known} and others outside of any split. "
            "Move all into train, validation and test, or none."
        )
    if not places:
        raise BadDataset(
            f"{tree.name} holds no pictures in class folders and no table of faces. Expected "
            "train/angry/1.png and so on, or fer2013.csv."
        )
    return places


def _unknown_names(name: str, unknown: list[str]) -> str:
    shown = ", ".join(images.display_name(one) for one in unknown[:5])
    more = f" and {len(unknown) - 5} more" if len(unknown) > 5 else ""
    return (
        f"{name} has pictures in folders that are not named by one of the seven emotions: "
        f"{shown}{more}. Rename them or take them out; known are {', '.join(EMOTIONS)} and 0 to 6."
    )
