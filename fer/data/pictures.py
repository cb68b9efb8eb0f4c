"""Pictures in a folder or a zip whose labels are known: read all at once, or each on demand."""

from __future__ import annotations

import contextlib
import hashlib
import math
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fer import images
from fer.data import archives
from fer.data.archives import Tree
from fer.data.builder import DatasetBuilder, compact, short
from fer.data.dataset import UNREAD_HASH, OnDemand
from fer.errors import BadImage
from fer.geometry import Image

MEMORY = 1536 * 1024**2
"""Bytes that all pictures of a folder may take together."""

_SMALLEST_SIDE = 48
_UNREADABLE = (
    *(OSError, EOFError, zipfile.BadZipFile, zlib.error),
    *(NotImplementedError, UnicodeDecodeError),
)


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
    that they would not fit in `MEMORY`; those without colour are kept grey.
    """
    side = bounded_side(longest, len(pictures))
    digest = hashlib.sha256()
    for item in pictures:
        digest.update(item.file.encode("utf-8", "surrogateescape") + b"\0")
        try:
            data = _bytes(tree, item.file)
            digest.update(hashlib.sha256(data).digest())
            picture = compact(images.decode(data, item.file), side)
        except BadImage as error:
            builder.skip(item.file, str(error), item.split)
            continue
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
    return OnDemand(files, lambda file: images.decode(_bytes(tree, file), file)), digest.hexdigest()


def originals(path: str | Path, sources: Iterable[str]) -> Iterator[Image]:
    """The pictures of a folder or a zip at their own size, one at a time.

    `sources` are those of a `Dataset` that was loaded from the same `path`.
    """
    with archives.opened(Path(path)) as tree:
        for file in sources:
            yield images.decode(_bytes(tree, file), file)


def bounded_side(longest: int, num_pictures: int) -> int:
    """The longer side in pixels at which so many RGB pictures fit in `MEMORY`; 48 at the least."""
    fits = math.isqrt(MEMORY // (3 * max(1, num_pictures)))
    return max(_SMALLEST_SIDE, min(longest, fits))


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
