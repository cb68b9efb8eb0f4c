"""A training run as the page shows it: its state, its curves, what can be done with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import streamlit as st

from dashboard import errors, model_actions
from dashboard.dataset.choice import display_name
from dashboard.look import plots
from dashboard.text import count, duration, escape_markdown, sentence
from dashboard.train import result, starting, titles
from fer import registry
from fer.errors import FerError
from fer.runs import launcher, uploads
from fer.runs.settings import TrainSettings
from fer.runs.status import RunStatus
from fer.runs.store import Run
from fer.visualization import charts, evaluation_charts

_Colour = Literal["gray", "blue", "orange", "green", "red"]
STATES: dict[str, tuple[str, str, _Colour]] = {
    "queued": ("queued", ":material/schedule:", "gray"),
    "starting": ("starting", ":material/rocket_launch:", "blue"),
    "running": ("training", ":material/model_training:", "blue"),
    "stopping": ("stopping: saving a checkpoint", ":material/pan_tool:", "orange"),
    "stopped": ("stopped", ":material/pause_circle:", "orange"),
    "finished": ("finished", ":material/check_circle:", "green"),
    "failed": ("failed", ":material/error:", "red"),
    "lost": ("interrupted", ":material/report:", "red"),
}
"""What each state is called, its icon and its colour."""
_PATIENCE_SECONDS = 5.0
_METRIC_WIDTH = 165
"""Two beside each other on a phone, and in columns there."""
_BATCH_LOSS: dict[str, Any] = {
    "mark": {"type": "line", "color": charts.SERIES_COLOURS[0]},
    "encoding": {
        "x": {
            "field": "epoch",
            "type": "quantitative",
            "title": "Epoch",
            "axis": {"tickCount": 5, "grid": False},
            "scale": {"nice": True},
        },
        "y": {
            "field": "loss",
            "type": "quantitative",
            "title": "Batch loss",
            "axis": {"tickCount": 4},
            "scale": {"zero": True},
        },
    },
}


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
    st.header(escape_markdown(titles.name(run)))
    try:
        settings = run.settings
    except FerError as error:
        st.error(escape_markdown(str(error)), icon=":material/warning:")
        _delete(run, status)
        return
    _state(run, status, settings)
    if status.error:
        st.error(escape_markdown(sentence(status.error)), icon=":material/warning:")
    if status.is_hung():
        st.warning("No sign of life for a minute: the machine is very busy, or the job hangs.")
    if status.is_active:
        _progress(status)
    _buttons(run, status)
    result.show(run, status)
    rows = run.metrics()
    if rows:
        _metrics(rows)
    if status.is_active and status.batch_losses:
        _batch_losses(status.batch_losses)
    elif status.is_active:
        st.caption("The loss of each batch is drawn here as soon as training begins.")
    if rows:
        _curves(run.id, rows)
    with st.expander("Log"):
        st.code(run.log(200) or "empty", language=None)
    if status.model in registry.names():
        with st.expander(f"Export {status.model}"), errors.show_errors():
            model_actions.export(str(status.model))
    _delete(run, status)


def _state(run: Run, status: RunStatus, settings: TrainSettings) -> None:
    """What it is doing, on which data, how far it is, and since when."""
    word, icon, colour = STATES[status.state]
    activity = status.activity if status.is_active and status.activity != "training" else None
    facts = [activity] if activity else []
    facts += [settings.network, display_name(settings.data)]
    if not status.is_active:
        facts.append(_where_it_ended(status))
    with st.container(horizontal=True, vertical_alignment="center"):
        st.badge(word, icon=icon, color=colour)
        st.markdown(" · ".join(map(escape_markdown, [*facts, f"started {titles.date(run)}"])))
    if status.model and settings.name not in (None, status.model):
        st.info(
            f"The name {settings.name} was taken during the run: the model is called "
            f"{status.model}.",
            icon=":material/info:",
        )


def _where_it_ended(status: RunStatus) -> str:
    if status.state == "finished" or not (status.epoch or status.progress):
        return f"{status.epoch} of {count(status.epochs, 'epoch')}"
    if not status.progress:
        return f"ended after {status.epoch} of {count(status.epochs, 'epoch')}"
    return f"ended in epoch {status.epoch + 1} of {status.epochs}, {status.progress:.0%} of it done"


def _progress(status: RunStatus) -> None:
    done = (status.epoch + status.progress) / max(1, status.epochs)
    is_trained = status.epochs > 0 and status.epoch >= status.epochs
    text = f"Epoch {min(status.epoch + 1, status.epochs)} of {status.epochs}"
    if is_trained:
        text = f"{count(status.epochs, 'epoch')} done"
    if status.state == "running" and status.images_per_second:
        text += f" · {count(round(status.images_per_second), 'image')} a second"
    if status.state == "running" and status.seconds_left is not None:
        text += f" · {duration(status.seconds_left)} left"
    st.progress(min(1.0, done), text)


def _buttons(run: Run, status: RunStatus) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        if status.state in ("queued", "starting", "running"):
            errors.button("train", "Stop", f"stop-{run.id}", launcher.stop, run)
        if status.state == "stopping" and _is_overdue(run):
            errors.button(
                "train",
                "End it now",
                f"end-{run.id}",
                launcher.stop,
                run,
                True,
                help="Ends the process at once. The run can be resumed after its last finished "
                "epoch; what came later is lost.",
            )
        if status.state in ("stopped", "failed", "lost"):
            errors.button(
                "train", "Resume", f"resume-{run.id}", starting.resume, run, type="primary"
            )


def _delete(run: Run, status: RunStatus) -> None:
    """Deletes it after a second press, which says what goes and what stays."""
    if status.is_active:
        return
    with st.popover("Delete this run", key=f"deleting-{run.id}"):
        text = "Settings, curves, checkpoints and log of this run are deleted for good."
        if status.model in registry.names():
            text += f" The model **{status.model}** stays; it is on the page Models."
        if any(uploads.used_by(digest) == (run.id,) for digest in uploads.named_in(run)):
            text += " The faces or weights that were uploaded for it are deleted too."
        st.markdown(text)
        errors.button("delete", "Delete for good", f"delete-{run.id}", launcher.delete, run)


def _is_overdue(run: Run) -> bool:
    """Whether a run that is stopping may be ended by force."""
    seconds = run.stopping_seconds()
    return seconds is None or seconds > _PATIENCE_SECONDS


def _metrics(rows: Sequence[Mapping[str, Any]]) -> None:
    newest, best = rows[-1], _best(rows)
    with st.container(horizontal=True):
        for label, text in (
            ("Validation accuracy", f"{newest['val_accuracy']:.1%}"),
            (f"Best epoch: {best['epoch']}", f"{best['val_accuracy']:.1%}"),
            ("Training accuracy", f"{newest['accuracy']:.1%}"),
            ("Validation loss", f"{newest['val_loss']:.3f}"),
        ):
            st.metric(label, text, width=_METRIC_WIDTH)


def _best(rows: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """The epoch that is published: the first with the best validation accuracy."""
    return max(rows, key=lambda row: row["val_accuracy"])


def _batch_losses(points: Sequence[tuple[float, float]]) -> None:
    """Drawn by Vega-Lite, which moves on without blinking every second."""
    epochs, losses = zip(*points, strict=True)
    st.metric("Batch loss", f"{losses[-1]:.3f}", width=_METRIC_WIDTH)
    st.vega_lite_chart({"epoch": epochs, "loss": losses}, _BATCH_LOSS, height=220)


def _curves(key: str, rows: Sequence[Mapping[str, Any]]) -> None:
    history, best = {"": rows}, _best(rows)
    title = f"Confusion matrix of the best epoch, {best['epoch']}"
    drawn = {
        "accuracy": charts.learning_curves(history, "accuracy"),
        "loss": charts.learning_curves(history, "loss"),
        "recall": charts.recall_curves(rows),
        "confusion": evaluation_charts.confusion_map(best["confusion"], title=title),
        "rate": charts.rate_curve(rows),
    }
    for number, (name, chart) in enumerate(drawn.items()):
        if number % 2 == 0:  # on phones the columns of a row follow each other
            columns = st.columns(2)
        with columns[number % 2]:
            plots.show(chart, f"{key}-{name}")
