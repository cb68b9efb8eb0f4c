"""An evaluation as its page shows it: how far it is, the figures, and what they rest on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from dashboard.evaluate import session as evaluations
from dashboard.evaluate.session import Evaluation
from dashboard.model_picker import QUESTION_WORDS
from dashboard.server.tasks import Task
from dashboard.text import count, duration, escape_markdown
from fer import metrics
from fer.emotions import EMOTIONS
from fer.evaluation import slices
from fer.evaluation.report import Report
from fer.visualization import evaluation_charts as charts

ANSWER_WORDS = {"crowd": "the crowd's majority", "fer2013": "the label of the data set"}
CLASS_FIGURES = {"recall": "Recall", "precision": "Precision", "f1": "F1"}


def watch(task: Task, words: str, unit: str, key: str) -> bool:
    """Whether a task has ended well; shows how far it is, or why it failed. `unit` is what its
    progress counts."""
    if not task.is_done:
        st.fragment(_progress, run_every=1.0)(task, words, unit, key)
        return False
    failure = task.failure
    if failure:
        st.error(escape_markdown(failure), icon="⚠️")
    return failure is None


def _progress(task: Task, words: str, unit: str, key: str) -> None:
    if task.is_done:
        st.rerun()
    evaluations.look_at(task)
    progress, left = task.progress(), task.seconds_left()
    told = f"{words} {duration(task.child.seconds)}"
    if progress is not None:
        told += f" · {progress[0]:,} of {progress[1]:,} {unit}"
    if left is not None:
        told += f" · {duration(left)} left"
    st.progress(progress[0] / max(1, progress[1]) if progress else 0.0, told)
    st.button("Cancel", key=f"cancel-{key}", on_click=task.cancel)


def choose(listed: list[Evaluation], turn: int) -> Evaluation:
    """The evaluation that is shown, with the button that removes it; in a new `turn` of the form
    that starts them it is the newest."""
    by_key = {one.key: one for one in listed}
    # Streamlit tells options apart by their words alone, so these carry a number.
    words = {one.key: f"{place}. {one.title}" for place, one in enumerate(reversed(listed), 1)}
    key = f"evaluation-{turn}"
    if st.session_state.get(key) not in by_key:
        named = evaluations.named_in_address()
        st.session_state[key] = named if named in by_key else listed[0].key
    left, right = st.columns([5, 1], vertical_alignment="bottom")
    chosen = left.selectbox(
        "Evaluation",
        list(by_key),
        format_func=lambda one: words[one],
        key=key,
    )
    right.button(
        "Remove",
        on_click=evaluations.remove,
        args=(by_key[chosen],),
        help="Deletes all that is kept of it, faces included. Until then, or until nobody has "
        "looked at it for two hours after its end, whoever has this page's address sees it.",
    )
    evaluations.show(by_key[chosen])
    return by_key[chosen]


def headline(report: Report) -> None:
    """Accuracy of each model with its interval, and what was asked of whom."""
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
    answers = "; ".join(
        f"**{one.name}** answers with {QUESTION_WORDS.get(one.question, one.question)}"
        for one in report.models
    )
    dropped = ", ".join(
        f"{number:,} {escape_markdown(why)}" for why, number in data["dropped"].items()
    )
    st.markdown(
        f"Split **{data['split']}** of {escape_markdown(str(data['name']))}; right is "
        f"**{ANSWER_WORDS[data['labels']]}**. {answers}. Left out: {dropped or 'none'}."
    )
    others = [one.name for one in report.models if one.question != data["labels"]]
    if others:
        st.warning(
            f"{' and '.join(others)} was made to answer another question than the one asked here. "
            "FER2013's label and the crowd's majority agree on only 63% of faces.",
            icon="⚖️",
        )
    if data["notes"] or data["problems"]:
        with st.expander("Know before trusting this", icon="ℹ️"):
            for sentence in (*data["notes"], *data["problems"]):
                st.markdown(f"- {escape_markdown(str(sentence))}")


def comparison(report: Report) -> None:
    """Two models on the same faces."""
    for pair in report.comparison:
        first, second = pair["models"]
        difference = 100 * pair["difference"]
        low, high = (100 * value for value in pair["interval"])
        by_chance = pair["mcnemar_p"] >= 0.05
        st.markdown(
            f"**{first}** less **{second}**: {difference:+.1f} points of accuracy on the same "
            f"faces (95%: {low:+.1f} to {high:+.1f}). Only {first} is right on "
            f"{count(pair['only_first_right'], 'face')}, only {second} on "
            f"{count(pair['only_second_right'], 'face')}; McNemar's exact test p = "
            f"{pair['mcnemar_p']:.2g}: "
            f"chance alone {'could' if by_chance else 'would seldom'} make that difference."
        )


def figure_table(report: Report) -> None:
    """Every figure of every model in one table, the models in columns."""
    names = {
        "accuracy": "Accuracy",
        "accuracy_found": "Accuracy where a face was found",
        "balanced_accuracy": "Mean recall",
        "macro_f1": "Macro F1",
        "ece": "Calibration error",
        "ece_votes": "Calibration error against votes",
        "brier": "Brier score (0 is best)",
        "seconds_per_face": "Milliseconds a face, here and now",
    }
    rows = [
        {"figure": words, **{one.name: _told(one.figures, key) for one in report.models}}
        for key, words in names.items()
    ]
    st.dataframe(rows, hide_index=True)


def _told(values: Mapping[str, Any], key: str) -> str:
    value, interval = values.get(key), values.get(f"{key}_interval")
    if value is None:
        return "–"
    if key == "seconds_per_face":
        return f"{1000 * value:.2f}"
    if key in ("ece", "ece_votes", "brier"):
        return f"{value:.3f}"
    reach = f" ({interval[0]:.1%} to {interval[1]:.1%})" if interval else ""
    return f"{value:.1%}{reach}"


def class_bars(report: Report) -> None:
    """One figure of each emotion with its interval."""
    figure = st.segmented_control(
        "Figure",
        list(CLASS_FIGURES),
        default="recall",
        required=True,
        format_func=lambda one: CLASS_FIGURES[one],
        label_visibility="collapsed",
    )
    values, intervals = (
        {
            one.name: {emotion: one.figures[kind][emotion][figure] for emotion in EMOTIONS}
            for one in report.models
        }
        for kind in ("per_class", "per_class_intervals")
    )
    st.plotly_chart(charts.class_bars(str(figure), values, intervals), key="class-bars")


def calibration(report: Report) -> None:
    """Whether a model is as often right as it is sure, and what silence would gain."""
    sure, hits = {}, {}
    for one in report.models:
        found = metrics.was_found(one.probabilities)
        if found.any():
            sure[one.name] = one.probabilities[found].max(axis=1)
            hits[one.name] = (one.answers == report.faces.true)[found].astype(float)
    if not sure:
        st.info("No face was found, so nobody was asked how sure they are.")
        return
    left, right = st.columns(2)
    left.plotly_chart(charts.reliability(sure, hits), key="reliability")
    left.caption("Dots below the diagonal: surer than right. Larger dots stand for more faces.")
    curves = {one.name: one.figures["coverage_curve"] for one in report.models}
    right.plotly_chart(charts.coverage(curves), key="coverage")
    right.caption("How right a model is if it may keep silent on the faces it is least sure of.")


def qualities(report: Report) -> None:
    """Accuracy where faces are small, blurred, dark or turned."""
    by_model = {
        one.name: slices.by_quality(report.faces.quality, one.answers == report.faces.true)
        for one in report.models
    }
    names = list(next(iter(by_model.values())))
    if not names:
        st.info("All faces are alike in size, sharpness and light, so there is nothing to slice.")
    columns = st.columns(2)
    for number, name in enumerate(names):
        rows = {model: [one.as_row() for one in its[name]] for model, its in by_model.items()}
        columns[number % 2].plotly_chart(charts.slice_bars(name, rows), key=f"slices-{name}")
    if names:
        st.caption(
            "Quarters of the faces by each quality. Size: the box's shorter side in pixels; "
            "sharpness: variance of the Laplacian; brightness: mean grey; roll: tilt of the eyes "
            "in degrees; yaw: how far the nose is from the middle of the eyes, in eye distances. "
            "Pose is known only where the face was searched in a picture."
        )
