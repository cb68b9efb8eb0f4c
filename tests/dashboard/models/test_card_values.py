"""Cards of any content are read without an error."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings, strategies as st

from dashboard.models import card_values
from fer import metrics
from fer.emotions import EMOTIONS
from tests.helpers import make_card

KEYS = (
    *("n", "accuracy", "accuracy_interval", "recall", "recall_interval", "confusion"),
    *("coverage_curve", "calibration_bins"),
)
SCALARS = st.sampled_from(
    [None, True, 0, -3, 7, 10**400, 0.5, float("nan"), float("inf"), "", "0.5", "high"]
)
WORDS = st.sampled_from(["happy", "sad", "confidence", "count", "right"])
ANYTHING = st.recursive(
    SCALARS,
    lambda one: st.lists(one, max_size=7) | st.dictionaries(WORDS, one, max_size=5),
    max_leaves=10,
)
TABLE = st.lists(st.lists(SCALARS | st.integers(0, 9), min_size=7, max_size=7), min_size=7)
BINS = st.lists(st.fixed_dictionaries(dict.fromkeys(("confidence", "count", "right"), SCALARS)))


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.sampled_from(KEYS), ANYTHING), TABLE | ANYTHING, BINS | ANYTHING)
def test_whatever_a_card_holds_can_be_told(
    its: dict[str, object], table: object, bins: object
) -> None:
    card = make_card(metrics={**its, "confusion": table, "calibration_bins": bins})
    assert isinstance(card_values.with_interval(card.metrics, "accuracy"), str)
    assert isinstance(card_values.whole(card.metrics.get("n")), str)
    counts = card_values.confusion(card)
    assert counts is None or np.array(counts, np.int64).shape == (7, 7)
    drawn = [value for row in card_values.bins(card, "right") for value in row.values()]
    drawn += [value for point in card_values.coverage(card) for value in point]
    drawn += [one for one in card_values.by_emotion(card, "recall").values() if one is not None]
    for bounds in card_values.intervals_by_emotion(card, "recall").values():
        drawn += bounds or ()
    assert np.isfinite(np.array(drawn, np.float64)).all()


def test_what_a_training_writes_is_read_whole() -> None:
    shares = np.random.default_rng(0).dirichlet(np.ones(7), 300).astype(np.float32)
    said = metrics.with_temperature(shares, 2.0)
    its = metrics.card_summary(said, shares.argmax(axis=1), shares, np.arange(300) < 150)
    card = make_card(metrics=its)
    for name in ("accuracy", "macro_f1", "brier", "ece", "ece_votes", "ece_votes_crossfit"):
        assert " to " in card_values.with_interval(its, name)
    for name in ("recall", "precision"):
        assert list(card_values.by_emotion(card, name)) == list(EMOTIONS)
        assert all(card_values.intervals_by_emotion(card, name).values())
    assert card_values.confusion(card) == its["confusion"]
    assert len(card_values.coverage(card)) == len(its["coverage_curve"])
    for outcome in ("right", "votes"):
        assert len(card_values.bins(card, outcome)) == len(its["calibration_bins"])
