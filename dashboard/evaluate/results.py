"""The metrics of an evaluation: a table, and charts by emotion, confidence and image quality."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from dashboard.look import plots
from fer import metrics, notices
from fer.data.dataset import CROWD
from fer.emotions import EMOTIONS
from fer.evaluation import slices
from fer.evaluation.report import Report
from fer.visualization import evaluation_charts as charts

QUALITY_TEXTS = {
    "size": "the box's shorter side in pixels",
    "sharpness": "variance of the Laplacian",
    "brightness": "mean grey level",
    "roll": "tilt of the eyes in degrees",
    "yaw": "how far the nose is from the middle of the eyes, in eye distances",
}
CLASS_FIGURES = {"recall": "Recall", "precision": "Precision", "f1": "F1"}


def metric_table(report: Report) -> None:
    """Every metric of every model in one table, the models in columns."""
    figures = [model.figures for model in report.models]
    names = {
        "accuracy": "Accuracy",
        "accuracy_found": "Accuracy where a face was found",
        "balanced_accuracy": "Balanced accuracy",
        "macro_f1": "Macro F1",
        "accuracy_at_80_percent_coverage": "Accuracy at 80% coverage",
        "ece": "Expected calibration error (ECE)",
        "ece_votes": "ECE against FER+ votes",
        "brier": "Brier score (0 is best)",
        "seconds_per_face": "Latency on this computer (ms per face)",
    }
    if not any(one["missed"] for one in figures):
        del names["accuracy_found"]  # the same once more
    if all(one["ece_votes"] is None for one in figures):
        del names["ece_votes"]
    columns = {
        model.name: [_with_interval(model.figures, key) for key in names] for model in report.models
    }
    st.table({"metric": list(names.values()), **columns})
    st.caption(
        "95% intervals: bootstrap, or Wilson's where a share is 0 or 100%. Balanced accuracy: mean "
        "recall of the emotions. ECE: mean gap between confidence and accuracy; chance adds to it, "
        "and each bootstrap draw adds more, so of few faces its interval lies too high. Coverage: "
        "share of faces that get a label when the least confident ones are left out."
    )
    if any(model.question == CROWD and model.figures["ece_votes"] for model in report.models):
        st.caption(notices.CONFIDENCE_OF_VOTES)


def _with_interval(values: Mapping[str, Any], key: str) -> str:
    value, interval = values.get(key), values.get(f"{key}_interval")
    if value is None:
        return "–"
    if key == "seconds_per_face":
        return f"{1000 * value:.2g}" if value < 0.1 else f"{1000 * value:.0f}"
    style = ".3f" if key == "brier" else ".1%"
    bounds = f" ({interval[0]:{style}} to {interval[1]:{style}})" if interval else ""
    return f"{value:{style}}{bounds}"


def class_bars(report: Report) -> None:
    """One metric of each emotion with its interval."""
    figure = st.segmented_control(
        "Metric",
        list(CLASS_FIGURES),
        default="recall",
        required=True,
        format_func=CLASS_FIGURES.__getitem__,
        label_visibility="collapsed",
    )
    values, intervals = (
        {
            model.name: {emotion: model.figures[kind][emotion][figure] for emotion in EMOTIONS}
            for model in report.models
        }
        for kind in ("per_class", "per_class_intervals")
    )
    plots.show(charts.class_bars(str(figure), values, intervals), "class-bars")


def calibration(report: Report) -> None:
    """Whether accuracy matches confidence, and accuracy by coverage."""
    confidence, correct = {}, {}
    for model in report.models:
        found = metrics.was_found(model.probabilities)
        if found.any():
            confidence[model.name] = model.probabilities[found].max(axis=1)
            correct[model.name] = (model.predicted == report.faces.true)[found].astype(float)
    if not confidence:
        st.info("No face was found, so there is no confidence to check.")
        return
    left, right = st.columns(2)
    with left:
        plots.show(charts.reliability(confidence, correct), "reliability")
    left.caption("Points below the diagonal: overconfident. Larger points stand for more faces.")
    curves = {model.name: model.figures["coverage_curve"] for model in report.models}
    with right:
        plots.show(charts.coverage(curves), "coverage")
    right.caption("Accuracy on the faces that a model is most confident about.")


def by_quality(report: Report) -> None:
    """Accuracy where faces are small, blurred, dark or turned."""
    by_model = {
        model.name: slices.by_quality(report.faces.quality, model.predicted == report.faces.true)
        for model in report.models
    }
    names = list(next(iter(by_model.values())))
    if names:
        st.markdown("**Accuracy by image quality**")
    for number, name in enumerate(names):
        if number % 2 == 0:  # on phones the columns of a row follow each other
            columns = st.columns(2)
        rows = {
            model: [part.as_row() for part in by_name[name]] for model, by_name in by_model.items()
        }
        with columns[number % 2]:
            plots.show(charts.slice_bars(name, rows), f"slices-{name}")
    if names:
        explained = "; ".join(f"{name}: {QUALITY_TEXTS[name]}" for name in names)
        st.caption(f"Quarters of the faces by each quality. {explained[0].upper()}{explained[1:]}.")
