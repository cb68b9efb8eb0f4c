"""RAF-DB: a list of pictures with RAF-DB's numbers for the seven emotions."""

from __future__ import annotations

from pathlib import PurePosixPath

from fer import images
from fer.data.archives import Tree
from fer.data.builder import DatasetBuilder, short
from fer.data.dataset import NO_LABEL
from fer.data.formats import delimited
from fer.data.pictures import LabelledPicture
from fer.data.splits import split_of
from fer.emotions import EMOTIONS
from fer.errors import BadDataset

_LISTS = ("list_patition_label.txt", "list_partition_label.txt")
_ORDER = ("surprise", "fear", "disgust", "happy", "sad", "angry", "neutral")
_COMPOUND = range(8, 12)
_ALIGNED = "_aligned"


def find(tree: Tree, builder: DatasetBuilder) -> list[LabelledPicture] | None:
    """The pictures that RAF-DB's own list names, aligned where there are such; None without list.

    Raises `BadDataset` for the list of compound expressions.
    """
    file = next((file for file in tree.sizes if is_list(file.rpartition("/")[2])), None)
    if file is None:
        return None
    pictures_by_stem = _by_stem(tree)
    pictures = []
    with tree.open(file) as stream:
        for number, row in delimited.listed(stream, file):
            where = f"{file}, line {number}"
            name, _, code = " ".join(row or [""]).strip().rpartition(" ")
            split = split_of(name.partition("_")[0])
            if code.isdigit() and int(code) in _COMPOUND:
                raise BadDataset(
                    f"{file} lists RAF-DB's compound expressions, of which few are one of the "
                    "seven emotions. Use the list of its basic part."
                )
            picture = pictures_by_stem.get(PurePosixPath(name).stem)
            if not code.isdigit() or not 1 <= int(code) <= len(_ORDER):
                builder.skip(where, f"{short(code)!r} is none of 1 to 7", split, NO_LABEL)
            elif picture is None:
                builder.skip(where, f"the picture {short(name)} is missing", split)
            else:
                label = EMOTIONS.index(_ORDER[int(code) - 1])
                pictures.append(LabelledPicture(picture, label, split))
    if pictures:
        order = ", ".join(f"{n} {emotion}" for n, emotion in enumerate(_ORDER, 1))
        builder.notes.append(f"Labels are read from RAF-DB's list, in its order: {order}.")
    return pictures


def is_list(name: str) -> bool:
    """Whether a file has the name of RAF-DB's list."""
    return name.lower() in _LISTS


def _by_stem(tree: Tree) -> dict[str, str]:
    """Pictures by their name without ending and without "_aligned"; aligned ones come first."""
    files = sorted(tree.named(*images.ENDINGS), key=lambda file: _ALIGNED in file)
    return {PurePosixPath(file).stem.removesuffix(_ALIGNED): file for file in files}
