"""Pictures in a folder or a zip whose labels are known: read all at once, or each on demand."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fer import images
from fer.data.archives import UNREADABLE, Tree
from fer.data.budget import bounded_side
from fer.data.builder import DatasetBuilder, compact, short
from fer.data.dataset import UNREAD_HASH, OnDemand
from fer.errors import BadImage


@dataclass(frozen=True, slots=True, eq=False)
class LabelledPicture:
    """A picture file of a tree, its label (`UNLABELLED` where only votes are known) and split."""

    file: str
    label: int
    split: str | None
    votes: NDArray[np.int64] | None = None


def read(
    tree: Tree, pictures: Sequence[LabelledPicture], builder: DatasetBuilder, longest: int
) -> str:
    """Adds the pictures to the builder; returns the SHA-256 of their paths and bytes.

    They are kept with their longer side at most `longest` pixels, and less where there are so many
    that they would not fit in `budget.MEMORY`; those without colour are kept grey.
    """
    side = bounded_side(longest, len(pictures))
    digest = hashlib.sha256()
    for item in pictures:
        digest.update(item.file.encode("utf-8", "surrogateescape") + b"\0")
        try:
            data = _bytes(tree, item.file)
            digest.update(hashlib.sha256(data).digest())
            picture = compact(tree.budget.decode(data, item.file), side)
        except BadImage as error:
            builder.skip(item.file, str(error), item.split)
            continue
        tree.budget.keep(picture.nbytes)
        builder.add(item.file, picture, item.label, item.split, item.votes)
    return digest.hexdigest()


def on_demand(
    tree: Tree, pictures: Sequence[LabelledPicture], builder: DatasetBuilder
) -> tuple[OnDemand[str], str]:
    """The pictures at their own size, each read anew when it is asked for, and the hash of `read`.

    All else of them goes to the builder. They can be read as long as the tree is open; asking for
    one that cannot be read raises `BadImage`.
    """
    digest = hashlib.sha256()
    for item in pictures:
        digest.update(item.file.encode("utf-8", "surrogateescape") + b"\0")
        file_hash = UNREAD_HASH
        with contextlib.suppress(BadImage):
            file_hash = hashlib.sha256(_bytes(tree, item.file)).digest()
            digest.update(file_hash)
        builder.file_hashes.append(file_hash)
        builder.add(item.file, None, item.label, item.split, item.votes)
    files = [item.file for item in pictures]
    on_demand = OnDemand(files, lambda file: tree.budget.decode(_bytes(tree, file), file))
    return on_demand, digest.hexdigest()


def _bytes(tree: Tree, file: str) -> bytes:
    size = tree.sizes[file]
    if size > images.MAX_BYTES:
        limit = images.MAX_BYTES // 1024**2
        raise BadImage(f"it has {size / 1024**2:,.0f} MB; the limit is {limit} MB.")
    try:
        with tree.open(file) as stream:
            return stream.read(size)
    except UNREADABLE as error:
        raise BadImage(f"it cannot be read: {short(str(error), 120)}.") from None
