"""Whatever is in a card: it is refused, or everything that pages ask of it has an answer."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from fer.model_card import card_dict, card_from, card_text
from fer.storage.files import parse_json
from tests.helpers import make_card

SHARES = (0.1, 0.1, 0.1, 0.4, 0.1, 0.1, 0.1)
BALANCED = {"balanced": {"uncertain_below": 0.4, "metrics": {"accuracy": 0.5}}}
CARD = card_dict(make_card(training_shares=SHARES, priors=BALANCED))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=7) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=10,
)
PATHS = [(name,) for name in CARD] + [
    *(("input", name) for name in CARD["input"]),
    *(("metrics", name) for name in ("n", "accuracy", "recall", "confusion", "coverage_curve")),
    *(("data", name) for name in ("name", "train", "licence")),
    *(("priors", "balanced", name) for name in ("uncertain_below", "shares", "metrics")),
    *(("files", "model.onnx"), ("priors", "mine")),
]


def changed(values: dict[str, Any], path: tuple[str, ...], value: object) -> dict[str, Any]:
    first, *rest = path
    inner = changed(values[first], tuple(rest), value) if rest else value
    return {**values, first: inner}


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(PATHS), VALUES)
def test_a_card_is_refused_or_sound(path: tuple[str, ...], value: object) -> None:
    try:
        card = card_from("any", parse_json(json.dumps(changed(CARD, path, value))))
    except ValueError:
        return
    for name in card.prior_names:
        assert card.figures(name) is not None
        assert 0 <= card.uncertain_below_under(card.prior(name)) <= 1
    assert card.predicts and card.data_facts is not None
    assert f"{card.parameters:,}" and card.created[:10] is not None
    assert json.loads(card_text(card))["name"] == "any"


@pytest.mark.parametrize("missing", ["labels", "input", "temperature", "metrics", "files"])
def test_a_card_without_what_it_needs_is_refused(missing: str) -> None:
    with pytest.raises(ValueError, match=missing):
        card_from("any", {key: value for key, value in CARD.items() if key != missing})
