"""The seven apparent expressions: their one order, their colours and the names others give them."""

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

EMOJI: dict[str, str] = {
    "angry": "😠",
    "disgust": "🤢",
    "fear": "😨",
    "happy": "🙂",
    "sad": "🙁",
    "surprise": "😮",
    "neutral": "😐",
}

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
    "angry": ("anger", "angr", "an"),
    "disgust": ("disgusted", "disgusting", "di"),
    "fear": ("fearful", "afraid", "scared", "fe", "af"),
    "happy": ("happiness", "joy", "joyful", "ha"),
    "sad": ("sadness", "sa"),
    "surprise": ("surprised", "suprise", "su"),
    "neutral": ("neutrality", "calm", "ne"),
}

_INDEX: dict[str, int] = {
    spelling: index
    for index, emotion in enumerate(EMOTIONS)
    for spelling in (emotion, str(index), *_SPELLINGS[emotion])
}


def index_of(name: str) -> int:
    """Position in `EMOTIONS` of any usual spelling: ``anger``, ``Happiness``, ``3``, ``05_sad``.

    Raises `BadDataset` for a name that none of the seven goes by.
    """
    cleaned = name.strip().lower()
    head, _, tail = cleaned.replace("-", "_").replace(" ", "_").partition("_")
    for candidate in (cleaned, tail if head.isdigit() else head):
        if candidate in _INDEX:
            return _INDEX[candidate]
    raise BadDataset(f"{name!r} is not one of the seven emotions: {', '.join(EMOTIONS)}.")
