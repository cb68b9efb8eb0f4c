"""Figures of labels against hand-made cases and against scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
import sklearn.metrics
from hypothesis import given, settings, strategies as st

from fer import metrics

RANDOM = np.random.default_rng(0)
TRUE = RANDOM.integers(0, 7, 500)
PREDICTED = np.where(RANDOM.random(500) < 0.7, TRUE, RANDOM.integers(0, 7, 500))
LABELS = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 7)), min_size=1, max_size=40)


@pytest.mark.parametrize(
    ("votes", "expected"),
    [
        ([0, 0, 0, 8, 0, 0, 2, 0, 0, 0], 3),
        ([5, 0, 0, 5, 0, 0, 0, 0, 0, 0], metrics.TIED),
        ([4, 0, 0, 0, 0, 0, 0, 4, 2, 0], 0),
        ([1, 0, 0, 0, 0, 0, 0, 9, 0, 0], metrics.TIED),
        ([0] * 10, metrics.TIED),
    ],
)
def test_the_crowds_majority(votes: list[int], expected: int) -> None:
    assert metrics.crowd_majority(np.array([votes]))[0] == expected


def test_confusion_recall_and_precision_agree_with_scikit_learn() -> None:
    table = metrics.confusion(PREDICTED, TRUE)
    assert (table == sklearn.metrics.confusion_matrix(TRUE, PREDICTED)).all()
    scores = metrics.class_scores(PREDICTED, TRUE)
    recall = sklearn.metrics.recall_score(TRUE, PREDICTED, average=None)
    assert np.allclose(scores.recall, recall)
    precision = sklearn.metrics.precision_score(TRUE, PREDICTED, average=None)
    assert np.allclose(scores.precision, precision)
    assert scores.balanced_accuracy == pytest.approx(recall.mean())
    f1 = sklearn.metrics.f1_score(TRUE, PREDICTED, average="macro")
    assert scores.macro_f1 == pytest.approx(f1)


def test_an_absent_emotion_has_no_recall_but_its_false_alarms_cost_f1() -> None:
    scores = metrics.class_scores(np.array([0, 1]), np.array([0, 0]))
    assert np.isnan(scores.recall[1])
    assert scores.balanced_accuracy == 0.5
    assert scores.macro_f1 == pytest.approx((2 / 3 + 0) / 2)


def test_no_faces_have_no_scores() -> None:
    none = np.array([], np.int64)
    assert np.isnan(metrics.class_scores(none, none).balanced_accuracy)
    assert np.isnan(metrics.accuracy(none, none))
    assert metrics.confusion(none, none).sum() == 0


@settings(max_examples=50, deadline=None)
@given(LABELS, st.integers(0, 100))
def test_the_bootstrap_scores_tables_as_scikit_learn_does(
    pairs: list[tuple[int, int]], seed: int
) -> None:
    true, predicted = np.array(pairs).T
    drawn = np.random.default_rng(seed).integers(0, 3, (4, len(true))).astype(float)
    drawn[:, 0] += 1
    many = metrics.drawn_class_scores(predicted, true, drawn)
    for number, weights in enumerate(drawn):
        one = metrics.class_scores(predicted, true, weights)
        for name in ("precision", "recall", "f1", "macro_f1", "balanced_accuracy"):
            assert np.allclose(getattr(many, name)[number], getattr(one, name), equal_nan=True)


@given(LABELS)
def test_under_class_balanced_weights_the_accuracy_is_the_balanced_accuracy(
    pairs: list[tuple[int, int]],
) -> None:
    true, predicted = np.array(pairs).T
    weights = metrics.class_balanced_weights(true)
    assert weights.mean() == pytest.approx(1)
    balanced = metrics.class_scores(predicted, true).balanced_accuracy
    assert metrics.accuracy(predicted, true, weights) == pytest.approx(balanced)


def test_faces_without_a_majority_count_nothing_when_classes_are_balanced() -> None:
    weights = metrics.class_balanced_weights(np.array([metrics.TIED, 2, 2, 6]))
    assert weights.tolist() == [0, 0.75, 0.75, 1.5]
