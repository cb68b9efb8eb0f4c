"""Words of others stay words."""

from __future__ import annotations

import re

from hypothesis import given, strategies as st

from dashboard.text import count, escape_markdown


@given(st.text(max_size=80))
def test_taking_the_escapes_away_gives_the_text_back(text: str) -> None:
    joined = re.sub("([:@])\u2060", r"\1", escape_markdown(text))
    assert re.sub(r"\\([\\`*_{}\[\]()#+\-.!|<>~$&])", r"\1", joined) == text


@given(st.text(max_size=80))
def test_no_mark_and_no_code_is_left(text: str) -> None:
    assert not re.search(r"(?<!\\)(?:\\\\)*[`*_\[\]<>$&]", escape_markdown(text))
    assert not re.search(r":[\w+-]+:|@\w", escape_markdown(text))


def test_counts_have_a_plural() -> None:
    assert [count(n, "face") for n in (0, 1, 2_000)] == ["0 faces", "1 face", "2,000 faces"]
