"""Pictures whose file names say the emotion: JAFFE's and KDEF's codes, or a word."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from fer import images
from fer.data.archives import Tree
from fer.data.builder import DatasetBuilder
from fer.data.dataset import NO_LABEL
from fer.data.pictures import LabelledPicture
from fer.data.splits import splits_of
from fer.emotions import EMOTIONS, emotions_in, index_of

_CODES = {
    "JAFFE": re.compile(r"[A-Z]{2}[._-](AN|DI|FE|HA|SA|SU|NE)\d?[._-]?\d*", re.IGNORECASE),
    "KDEF": re.compile(r"[AB][FM]\d{2}(AN|DI|AF|HA|SA|SU|NE)(?:S|HL|HR|FL|FR)", re.IGNORECASE),
}
_MOST = 0.5
"""The share of pictures whose names must have the form for it to be the data set's."""


def find_coded(tree: Tree, builder: DatasetBuilder) -> list[LabelledPicture] | None:
    """The pictures of JAFFE (``KA.AN1.39.tiff``) or KDEF (``AF01ANS.JPG``); else None."""
    for name, form in _CODES.items():
        labels = {
            file: index_of(match[1])
            for file in tree.named(*images.ENDINGS)
            if (match := form.fullmatch(PurePosixPath(file).stem))
        }
        if _is_form(labels, tree):
            builder.notes.append(f"Labels are read from the file names, in {name}'s form.")
            builder.has_persons = True
            return _pictures(tree, labels, builder)
    return None


def find_words(tree: Tree, builder: DatasetBuilder) -> list[LabelledPicture] | None:
    """Pictures that are named by one emotion each (``happy_01.png``); None unless all are."""
    labels = {
        file: indices.pop()
        for file in tree.named(*images.ENDINGS)
        if len(indices := emotions_in(PurePosixPath(file).stem)) == 1
    }
    if len(labels) < len(tree.named(*images.ENDINGS)) or len(set(labels.values())) < 2:
        return None
    file, label = next(iter(labels.items()))
    example = f"{PurePosixPath(file).name} as {EMOTIONS[label]}"
    builder.notes.append(f"Labels are read from words in the file names, such as {example}.")
    return _pictures(tree, labels, builder)


def _is_form(labels: dict[str, int], tree: Tree) -> bool:
    return bool(labels) and len(labels) > _MOST * len(tree.named(*images.ENDINGS))


def _pictures(tree: Tree, labels: dict[str, int], builder: DatasetBuilder) -> list[LabelledPicture]:
    folders = {name for file in tree.sizes for name in file.split("/")[:-1]}
    splits = splits_of(folders)
    pictures = []
    for file in tree.named(*images.ENDINGS):
        split = next(
            (splits[name] for name in reversed(file.split("/")[:-1]) if splits[name]), None
        )
        if file in labels:
            pictures.append(LabelledPicture(file, labels[file], split))
        else:
            builder.skip(file, "its name does not say an emotion", split, NO_LABEL)
    return pictures
