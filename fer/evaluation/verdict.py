"""What an evaluation comes to, in a sentence: is a model better than another one, or than none?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fer import notices
from fer.emotions import EMOTIONS
from fer.evaluation.report import Report

SIGNIFICANCE_LEVEL = 0.05


def against_constant(lowest_accuracy: float, supports: Sequence[float]) -> str:
    """Whether a model beats one that always answers the commonest emotion.

    `lowest_accuracy` is the low end of its interval, `supports` (7,) count the true labels, or
    weigh them as the accuracy does.

    >>> against_constant(0.49, [10, 10, 10, 30, 10, 10, 20])
    'better than always answering happy (30%)'
    """
    most = max(supports)
    share = most / (sum(supports) or 1)
    commonest = [name for name, support in zip(EMOTIONS, supports, strict=True) if support == most]
    answer = commonest[0] if len(commonest) == 1 else "the same"
    is_better = lowest_accuracy > share
    return f"{'better' if is_better else 'no better'} than always answering {answer} ({share:.0%})"


def of_pair(pair: Mapping[str, Any]) -> str:
    """The verdict on two models that were evaluated on the same faces.

    >>> of_pair({"models": ["a", "b"], "difference": 0.01, "mcnemar_p": 0.18})
    'No significant difference between a and b, p = 0.18'
    """
    first, second = pair["models"]
    probability = p_value(pair["mcnemar_p"])
    if pair["mcnemar_p"] >= SIGNIFICANCE_LEVEL:
        return f"No significant difference between {first} and {second}, {probability}"
    better, worse = (first, second) if pair["difference"] > 0 else (second, first)
    return f"{better} is significantly more accurate than {worse}, {probability}"


def other_target(report: Report) -> str | None:
    """What to know where models were trained for another target than the ground truth."""
    data = report.data
    names = [model.name for model in report.models if not model.figures["trained_for_true_label"]]
    if not names:
        return None
    was = "was" if len(names) == 1 else "were"
    sentence = (
        f"{' and '.join(names)} {was} trained to predict something other than "
        f"{data['true_label']}, so expect lower metrics."
    )
    return f"{sentence} {notices.LABEL_AND_VOTES}" if data["is_fer2013"] else sentence


def signed(value: float) -> str:
    """``+1.2``, ``−0.5``: a difference with its sign."""
    return f"{value:+.1f}".replace("-", "\N{MINUS SIGN}")


def p_value(p: float) -> str:
    """``p = 0.18``, ``p < 0.001``."""
    return f"p = {p:.2g}" if p >= 0.001 else "p < 0.001"
