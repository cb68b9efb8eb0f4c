"""What a model may be called."""

from __future__ import annotations

import re
import unicodedata

from fer.errors import BadModel

MAX_NAME = 64
NAME = re.compile(rf"[a-z0-9][a-z0-9_-]{{0,{MAX_NAME - 1}}}")


def check_name(name: str) -> str:
    """The name, if a model may be called that. Raises `BadModel`."""
    if not NAME.fullmatch(name):
        possible = _plain(name)
        raise BadModel(
            f"{name!r} cannot name a model; use up to {MAX_NAME} small letters, digits, - and _, "
            "beginning with a letter or digit" + (f", such as {possible}." if possible else ".")
        )
    return name


def name_from(text: str) -> str:
    """The name that a model gets whose user wrote that text; "" for blanks.

    Raises `BadModel` where no letter or digit is left.

    >>> name_from("My faces!")
    'my-faces'
    """
    return _plain(text) or check_name(text) if text.strip() else ""


def _plain(text: str) -> str:
    """Its letters without accents and its digits, with - between them."""
    ascii_text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9_]+", "-", ascii_text)[:MAX_NAME].strip("-_")
