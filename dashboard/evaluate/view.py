"""An evaluation as its page shows it: progress, verdict, metrics, and what they are based on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import streamlit as st

from dashboard.evaluate import session as evaluations
from dashboard.evaluate.evaluation import Evaluation
from dashboard.evaluate.form import CROPPED
from dashboard.model_picker import prior_label
from dashboard.server.tasks import Task
from dashboard.start_button import Form
from dashboard.text import count, duration, escape_markdown
from fer.emotions import NUM_EMOTIONS
from fer.evaluation import verdict
from fer.evaluation.report import Report

_SUSPICIOUS = 0.05
"""Share of faces not found from which on the images may be cropped already."""


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
    with st.container(horizontal=True, wrap=False, vertical_alignment="center"):
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
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.selectbox("Evaluation", list(by_key), format_func=titles.__getitem__, key=key)
        st.button(
            "Remove",
            on_click=evaluations.remove,
            args=(by_key[chosen],),
            help="Deletes its results, faces included. Until then, or until two hours after it was "
            "last viewed, anyone with this page's address can see it.",
        )
    evaluations.show(by_key[chosen])
    return by_key[chosen]


def headline(report: Report) -> None:
    """The verdict, then the accuracy of each model with its interval."""
    st.header(_verdict(report))
    for pair in report.comparison:
        st.markdown(_difference(pair))
    with st.container(horizontal=True):
        for model in report.models:
            low, high = model.figures["accuracy_interval"]
            st.metric(
                f"{model.name}: accuracy",
                f"{model.figures['accuracy']:.1%}",
                f"95% CI {100 * low:.1f}–{100 * high:.1f}",
                "off",
                delta_arrow="off",
            )
        st.metric("Faces", f"{report.data['n']:,}")
        missed = max(model.figures["missed"] for model in report.models)
        if missed:
            st.metric("Not found (counted as wrong)", f"{missed:,}")


def _verdict(report: Report) -> str:
    if report.comparison:
        return verdict.of_pair(report.comparison[0])
    (model,) = report.models
    low, _ = model.figures["accuracy_interval"]
    supports = np.bincount(report.faces.true, minlength=NUM_EMOTIONS).tolist()
    return f"{model.name} is {verdict.against_constant(low, supports)}"


def _difference(pair: Mapping[str, Any]) -> str:
    first, second = pair["models"]
    low, high = (100 * value for value in pair["interval"])
    return (
        f"**{first}** minus **{second}**: {verdict.signed(100 * pair['difference'])} points of "
        f"accuracy (95% CI {verdict.signed(low)} to {verdict.signed(high)}). Only {first} is "
        f"correct on {count(pair['only_first_right'], 'face')}, only {second} on "
        f"{count(pair['only_second_right'], 'face')} (McNemar's exact test): *Faces*, "
        "*Disagreements* shows them."
    )


def what_was_evaluated(report: Report) -> None:
    """The split, the ground truth, the priors, and what to know before relying on the metrics."""
    data = report.data
    models = "; ".join(
        f"**{model.name}** predicts {escape_markdown(model.figures['predicts'])}, assuming "
        f"that expressions are {escape_markdown(prior_label(model.prior))}"
        for model in report.models
    )
    dropped = ", ".join(
        f"{number:,} {escape_markdown(why)}" for why, number in data["dropped"].items()
    )
    st.caption(
        f"Split **{data['split']}** of {escape_markdown(str(data['name']))}. Ground truth: "
        f"**{escape_markdown(data['true_label'])}**. {models}. Left out: {dropped or 'none'}."
    )
    warning = verdict.other_target(report)
    if warning:
        st.warning(escape_markdown(warning), icon=":material/balance:")
    if data["notes"]:
        with st.expander("Before you rely on these metrics", True, icon=":material/info:"):
            _list(data["notes"])
    if data["problems"]:
        with st.expander("Rows and images that could not be used", icon=":material/warning:"):
            _list(data["problems"])


def _list(sentences: Iterable[object]) -> None:
    st.markdown("\n".join(f"- {escape_markdown(str(sentence))}" for sentence in sentences))


def not_found(evaluation: Evaluation, form: Form) -> None:
    """A warning where many faces were not found, as happens where images are cropped already."""
    report = evaluation.report()
    missed = max(model.figures["missed"] for model in report.models)
    if missed < _SUSPICIOUS * report.data["n"] or "--whole-picture" in evaluation.arguments:
        return
    st.warning(
        f"The detector found no face in {missed:,} of {report.data['n']:,} images, which count as "
        "wrong. **Are the images already cropped faces?** Then evaluate them without detection.",
        icon=":material/crop:",
    )
    if form.newest == evaluation.key:
        st.button("Evaluate as cropped faces", on_click=_as_cropped, args=(form,))


def _as_cropped(form: Form) -> None:
    st.session_state[CROPPED] = True
    form.ask(form.turn)
