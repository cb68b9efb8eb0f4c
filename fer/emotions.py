"""The seven apparent expressions: their one order, their colours and the names others give them."""

import difflib
import re

from fer.errors import BadDataset

EMOTIONS: tuple[str, ...] = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
"""The order of every probability vector; it is also FER2013's coding 0…6."""

NUM_EMOTIONS = len(EMOTIONS)

COLOURS: dict[str, str] = {
    "angry": "#D55E00",
    "disgust": "#009E73",
    "fear": "#CC79A7",
    "happy": "#E69F00",
    "sad": "#0072B2",
    "surprise": "#56B4E9",
    "neutral": "#8A8A8A",
}
"""Okabe and Ito's palette, which colour-blind readers can tell apart; the same everywhere."""

DARK_INK, LIGHT_INK = "#101418", "#FFFFFF"
INKS: dict[str, str] = {
    emotion: LIGHT_INK if emotion == "sad" else DARK_INK for emotion in EMOTIONS
}
"""What is written and drawn on each of the colours: readable on it at AA contrast."""

VOTE_COLUMNS: tuple[str, ...] = (
    "anger",
    "disgust",
    "fear",
    "happiness",
    "sadness",
    "surprise",
    "neutral",
)
"""FER+ column of each emotion, in the order of `EMOTIONS`."""

OTHER_VOTE_COLUMNS: tuple[str, ...] = ("contempt", "unknown", "NF")
"""The FER+ columns that stand for none of the seven."""

_SPELLINGS: dict[str, tuple[str, ...]] = {
    "angry": ("anger", "angrily", "mad", "rage", "furious"),
    "disgust": ("disgusted", "disgusting", "disgustedly", "disgustful"),
    "fear": ("fearful", "fearfully", "afraid", "scared", "frightened", "fears", "feer"),
    "happy": ("happiness", "happily", "joy", "joyful", "smile", "smiling", "hapy"),
    "sad": ("sadness", "sadly", "sorrow", "saddness"),
    "surprise": ("surprised", "surprisedly", "surprising", "shocked", "suprize"),
    "neutral": ("neutrality", "calm", "natural", "normal", "expressionless"),
}
_CODES: dict[str, tuple[str, ...]] = {
    "angry": ("an", "ang", "angr"),
    "disgust": ("di", "dis"),
    "fear": ("fe", "af", "fea"),
    "happy": ("ha", "hap"),
    "sad": ("sa",),
    "surprise": ("su", "sur"),
    "neutral": ("ne", "neu"),
}
"""Abbreviations, which count only where they are the whole name."""
_MISSPELT = (
    *("angry", "happy", "happiness", "sadness", "surprise", "surprised", "neutral"),
    *("disgust", "disgusted", "fearful"),
)
"""Words that are recognised with a letter wrong; shorter ones resemble too many others."""
_LIKENESS = 0.85
_NEGATIONS = frozenset(("not", "non", "no", "un", "anti", "without"))
_ENDINGS = ("faces", "face", "expressions", "expression", "images", "image", "pics", "people")
_PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")

_WORDS: dict[str, int] = {
    word: index
    for index, emotion in enumerate(EMOTIONS)
    for word in (emotion, *_SPELLINGS[emotion])
}
_WHOLE_NAMES: dict[str, int] = {
    name: index
    for index, emotion in enumerate(EMOTIONS)
    for name in (emotion, str(index), *_SPELLINGS[emotion], *_CODES[emotion])
}


def name_parts(name: str) -> list[str]:
    """Words and numbers of a name, in small letters: ``FER2013Train`` -> fer, 2013, train."""
    return [part.lower() for part in _PARTS.findall(name)]


def emotions_in(name: str) -> set[int]:
    """Positions in `EMOTIONS` of all that a name says: ``2_fear_faces``, ``Suprised``.

    Nothing for a name that denies one (``not_happy``).
    """
    parts = name_parts(name)
    if _NEGATIONS.intersection(parts):
        return set()
    return {index for part in parts if (index := _index_of_word(part)) is not None}


def is_usual_name(name: str) -> bool:
    """Whether a name is a known word for one emotion and nothing else, numbers aside."""
    words = [part for part in name_parts(name) if not part.isdigit()]
    return len(words) == 1 and words[0] in _WORDS


def index_of(name: str) -> int:
    """Position in `EMOTIONS` of any usual spelling: ``anger``, ``Happiness``, ``3``, ``05_sad``.

    Raises `BadDataset` for a name that none of the seven goes by.
    """
    whole = _WHOLE_NAMES.get(name.strip().lower())
    indices = emotions_in(name) if whole is None else {whole}
    if len(indices) != 1:
        raise BadDataset(f"{name!r} is not one of the seven emotions: {', '.join(EMOTIONS)}.")
    return indices.pop()


def _index_of_word(word: str) -> int | None:
    ending = next((ending for ending in _ENDINGS if word.endswith(ending)), "")
    for candidate in (word, word.removesuffix(ending)):
        if candidate in _WORDS:
            return _WORDS[candidate]
        for known in difflib.get_close_matches(candidate, _MISSPELT, 1, _LIKENESS):
            if known[0] == candidate[0]:
                return _WORDS[known]
    return None
