"""Words of others (file names, messages) on a page: shown as they are, never as Markdown."""

from __future__ import annotations

import re

_MARKS = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>~$&])")
_WORD_JOINER = "\u2060"


def escape_markdown(text: str) -> str:
    """Text that a Markdown element shows as it is: no links, pictures, colours or emoji codes.

    Marks are escaped; a colon is followed by an invisible joiner, which ends `:codes:` and
    addresses.
    """
    return _MARKS.sub(r"\\\1", text).replace(":", f":{_WORD_JOINER}")


def count(number: int, noun: str, plural: str = "") -> str:
    """``1 face``, ``2 faces``; a plural that is not the noun with an s is named."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def duration(seconds: float) -> str:
    """``45 s``, ``3 min``, ``2.5 h``."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
