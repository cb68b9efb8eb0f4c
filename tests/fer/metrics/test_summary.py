"""Figures of models against scikit-learn, by hand, and as properties."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
import sklearn.metrics
from hypothesis import given, settings, strategies as st
from numpy.typing import NDArray
from scipy.stats import binom, binomtest

from fer import metrics
from fer.emotions import EMOTIONS

RANDOM = np.random.default_rng(0)


def mixes(said: list[int], sure: float = 0.7) -> NDArray[np.float32]:
    """Probabilities (N, 7) that say these emotions; 7 stands for a face that was not found."""
    p = np.full((len(said), 7), (1 - sure) / 6, np.float32)
    for row, emotion in enumerate(said):
        if emotion == 7:
            p[row] = np.nan
        else:
            p[row, emotion] = sure
    return p


def test_all_figures_agree_with_scikit_learn() -> None:
    true = RANDOM.integers(0, 7, 400)
    p = RANDOM.dirichlet(np.ones(7), 400).astype(np.float32)
    said = p.argmax(axis=1)
    found = metrics.summary(p, true)
    precision, recall, f1, support = sklearn.metrics.precision_recall_fscore_support(true, said)
    assert found["n"] == 400 and found["missed"] == 0
    assert found["accuracy"] == found["accuracy_found"]
    assert found["accuracy"] == pytest.approx(sklearn.metrics.accuracy_score(true, said))
    assert found["macro_f1"] == pytest.approx(sklearn.metrics.f1_score(true, said, average="macro"))
    balanced = sklearn.metrics.balanced_accuracy_score(true, said)
    assert found["balanced_accuracy"] == pytest.approx(balanced)
    assert found["confusion"] == sklearn.metrics.confusion_matrix(true, said).tolist()
    for label, emotion in enumerate(EMOTIONS):
        its = found["per_class"][emotion]
        assert its["precision"] == pytest.approx(precision[label])
        assert its["recall"] == pytest.approx(recall[label])
        assert its["f1"] == pytest.approx(f1[label])
        assert its["support"] == support[label]
    squares = [((p[row] - np.eye(7)[true[row]]) ** 2).sum() for row in range(400)]
    assert found["brier"] == pytest.approx(np.mean(squares), abs=1e-6)


def test_calibration_by_hand() -> None:
    p = mixes([0, 0, 0, 0], sure=0.75)
    shares = np.tile(np.eye(7)[0] * 0.6 + np.eye(7)[6] * 0.4, (4, 1))
    found = metrics.summary(p, np.array([0, 0, 1, 1]), shares)
    assert found["ece"] == pytest.approx(0.25, abs=1e-6)
    assert found["ece_votes"] == pytest.approx(0.15, abs=1e-6)
    shares[1:] = np.nan  # faces without votes say nothing about the votes
    assert metrics.summary(p, np.array([0, 0, 1, 1]), shares)["ece_votes"] == pytest.approx(
        0.15, abs=1e-6
    )


def test_a_face_that_was_not_found_is_wrong_and_told() -> None:
    found = metrics.summary(mixes([3, 3, 7, 6]), np.array([3, 3, 3, 6]))
    assert found["accuracy"] == 0.75 and found["accuracy_found"] == 1.0 and found["missed"] == 1
    assert found["per_class"]["happy"] == {
        "precision": 1.0,
        "recall": pytest.approx(2 / 3),
        "f1": pytest.approx(0.8),
        "support": 3,
    }
    assert sum(map(sum, found["confusion"])) == 3
    assert found["coverage_curve"][-1] == [0.75, 1.0]


def test_nothing_found_leaves_no_figure_of_probabilities() -> None:
    found = metrics.summary(mixes([7, 7]), np.array([3, 4]))
    assert found["accuracy"] == 0.0 and found["accuracy_found"] is None and found["missed"] == 2
    assert found["ece"] is None and found["brier"] is None and found["coverage_curve"] == []
    json.dumps(found, allow_nan=False)


def test_one_emotion_only_leaves_the_others_undefined() -> None:
    found = metrics.summary(mixes([3, 3, 6]), np.array([3, 3, 3]))
    json.dumps(found, allow_nan=False)
    assert found["per_class"]["angry"] == {
        **{"precision": None, "recall": None, "f1": None},
        "support": 0,
    }
    assert found["per_class"]["neutral"]["recall"] is None
    assert found["per_class"]["neutral"]["precision"] == 0.0
    assert found["balanced_accuracy"] == pytest.approx(2 / 3)
    true, said = [3, 3, 3], [3, 3, 6]
    assert found["macro_f1"] == pytest.approx(sklearn.metrics.f1_score(true, said, average="macro"))
    assert found["per_class_intervals"]["angry"]["recall"] is None


def test_intervals_are_as_wide_as_drawing_faces_would_make_them() -> None:
    true = RANDOM.integers(0, 7, 300)
    said = np.where(RANDOM.random(300) < 0.7, true, RANDOM.integers(0, 7, 300))
    found = metrics.summary(mixes(said.tolist()), true)
    random = np.random.default_rng(5)
    accuracies, f1s = [], []
    for _ in range(400):
        rows = random.integers(0, 300, 300)
        accuracies.append((said[rows] == true[rows]).mean())
        f1s.append(sklearn.metrics.f1_score(true[rows], said[rows], average="macro"))
    for name, drawn in (("accuracy_interval", accuracies), ("macro_f1_interval", f1s)):
        assert found[name] == pytest.approx(np.percentile(drawn, [2.5, 97.5]).tolist(), abs=0.015)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 7)), min_size=1, max_size=60))
def test_intervals_hold_their_figures_and_nothing_is_nan(pairs: list[tuple[int, int]]) -> None:
    true = np.array([one for one, _ in pairs])
    found = metrics.summary(mixes([other for _, other in pairs]), true)
    json.dumps(found, allow_nan=False)
    low, high = found["accuracy_interval"]
    assert 0 <= low <= found["accuracy"] <= high <= 1
    assert found["missed"] + sum(map(sum, found["confusion"])) == found["n"] == len(pairs)
    assert sum(row["support"] for row in found["per_class"].values()) == len(pairs)
    assert found == metrics.summary(mixes([other for _, other in pairs]), true)


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=80))
def test_two_models_by_mcnemar_and_a_paired_interval(pairs: list[tuple[bool, bool]]) -> None:
    first, second = np.array(pairs).T
    found = metrics.compare(first, second)
    only_first, only_second = (first & ~second).sum(), (second & ~first).sum()
    apart = only_first + only_second
    tail = binom.cdf(min(only_first, only_second), apart, 0.5) if apart else 1.0
    assert found["mcnemar_p"] == pytest.approx(min(1.0, 2 * tail))
    assert found["difference"] == pytest.approx(first.mean() - second.mean())
    low, high = found["interval"]
    assert low - 1e-9 <= found["difference"] <= high + 1e-9
    turned = metrics.compare(second, first)
    assert turned["difference"] == -found["difference"]
    assert turned["mcnemar_p"] == pytest.approx(found["mcnemar_p"])


def test_the_paired_interval_is_that_of_the_pairs() -> None:
    first = RANDOM.random(500) < 0.8
    second = np.where(RANDOM.random(500) < 0.9, first, ~first)
    found = metrics.compare(first, second)
    random = np.random.default_rng(1)
    gaps = first.astype(float) - second
    drawn = [gaps[random.integers(0, 500, 500)].mean() for _ in range(2000)]
    assert found["interval"] == pytest.approx(np.percentile(drawn, [2.5, 97.5]).tolist(), abs=0.01)


def test_the_interval_of_a_share() -> None:
    low, high = metrics.share_interval(80, 100)
    error = math.sqrt(0.8 * 0.2 / 100)
    assert (low, high) == pytest.approx((0.8 - 1.96 * error, 0.8 + 1.96 * error), abs=0.02)


@pytest.mark.parametrize(("hits", "expected"), [(0, (0.0, 0.161)), (20, (0.839, 1.0))])
def test_the_interval_of_none_and_of_all_is_wilsons(
    hits: int, expected: tuple[float, float]
) -> None:
    bounds = binomtest(hits, 20).proportion_ci(method="wilson")
    assert (bounds.low, bounds.high) == pytest.approx(expected, abs=5e-4)
    assert metrics.share_interval(hits, 20) == pytest.approx(expected, abs=5e-4)


def test_figures_of_faces_that_are_all_right_or_all_wrong_have_intervals_too() -> None:
    true = np.array([3] * 20 + [4] * 5)
    right, wrong = np.eye(7)[true], np.eye(7)[np.where(true == 3, 4, 3)]
    found = metrics.summary(right, true)
    assert found["accuracy_interval"] == pytest.approx(metrics.share_interval(25, 25))
    assert found["per_class_intervals"]["happy"]["recall"] == metrics.share_interval(20, 20)
    assert found["per_class_intervals"]["sad"]["precision"] == metrics.share_interval(5, 5)
    lowest = {name: found[f"{name}_interval"][0] for name in ("balanced_accuracy", "macro_f1")}
    assert 0.5 < lowest["balanced_accuracy"] < found["accuracy_interval"][0] < 1
    assert lowest["macro_f1"] == lowest["balanced_accuracy"]
    low, high = found["per_class_intervals"]["happy"]["f1"]
    assert found["per_class_intervals"]["happy"]["recall"][0] < low < high == 1
    found = metrics.summary(wrong, true)
    assert found["accuracy_interval"] == pytest.approx(metrics.share_interval(0, 25))
    assert found["per_class_intervals"]["sad"]["f1"][1] > 0.2
    assert found["per_class_intervals"]["angry"]["recall"] is None, "no face is angry"


def test_the_interval_of_a_difference_that_all_faces_agree_on_has_a_width() -> None:
    all_right, none = np.ones(30, bool), np.zeros(30, bool)
    reach = metrics.share_interval(0, 30)[1]
    assert metrics.compare(all_right, all_right)["interval"] == pytest.approx([-reach, reach])
    assert metrics.compare(none, all_right)["interval"] == pytest.approx([-1, -1 + 2 * reach])
