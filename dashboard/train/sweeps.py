"""Sweeps as the page shows them: progress, charts, their trials, and what came of the best one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import streamlit as st

from dashboard import errors
from dashboard.look import plots
from dashboard.text import count, escape_markdown
from dashboard.train import result, starting, sweep_form, titles, view as train_view
from fer import permission
from fer.distributed import sweep_jobs, sweeps
from fer.distributed.sweeps import SweepSettings
from fer.errors import FerError
from fer.runs.settings import TrainSettings
from fer.runs.store import Run
from fer.visualization import sweep_charts as charts
from fer.visualization.sweep_charts import TrialPoint

_CHOSEN = (
    "The settings were chosen on the validation faces too, so this accuracy is a little too good. "
    "*Evaluate* measures it on a test split."
)


def show(settings: TrainSettings, is_stored: bool) -> None:
    """The form that starts one, then the sweep that is chosen."""
    listed = sweep_jobs.listing()
    with st.expander("New sweep", expanded=not listed, icon=":material/add:"):
        sweep_form.show(settings, is_stored)
    if not listed:
        st.info(
            "No sweeps yet. Each trial of a sweep is kept here as a run.", icon=":material/info:"
        )
        return
    chosen = st.selectbox(
        "Sweep", listed, format_func=_title, label_visibility="collapsed", key="sweep"
    )
    if sweep_jobs.is_at_work(chosen):
        st.fragment(_live, run_every=2.0)(chosen)
    else:
        _show(chosen)


def _title(sweep_id: str) -> str:
    try:
        sweep = sweeps.kept(sweep_id)
    except FerError:
        return f"damaged sweep · {titles.stamped(sweep_id)}"
    name = sweep.name or sweep.trial({}).network
    return f"{name} · {count(sweep.trials, 'trial')} · {titles.stamped(sweep_id)}"


def _live(sweep_id: str) -> None:
    if not sweep_jobs.is_at_work(sweep_id):
        st.rerun()
    _show(sweep_id)


def _show(sweep_id: str) -> None:
    with errors.show_errors(stop=False):
        sweep, trials = sweeps.kept(sweep_id), sweeps.trials(sweep_id)
        points = _points(trials, list(sweep.search))
        _state(sweep_id, sweep, trials, points)
        if points:
            left, right = st.columns([3, 2])
            with left:
                plots.show(charts.parallel(points), f"parallel-{sweep_id}")
            with right:
                plots.show(charts.best_so_far(points), f"best-{sweep_id}")
        if trials:
            _trials(sweep_id, trials, list(sweep.search))
        elif sweep_jobs.is_at_work(sweep_id):
            st.caption("Trials appear here once the cluster has started and the data is read.")
    with st.expander("Log"):
        st.code(sweep_jobs.log(sweep_id) or "It was started in a shell, which has its log.")
    _delete(sweep_id)


def _points(trials: Sequence[Run], varied: Sequence[str]) -> list[TrialPoint]:
    points = []
    for run in trials:
        rows = run.metrics()
        if rows:
            values = run.settings.as_dict()
            points.append(
                TrialPoint(
                    titles.trial(run),
                    {name: values[name] for name in varied},
                    max(row["val_accuracy"] for row in rows),
                )
            )
    return points


def _state(
    sweep_id: str, sweep: SweepSettings, trials: Sequence[Run], points: Sequence[TrialPoint]
) -> None:
    """What it is doing, how far it is, and what can be done with it."""
    is_at_work = sweep_jobs.is_at_work(sweep_id)
    states = [run.status().state for run in trials]
    published = next(
        (run for run, state in zip(trials, states, strict=True) if state == "finished"), None
    )
    best = max(points, key=lambda point: point.accuracy, default=None)
    failure = sweep_jobs.failure(sweep_id)
    state = "failed" if failure else "finished" if published else "stopped"
    word, icon, colour = train_view.STATES["running" if is_at_work else state]
    facts = [f"{len(trials)} of {count(sweep.trials, 'trial')}"]
    if best is not None:
        facts.append(f"best so far {best.accuracy:.1%} ({best.name})")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.badge(word, icon=icon, color=colour)
        st.markdown(escape_markdown(" · ".join(facts)))
    if failure:
        st.error(escape_markdown(failure), icon=":material/warning:")
    if is_at_work:
        _progress(sweep, trials)
    elif published is not None:
        result.show(published, published.status())
        st.caption(f"The best of {count(len(trials), 'trial')}. {_CHOSEN}")
    with st.container(horizontal=True):
        if is_at_work:
            errors.button("train", "Stop sweep", f"stop-{sweep_id}", sweep_jobs.stop, sweep_id)
        elif published is None:
            _unfinished(sweep_id, sweep, trials, best)


def _progress(sweep: SweepSettings, trials: Sequence[Run]) -> None:
    """Of all epochs that could be trained; ASHA leaves most of them out."""
    epochs = sweep.trial({}).epochs
    active = sum(run.status().is_active for run in trials)
    over = len(trials) - active
    trained = sum(len(run.metrics()) for run in trials if run.status().is_active) / epochs
    share = min(1.0, (over + trained) / sweep.trials)
    text = f"{over} of {count(sweep.trials, 'trial')} done · {active} training"
    st.progress(share, text if trials else "Starting Ray and reading the data …")


def _unfinished(
    sweep_id: str, sweep: SweepSettings, trials: Sequence[Run], best: TrialPoint | None
) -> None:
    errors.button(
        "train",
        "Resume sweep",
        f"resume-{sweep_id}",
        sweep_jobs.resume,
        sweep_id,
        sweep_form.default_workers(),
        type="primary",
    )
    if best is None:
        return
    run = next(run for run in trials if titles.trial(run) == best.name)
    errors.button(
        "train",
        "Train the best trial on and publish it",
        f"publish-{sweep_id}",
        _publish,
        run,
        sweep.name,
        help="Trains its remaining epochs as an ordinary run. The model's card says that its "
        "settings were chosen on the validation faces.",
    )


def _publish(run: Run, name: str | None) -> None:
    permission.require("train")
    run.write_settings(replace(run.settings, name=name))
    starting.resume(run)


def _trials(sweep_id: str, trials: Sequence[Run], varied: Sequence[str]) -> None:
    """The trials; the one that is picked is shown as any run is."""
    picked = st.dataframe(
        [_row(run, varied) for run in trials],
        hide_index=True,
        on_select="rerun",
        selection_mode="single-row",
        key=f"trials-{sweep_id}",
        column_config={"accuracy": st.column_config.NumberColumn(format="%.1f%%")},
    )
    rows = [row for row in picked["selection"]["rows"] if row < len(trials)]
    if rows:
        train_view.watch(trials[rows[0]])
    else:
        st.caption("Select a trial to see its curves.")


def _row(run: Run, varied: Sequence[str]) -> dict[str, Any]:
    values, rows = run.settings.as_dict(), run.metrics()
    return {
        "trial": titles.trial(run),
        "accuracy": max((100 * row["val_accuracy"] for row in rows), default=None),
        **{name.replace("_", " "): values[name] for name in varied},
        "epochs": f"{len(rows)} of {run.settings.epochs}",
        "state": train_view.STATES[run.status().state][0],
    }


def _delete(sweep_id: str) -> None:
    if sweep_jobs.is_at_work(sweep_id):
        return
    with st.popover("Delete this sweep", key=f"deleting-{sweep_id}"):
        st.markdown(
            "The runs of all its trials are deleted for good: settings, curves, checkpoints and "
            "logs. A published model stays; it is on the page Models."
        )
        errors.button(
            "delete", "Delete for good", f"delete-{sweep_id}", sweep_jobs.delete, sweep_id
        )
