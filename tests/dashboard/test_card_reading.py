"""Cards of any content are read without an error."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard import card_reading
from fer import metrics
from fer.emotions import EMOTIONS
from fer.training import calibration

KEYS = (
    *("n", "accuracy", "accuracy_interval", "recall", "recall_interval", "confusion"),
    *("coverage_curve", "calibration_bins", "robustness"),
)
scalars = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text("a1%", max_size=3), st.just(10**400)
)
anything = st.recursive(
    scalars,
    lambda one: st.one_of(
        st.lists(one, max_size=8),
        st.dictionaries(
            st.sampled_from([*EMOTIONS, "accuracy", "loss", "confidence", "count", "corruptions"]),
            one,
            max_size=8,
        ),
    ),
    max_leaves=10,
)


@settings(max_examples=60)
@given(st.dictionaries(st.sampled_from(KEYS), anything))
def test_whatever_a_card_holds_is_read(its: dict[str, object]) -> None:
    accuracy = card_reading.figure(its, "accuracy")
    assert accuracy is None or 0 <= accuracy.value <= 1
    assert list(card_reading.of_each(its, "recall")) == list(EMOTIONS)
    table = card_reading.confusion(its)
    assert table is None or np.array(table).shape == (7, 7)
    assert all(row["count"] >= 1 for row in card_reading.calibration(its))
    assert all(len(point) == 2 for point in card_reading.coverage(its))
    assert all(0 <= row["accuracy"] <= 1 for row in card_reading.robustness(its))
    assert card_reading.faces(its) is None or isinstance(its["n"], int | float)


def test_what_a_training_writes_is_read_whole() -> None:
    shares = np.random.default_rng(0).dirichlet(np.ones(7), 300).astype(np.float32)
    truth = shares.argmax(axis=1)
    said = metrics.with_temperature(shares, 2.0)
    its = calibration.figures(said, truth, shares, np.arange(300) < 150)
    for name in ("accuracy", "macro_f1", "ece", "ece_votes", "ece_votes_crossfit"):
        figure = card_reading.figure(its, name)
        assert figure is not None
        assert figure.interval == tuple(its[f"{name}_interval"])
    assert card_reading.figure(its, "brier", 2.0) is not None
    assert all(card_reading.of_each(its, "precision").values())
    assert card_reading.confusion(its) == its["confusion"]
    assert len(card_reading.coverage(its)) == len(its["coverage_curve"])
    assert len(card_reading.calibration(its)) == len(its["calibration_bins"])
    assert card_reading.faces(its) == 300


def test_a_robustness_table_is_read_in_either_form() -> None:
    row = {"accuracy": 0.8, "loss": 1.5, "loss_interval": [1.0, 2.0]}
    made = {"clean": 0.82, "n": 7, "corruptions": {"shift, 10%": row}, "worst_loss": 1.5}
    rows = [{"faces": "shift, 10%", "accuracy": 0.8, "loss": 1.5}]
    assert card_reading.robustness({"robustness": made}) == rows
    assert card_reading.robustness({"robustness": {"shift, 10%": row}}) == rows
    plain = card_reading.robustness({"robustness": {"dark": 0.5, "odd": "x"}})
    assert plain == [{"faces": "dark", "accuracy": 0.5, "loss": None}]


def test_an_interval_out_of_order_is_none() -> None:
    assert card_reading.interval([0.6, 0.4]) is None
    assert card_reading.interval([0.4, 0.6]) == (0.4, 0.6)
    assert card_reading.interval("ab") is None
