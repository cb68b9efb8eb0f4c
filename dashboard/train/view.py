"""A training run as the page shows it: its state, its curves, what can be done with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from dashboard import errors, model_actions
from dashboard.look import plots
from dashboard.text import duration, escape_markdown
from dashboard.train import starting
from fer import registry
from fer.errors import FerError
from fer.runs import launcher
from fer.runs.status import RunStatus
from fer.runs.store import Run
from fer.visualization import charts, evaluation_charts

STATE_WORDS = {
    "queued": ":material/hourglass_empty: waiting for its turn",
    "starting": ":material/hourglass_empty: starting",
    "running": ":material/model_training: training",
    "stopping": ":material/save: stopping: saving a checkpoint",
    "stopped": ":material/pause_circle: stopped",
    "finished": ":material/check_circle: finished",
    "failed": ":material/cancel: failed",
    "lost": ":material/error: lost: its process died",
}
_PATIENCE_SECONDS = 5.0


def watch(run: Run) -> None:
    """Everything of a run; it updates itself while the run is active."""
    status = run.status()
    if status.is_active:
        st.fragment(_live, run_every=1.0)(run)
    else:
        _show(run, status)


def _live(run: Run) -> None:
    status = run.status()
    if not status.is_active:
        st.rerun()
    _show(run, status)


def _show(run: Run, status: RunStatus) -> None:
    try:
        settings = run.settings
    except FerError as error:
        st.error(escape_markdown(str(error)), icon=":material/warning:")
        _buttons(run, status)
        return
    st.markdown(f"## {settings.name or run.id}")
    doing = status.activity if status.is_active and status.state != "running" else None
    activity = f" ({doing})" if doing else ""
    st.markdown(
        f"{STATE_WORDS[status.state]}{activity} · {settings.network} · "
        f"{escape_markdown(Path(settings.data).name)}"
    )
    if status.model and settings.name not in (None, status.model):
        st.info(
            f"The name {settings.name} was taken during the run: the model is called "
            f"{status.model}.",
            icon=":material/info:",
        )
    if status.error:
        st.error(escape_markdown(status.error), icon=":material/warning:")
    if status.is_hung():
        st.warning("No sign of life for a minute: the machine is very busy, or the job hangs.")
    _progress(status)
    _buttons(run, status)
    rows = run.metrics()
    if rows:
        _curves(run.id, rows)
    elif status.is_active:
        st.caption("The curves start after the first epoch.")
    with st.expander("Log"):
        st.code(run.log(200) or "empty", language=None)


def _progress(status: RunStatus) -> None:
    done = (status.epoch + status.progress) / max(1, status.epochs)
    text = f"Epoch {min(status.epoch + 1, status.epochs)} of {status.epochs}"
    if not status.is_active:
        text = f"{status.epoch} of {status.epochs} epochs"
    if status.state == "running" and status.images_per_second:
        text += f" · {status.images_per_second:,.0f} images a second"
    if status.state == "running" and status.seconds_left is not None:
        text += f" · {duration(status.seconds_left)} left"
    st.progress(min(1.0, done), text)


def _buttons(run: Run, status: RunStatus) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        if status.state in ("queued", "starting", "running"):
            st.button(
                "Stop", key=f"stop-{run.id}", on_click=errors.attempt, args=(launcher.stop, run)
            )
        if status.state == "stopping" and _is_overdue(run):
            st.button(
                "End it now",
                key=f"end-{run.id}",
                help="Ends the process at once. The run can be resumed after its last finished "
                "epoch; what came later is lost.",
                on_click=errors.attempt,
                args=(launcher.stop, run, True),
            )
        if status.state in ("stopped", "failed", "lost"):
            st.button(
                "Resume",
                key=f"resume-{run.id}",
                on_click=errors.attempt,
                args=(starting.resume, run),
            )
        if not status.is_active:
            st.button(
                "Delete",
                key=f"delete-{run.id}",
                on_click=errors.attempt,
                args=(launcher.delete, run),
            )
        if status.state == "finished" and status.model in registry.names():
            model_actions.use(status.model)


def _is_overdue(run: Run) -> bool:
    """Whether a run that is stopping may be ended by force."""
    seconds = run.stopping_seconds()
    return seconds is None or seconds > _PATIENCE_SECONDS


def _curves(key: str, rows: Sequence[Mapping[str, Any]]) -> None:
    newest, best = rows[-1], max(rows, key=lambda row: row["val_accuracy"])
    with st.container(horizontal=True):
        st.metric("Validation accuracy", f"{newest['val_accuracy']:.1%}")
        st.metric("Best so far", f"{best['val_accuracy']:.1%}", f"epoch {best['epoch']}", "off")
        st.metric("Training accuracy", f"{newest['accuracy']:.1%}")
        st.metric("Validation loss", f"{newest['val_loss']:.3f}")
    left, right = st.columns(2)
    history = {"": rows}
    with left:
        plots.show(charts.learning_curves(history, "accuracy"), f"{key}-accuracy")
        plots.show(charts.recall_curves(rows), f"{key}-recall")
        plots.show(charts.rate_curve(rows), f"{key}-rate")
    with right:
        plots.show(charts.learning_curves(history, "loss"), f"{key}-loss")
        plots.show(evaluation_charts.confusion_map(newest["confusion"]), f"{key}-confusion")


def history(listed: Sequence[Run]) -> None:
    """Settings of all runs side by side; those that are picked have their curves laid over."""
    rows = [_history_row(run) for run in listed]
    picked = st.dataframe(
        rows,
        hide_index=True,
        on_select="rerun",
        selection_mode="multi-row",
        key="history",
        column_config={"best": st.column_config.NumberColumn(format="percent")},
    )
    chosen = [listed[row] for row in picked["selection"]["rows"] if row < len(listed)]
    if not chosen:
        st.caption("Tick runs to lay their curves over each other.")
        return
    histories = {run.id: run.metrics() for run in chosen if run.metrics()}
    left, right = st.columns(2)
    with left:
        plots.show(charts.learning_curves(histories, "accuracy"), "history-accuracy")
    with right:
        plots.show(charts.learning_curves(histories, "loss"), "history-loss")


def _history_row(run: Run) -> dict[str, Any]:
    try:
        settings, rows = run.settings, run.metrics()
    except FerError:
        return {"run": run.id, "state": "damaged"}
    return {
        "run": settings.name or run.id,
        "state": run.status().state,
        "best": max((row["val_accuracy"] for row in rows), default=None),
        "epochs": f"{len(rows)}/{settings.epochs}",
        "network": settings.network,
        "data": Path(settings.data).name,
        "question": settings.labels,
        "rate": settings.learning_rate,
        "batch": settings.batch_size,
        "optimiser": settings.optimizer,
        "schedule": settings.schedule,
        "augmentation": settings.augmentation,
        "images": settings.limit,
        "weights": settings.weights,
        "frozen": settings.freeze,
        "minutes": round(sum(row["seconds"] for row in rows) / 60, 1),
    }
