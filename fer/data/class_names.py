"""What the class names of a data set mean: words, numbers, abbreviations, or what the user says."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from fer.data.builder import short
from fer.emotions import EMOTIONS, emotions_in, index_of, is_usual_name, name_parts
from fer.errors import BadDataset

OTHER = -2
"""Stands for a class that is none of the seven."""

_ORDERS = {
    "RAF-DB": "1=surprise,2=fear,3=disgust,4=happy,5=sad,6=angry,7=neutral",
    "AffectNet": "0=neutral,1=happy,2=sad,3=surprise,4=fear,5=disgust,6=angry,7=contempt",
}
_BESIDE_SEVEN = ("contempt", "none", "other", "unknown", "skip")
_LARGEST_CODE = 10
"""AffectNet numbers three more than its eight classes; what is larger is no class."""
_FILLERS = frozenset(("class", "label", "emotion", "expression", "category", "cls", "emo"))
_NOTHING = ("nan", "null", "na")
_NUMBER = re.compile(r"\s*([0-9]{1,9})(?:\.0*)?\s*")
_ABBREVIATION = re.compile(r"(?:[0-9]+[^A-Za-z0-9]+)?([A-Za-z]{2,4})[^A-Za-z0-9]*")


@dataclass(frozen=True, slots=True)
class ClassReading:
    """`labels`: each name's position in `EMOTIONS`, `OTHER` for none of them, None where the name
    says nothing (an empty text, a number too large). `notes`: sentences on how they were read."""

    labels: Mapping[str, int | None]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ClassNames:
    """How to read class names; `given` are those that the user named (``--classes``)."""

    given: Mapping[str, int] = field(default_factory=dict)

    def read(self, source: str, names: Iterable[str], fer2013: bool = False) -> ClassReading:
        """What each of the class names of the data set `source` means.

        Numbers are read in FER2013's order where they can be, which is a note unless the set is
        `fer2013`. Raises `BadDataset`, a question, where a name can mean several things.
        """
        labels = {name: self._named(name) for name in names}
        doubtful = [name for name in labels if labels[name] is None and _is_doubtful(name)]
        if doubtful:
            raise BadDataset(_which_emotion(source, doubtful))
        unread = [name for name, label in labels.items() if label is None]
        numbers = {name: n for name in unread if (n := number_in(name)) is not None}
        notes = _unusual(labels)
        if self.given:
            self._check_given(source, labels, numbers)
        elif len(unread) == len(labels) and numbers:
            _check_numbers(source, set(numbers.values()))
            labels |= {name: n if n < len(EMOTIONS) else None for name, n in numbers.items()}
            notes += [] if fer2013 else [_numbers_read(set(numbers.values()))]
        beside_words = len(unread) < len(labels)
        for name in unread:
            if labels[name] is None and _is_a_class(name, beside_words):
                labels[name] = OTHER
        return ClassReading(labels, tuple(notes))

    def is_class(self, name: str) -> bool:
        """Whether a name says emotions in words, or is one that the user named."""
        return self._named(name) is not None or bool(emotions_in(name))

    def _named(self, name: str) -> int | None:
        """What the user says, else the one emotion that the name says or abbreviates."""
        if self.given and (key := _key(name)) in self.given:
            return self.given[key]
        indices = emotions_in(name)
        if indices:
            return None if _is_doubtful(name) else indices.pop()
        abbreviation = _ABBREVIATION.fullmatch(name)
        try:
            return index_of(abbreviation[1]) if abbreviation else None
        except BadDataset:
            return None

    def _check_given(
        self, source: str, labels: Mapping[str, int | None], numbers: Mapping[str, int]
    ) -> None:
        """Raises `BadDataset` where the user names classes that are not there, or not all."""
        missing = sorted(set(self.given) - set(map(_key, labels)))
        unnamed = sorted({_key(name) for name in numbers})
        if missing or unnamed:
            raise BadDataset(
                f"--classes names {', '.join(sorted(self.given))}, but the classes of {source} are "
                f"{', '.join(sorted(short(name) for name in labels)[:12])}. Name all that are "
                'numbers, and none besides; "7=skip" leaves one out.'
            )


def parse(text: str | None) -> ClassNames:
    """The classes that ``1=surprise,2=fear,…`` names. Raises `BadDataset` for anything else."""
    given: dict[str, int] = {}
    for pair in text.split(",") if text else ():
        name, equals, emotion = (part.strip() for part in pair.partition("="))
        if not (name and equals and emotion):
            raise BadDataset(
                f"the classes {short(str(text), 60)!r} are not understood; write them as "
                '"1=surprise,2=fear,3=disgust".'
            )
        given[_key(name)] = _emotion_given(emotion)
    return ClassNames(given)


def number_in(name: str) -> int | None:
    """The number that a class name is: ``3``, ``03``, ``3.0``, ``class_3``; else None."""
    if whole := _NUMBER.fullmatch(name):
        return int(whole[1])
    if name.lstrip().startswith("-"):
        return None
    parts = [part for part in name_parts(name) if part not in _FILLERS]
    is_number = len(parts) == 1 and parts[0].isdigit() and len(parts[0]) < 10
    return int(parts[0]) if is_number else None


def is_class_number(name: str) -> bool:
    """Whether a name is a number small enough to stand for a class."""
    number = number_in(name)
    return number is not None and number <= _LARGEST_CODE


def _emotion_given(emotion: str) -> int:
    if emotion.lower() in _BESIDE_SEVEN:
        return OTHER
    indices = emotions_in(emotion)
    if len(indices) != 1:
        raise BadDataset(
            f"--classes names {short(emotion)!r}, which is none of {', '.join(EMOTIONS)}; write "
            '"skip" for a class that is to be left out.'
        )
    return indices.pop()


def _key(name: str) -> str:
    number = number_in(name)
    return name.strip().lower() if number is None else str(number)


def _is_doubtful(name: str) -> bool:
    """Whether a name says several emotions, or one and another class."""
    indices = emotions_in(name)
    return len(indices) > 1 or (len(indices) == 1 and "contempt" in name_parts(name))


def _is_a_class(name: str, beside_words: bool) -> bool:
    """Whether a name of no emotion is a class at all: a word, or a small number beside words."""
    if name.strip().lower() in _NOTHING:
        return False
    if number_in(name) is None:
        return any(map(str.isalpha, name))
    return beside_words and is_class_number(name)


def _unusual(labels: Mapping[str, int | None]) -> list[str]:
    """A note on names that are read as an emotion but are not simply its name."""
    read = [
        f"{short(name)!r} as {EMOTIONS[label]}"
        for name, label in labels.items()
        if label is not None and label >= 0 and not is_usual_name(name)
    ]
    return [f"Class names are read thus: {', '.join(read[:8])}."] if read else []


def _check_numbers(source: str, numbers: set[int]) -> None:
    """Raises `BadDataset` where numbers are not FER2013's 0 to 6, or need not be."""
    codes = {number for number in numbers if number <= _LARGEST_CODE}
    if {0, 7} <= codes:
        order = "AffectNet"
    elif 7 in codes or (0 not in codes and len(codes) > 5):
        order = "RAF-DB"
    else:
        return
    raise BadDataset(
        f"{source} has numbers for class names ({', '.join(map(str, sorted(codes)))}), and data "
        "sets number the emotions differently. Say what they mean with --classes; in "
        f'{order}\'s order it would be --classes "{_ORDERS[order]}".'
    )


def _numbers_read(numbers: set[int]) -> str:
    read = ", ".join(f"{n} {EMOTIONS[n]}" for n in sorted(numbers) if n < len(EMOTIONS))
    return (
        f"The class names are numbers, read in FER2013's order: {read}. "
        "If they mean something else, say so with --classes."
    )


def _which_emotion(source: str, names: list[str]) -> str:
    return (
        f"{source} has class names that say several things: "
        f"{', '.join(short(name, 40) for name in names[:5])}. Rename them, or say what each is, "
        f'such as --classes "{short(names[0], 40)}=happy"; "=skip" leaves a class out.'
    )
