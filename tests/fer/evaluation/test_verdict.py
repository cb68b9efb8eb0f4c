"""Verdicts of evaluations."""

from __future__ import annotations

import pytest

from fer.evaluation import verdict


@pytest.mark.parametrize(
    ("difference", "p", "sentence"),
    [
        (0.01, 0.18, "No significant difference between a and b, p = 0.18"),
        (0.1, 0.04, "a is significantly more accurate than b, p = 0.04"),
        (-0.1, 1e-9, "b is significantly more accurate than a, p < 0.001"),
    ],
)
def test_two_models(difference: float, p: float, sentence: str) -> None:
    pair = {"models": ["a", "b"], "difference": difference, "mcnemar_p": p}
    assert verdict.of_pair(pair) == sentence


def test_one_model_against_the_commonest_emotion() -> None:
    supports = [0, 0, 0, 7, 0, 0, 3]
    assert verdict.against_constant(0.71, supports) == "better than always answering happy (70%)"
    assert verdict.against_constant(0.7, supports).startswith("no better than")
