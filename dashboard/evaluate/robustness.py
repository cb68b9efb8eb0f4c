"""How corruptions of the evaluated faces lower the accuracy."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from dashboard import errors
from dashboard.evaluate import session as evaluations, view as evaluate_view
from dashboard.evaluate.evaluation import Evaluation
from dashboard.look import plots
from dashboard.model_picker import prior_label
from dashboard.text import count
from fer.evaluation.robustness import KEPT
from fer.visualization import robustness_charts as charts

_LIMITS = (100, 300, 1000)


def section(evaluation: Evaluation) -> None:
    """The button that starts it, its progress, then a curve for each corruption."""
    st.markdown(
        "Applies ten corruptions (blur, noise, darkness, occlusion …) to the same faces, each with "
        "severity 1 to 5. Each model predicts 51 times for every face, so this takes longer than "
        "the evaluation: start with a sample of faces."
    )
    task, report = evaluation.robustness, evaluation.report()
    num_faces = len(report.faces)
    names = [model.name for model in report.models]
    models = names
    with st.container(horizontal=True, vertical_alignment="bottom"):
        faces = st.selectbox(
            "Faces",
            [*(limit for limit in _LIMITS if limit < num_faces), num_faces],
            format_func=lambda limit: f"all {limit:,}" if limit == num_faces else f"{limit:,}",
            width=160,
        )
        if len(names) > 1:
            models = st.selectbox(
                "Which models",
                [names, *([name] for name in names)],
                format_func=" and ".join,
                width=260,
            )
        # By default the ground truth follows the first model, which may not be among these.
        flags = ["--model", ",".join(models), "--labels", report.data["labels"]]
        flags += [] if faces == num_faces else ["--limit", str(faces)]
        st.button(
            "Measure robustness",
            on_click=_start,
            args=(evaluation, flags),
            disabled=task is not None and not task.is_done,
        )
    if task is not None and evaluate_view.watch(
        task, "Applying corruptions …", "predictions", f"{evaluation.key}-robustness"
    ):
        _curves(json.loads((task.results / KEPT).read_text("utf-8")))


def _start(evaluation: Evaluation, flags: Sequence[str]) -> None:
    with errors.show_errors(stop=False):
        evaluations.start_robustness(evaluation, flags)


def _curves(record: Mapping[str, Any]) -> None:
    models: Mapping[str, Any] = record["models"]
    first = next(iter(models.values()))
    clean = "; ".join(
        f"{name} {measured['clean']:.1%} (95% CI {100 * measured['clean_interval'][0]:.1f}–"
        f"{100 * measured['clean_interval'][1]:.1f}; expressions {prior_label(measured['prior'])})"
        for name, measured in models.items()
    )
    missed = record["data"]["not_found"]
    left_out = f" ({count(missed, 'image')} without a face left out)" if missed else ""
    st.markdown(
        f"Accuracy on the clean faces, {count(record['data']['n'], 'face')}{left_out}: {clean}."
    )
    if len(models) > 1:
        plots.show(charts.legend(list(models)), "robustness-legend", static=True)
    for number, (corruption, rows) in enumerate(first["curves"].items()):
        if number % 2 == 0:  # on phones the columns of a row follow each other
            columns = st.columns(2)
        accuracies = {
            name: [measured["clean"], *(row["accuracy"] for row in measured["curves"][corruption])]
            for name, measured in models.items()
        }
        strengths = ["none", *(row["words"] for row in rows)]
        with columns[number % 2]:
            plots.show(charts.curves(corruption, strengths, accuracies), f"robustness-{corruption}")
    st.dataframe(_table(models), hide_index=True)
    st.caption(
        "Severity 0 is the clean face; point at a chart to read what each severity is. The table: "
        "percentage points of accuracy lost at severity 5, with the paired 95% interval."
    )


def _table(models: Mapping[str, Any]) -> list[dict[str, str]]:
    corruptions = next(iter(models.values()))["curves"]
    return [
        {
            "corruption": corruption,
            "severity 5": rows[-1]["words"],
            **{
                name: _loss(measured["curves"][corruption][-1]) for name, measured in models.items()
            },
        }
        for corruption, rows in corruptions.items()
    ]


def _loss(row: Mapping[str, Any]) -> str:
    low, high = row["loss_interval"]
    return f"{row['loss']:.1f} ({low:.1f} to {high:.1f})".replace("-", "\N{MINUS SIGN}")
