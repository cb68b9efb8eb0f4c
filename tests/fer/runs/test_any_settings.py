"""Whatever is in `settings.json`: it is refused in a sentence, or it is sound."""

from __future__ import annotations

import json

from hypothesis import given, settings as hypothesis_settings, strategies as st

from fer.errors import BadSettings, FerError
from fer.runs.settings import TrainSettings, from_dict
from fer.storage.files import parse_json

RECORDED = TrainSettings("drawn", network="mlp", epochs=4).as_dict()
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=7) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=10,
)
LONG = st.sampled_from(["9" * 5000, "a" * 5000, 2**62, "²"])


@hypothesis_settings(max_examples=200, deadline=None)
@given(st.sampled_from([*RECORDED, "unknown"]), VALUES | LONG)
def test_settings_are_refused_or_sound(name: str, value: object) -> None:
    try:
        read = from_dict(parse_json(json.dumps({**RECORDED, name: value})))
    except (FerError, ValueError, TypeError) as error:
        assert isinstance(error, FerError) or "JSON" in str(error), (name, value)
        return
    assert from_dict(read.as_dict()) == read


def test_a_text_without_an_end_is_refused() -> None:
    for name in ("data", "votes", "classes", "weights", "freeze"):
        try:
            from_dict({**RECORDED, name: "9" * 5000})
        except BadSettings as error:
            assert "5,000 characters" in str(error)
        else:
            raise AssertionError(name)
