"""An evaluation as its page shows it: progress, figures, and what they are based on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from dashboard.evaluate import session as evaluations
from dashboard.evaluate.evaluation import Evaluation
from dashboard.look import plots
from dashboard.model_picker import prior_label
from dashboard.server.tasks import Task
from dashboard.text import count, duration, escape_markdown
from fer import metrics, notices
from fer.emotions import EMOTIONS
from fer.evaluation import slices
from fer.evaluation.report import Report
from fer.visualization import evaluation_charts as charts

CLASS_FIGURES = {"recall": "Recall", "precision": "Precision", "f1": "F1"}


def watch(task: Task, title: str, unit: str, key: str) -> bool:
    """Whether a task has succeeded; shows its progress, or why it failed. `unit` is what its
    progress counts."""
    if not task.is_done:
        st.fragment(_progress, run_every=1.0)(task, title, unit, key)
        return False
    failure = task.failure
    if failure:
        st.error(escape_markdown(failure), icon=":material/warning:")
    return failure is None


def _progress(task: Task, title: str, unit: str, key: str) -> None:
    if task.is_done:
        st.rerun()
    evaluations.look_at(task)
    progress, left = task.progress(), task.seconds_left()
    text = f"{title} {duration(task.child.seconds)}"
    if progress is not None:
        text += f" · {progress[0]:,} of {progress[1]:,} {unit}"
    if left is not None:
        text += f" · {duration(left)} left"
    st.progress(progress[0] / max(1, progress[1]) if progress else 0.0, text)
    st.button("Cancel", key=f"cancel-{key}", on_click=task.cancel)


def choose(listed: list[Evaluation], turn: int) -> Evaluation:
    """The evaluation that is shown, with the button that removes it; in a new `turn` of the form
    that starts them it is the newest."""
    by_key = {evaluation.key: evaluation for evaluation in listed}
    # Streamlit tells options apart by their text alone, so these carry a number.
    titles = {
        evaluation.key: f"{number}. {evaluation.title}"
        for number, evaluation in enumerate(reversed(listed), 1)
    }
    key = f"evaluation-{turn}"
    if st.session_state.get(key) not in by_key:
        named = evaluations.named_in_address()
        st.session_state[key] = named if named in by_key else listed[0].key
    left, right = st.columns([5, 1], vertical_alignment="bottom")
    chosen = left.selectbox(
        "Evaluation",
        list(by_key),
        format_func=titles.__getitem__,
        key=key,
    )
    right.button(
        "Remove",
        on_click=evaluations.remove,
        args=(by_key[chosen],),
        help="Deletes its results, faces included. Until then, or until two hours after it was "
        "last viewed, anyone with this page's address can see it.",
    )
    evaluations.show(by_key[chosen])
    return by_key[chosen]


def headline(report: Report) -> None:
    """Accuracy of each model with its interval, the split, the true labels and the priors."""
    data = report.data
    with st.container(horizontal=True):
        for model in report.models:
            low, high = model.figures["accuracy_interval"]
            st.metric(
                f"{model.name}: accuracy",
                f"{model.figures['accuracy']:.1%}",
                f"95%: {low:.1%} to {high:.1%}",
                "off",
                delta_arrow="off",
            )
        st.metric("Faces", f"{data['n']:,}")
        missed = max(model.figures["missed"] for model in report.models)
        if missed:
            st.metric("Not found (counted as wrong)", f"{missed:,}")
    models = "; ".join(
        f"**{model.name}** predicts {escape_markdown(model.figures['predicts'])}, assuming "
        f"that expressions are {escape_markdown(prior_label(model.prior))}"
        for model in report.models
    )
    dropped = ", ".join(
        f"{number:,} {escape_markdown(why)}" for why, number in data["dropped"].items()
    )
    st.markdown(
        f"Split **{data['split']}** of {escape_markdown(str(data['name']))}, compared with "
        f"**{escape_markdown(data['true_label'])}**. {models}. Left out: {dropped or 'none'}."
    )
    others = [model.name for model in report.models if not model.figures["trained_for_true_label"]]
    if others:
        st.warning(_other_question(others, data), icon=":material/balance:")
    if data["notes"] or data["problems"]:
        with st.expander("Before you rely on these figures", icon=":material/info:"):
            for sentence in (*data["notes"], *data["problems"]):
                st.markdown(f"- {escape_markdown(str(sentence))}")


def _other_question(names: Sequence[str], data: Mapping[str, Any]) -> str:
    """What to know where models were trained for another question than the true labels'."""
    was = "was" if len(names) == 1 else "were"
    sentence = (
        f"{' and '.join(names)} {was} trained to predict something else than "
        f"{escape_markdown(data['true_label'])}, so expect lower figures."
    )
    if data["is_fer2013"]:
        sentence += f" {notices.LABEL_AND_VOTES}"
    return sentence


def comparison(report: Report) -> None:
    """Two models on the same faces."""
    for pair in report.comparison:
        first, second = pair["models"]
        difference = 100 * pair["difference"]
        low, high = (100 * value for value in pair["interval"])
        by_chance = pair["mcnemar_p"] >= 0.05
        st.markdown(
            f"**{first}** minus **{second}**: {difference:+.1f} points of accuracy on the same "
            f"faces (95%: {low:+.1f} to {high:+.1f}). Only {first} is correct on "
            f"{count(pair['only_first_right'], 'face')}, only {second} on "
            f"{count(pair['only_second_right'], 'face')}; McNemar's exact test p = "
            f"{pair['mcnemar_p']:.2g}: "
            f"the difference is {'not ' if by_chance else ''}significant at the 5% level."
        )


def figure_table(report: Report) -> None:
    """Every figure of every model in one table, the models in columns."""
    names = {
        "accuracy": "Accuracy",
        "accuracy_found": "Accuracy where a face was found",
        "balanced_accuracy": "Balanced accuracy",
        "macro_f1": "Macro F1",
        "accuracy_at_80_percent_coverage": "Accuracy at 80% coverage",
        "ece": "Calibration error (ECE)",
        "ece_votes": "ECE against votes",
        "brier": "Brier score (0 is best)",
        "seconds_per_face": "Milliseconds per face on this computer",
    }
    rows = [
        {
            "figure": label,
            **{model.name: _with_interval(model.figures, key) for model in report.models},
        }
        for key, label in names.items()
    ]
    st.dataframe(rows, hide_index=True)
    st.caption(
        "95% bootstrap intervals. Balanced accuracy: mean recall of the emotions. Calibration "
        "error (ECE): mean gap between confidence and accuracy. Coverage: share of faces that the "
        "model is confident enough to answer."
    )


def _with_interval(values: Mapping[str, Any], key: str) -> str:
    value, interval = values.get(key), values.get(f"{key}_interval")
    if value is None:
        return "–"
    if key == "seconds_per_face":
        return f"{1000 * value:.2f}"
    style = ".3f" if key in ("ece", "ece_votes", "brier") else ".1%"
    bounds = f" ({interval[0]:{style}} to {interval[1]:{style}})" if interval else ""
    return f"{value:{style}}{bounds}"


def class_bars(report: Report) -> None:
    """One figure of each emotion with its interval."""
    figure = st.segmented_control(
        "Figure",
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
    right.caption("Accuracy if a model answers only the faces that it is most confident about.")


def qualities(report: Report) -> None:
    """Accuracy where faces are small, blurred, dark or turned."""
    by_model = {
        model.name: slices.by_quality(report.faces.quality, model.predicted == report.faces.true)
        for model in report.models
    }
    names = list(next(iter(by_model.values())))
    if not names:
        st.info("All faces are alike in size, sharpness and brightness, so there are no slices.")
    columns = st.columns(2)
    for number, name in enumerate(names):
        rows = {
            model: [part.as_row() for part in by_name[name]] for model, by_name in by_model.items()
        }
        with columns[number % 2]:
            plots.show(charts.slice_bars(name, rows), f"slices-{name}")
    if names:
        st.caption(
            "Quarters of the faces by each quality. Size: the box's shorter side in pixels; "
            "sharpness: variance of the Laplacian; brightness: mean grey; roll: tilt of the eyes "
            "in degrees; yaw: how far the nose is from the middle of the eyes, in eye distances. "
            "Pose is known only where the face was detected in a picture."
        )
