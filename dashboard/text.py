"""Text on a page: foreign text without Markdown, names of files, counts and durations."""

from __future__ import annotations

import re

_MARKS = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>~$&])")
_BREAKS = re.compile("([:@])")
_WORD_JOINER = "\u2060"


def escape_markdown(text: str) -> str:
    """Foreign text, such as a file name, as a Markdown element shows it literally: without links,
    pictures, colours or emoji codes.

    Markdown's characters are escaped. A colon and an @ are followed by an invisible word joiner,
    which breaks `:codes:` and addresses.
    """
    return _BREAKS.sub(rf"\1{_WORD_JOINER}", _MARKS.sub(r"\\\1", text))


def sentence(error: object) -> str:
    """What an error says, or its text, from a capital letter on."""
    text = str(error)
    return text[:1].upper() + text[1:]


def file_name(uploaded: str) -> str:
    """The name of an uploaded file as its owner knows it: browsers send quotes as %22."""
    return uploaded.replace("%22", '"')


def count(number: int, noun: str, plural: str = "") -> str:
    """``1 face``, ``2 faces``; `plural` where it is not the noun with an s."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def duration(seconds: float) -> str:
    """``45 s``, ``3 min``, ``2.5 h``."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
