"""What a run that has finished publishes: the best epoch, and how it was chosen."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from fer import registry
from fer.data.dataset import Dataset
from fer.errors import BadModel, UnknownModel
from fer.model_card import ModelCard
from fer.runs.store import Run

if TYPE_CHECKING:
    from fer.training.learner import Learner


def publish(
    run: Run, learner: Learner, data: Dataset, on_step: Callable[[str], None] = lambda step: None
) -> ModelCard:
    """Publishes the average that a learner has loaded, under the run's name or id; `on_step` is
    told what it does."""
    from fer.export import publish as export

    settings = run.settings
    return export.publish(
        learner.average,
        settings,
        data,
        name=settings.name or run.id,
        card_settings={key: value for key, value in settings.as_dict().items() if key != "votes"}
        | {"data": Path(settings.data).name, "weights": _file_name(settings.weights)},
        facts={
            "protocol": (
                f"validation split, on which {_chosen(run)} chosen and the temperature fitted; "
                "duplicates of its faces were left out of training; no test-time augmentation"
            ),
            "run": run.id,
            "best_epoch": learner.progress.best_epoch,
            "seconds": round(sum(row["seconds"] for row in run.metrics())),
        },
        on_step=lambda step: on_step(f"saving the model: {step}"),
    )


def published_by(run: Run) -> str | None:
    """The model that a run published before it was killed, just before it could say so."""
    for name in registry.names():
        with contextlib.suppress(BadModel, UnknownModel):
            if registry.card(name).metrics.get("run") == run.id:
                return name
    return None


def _chosen(run: Run) -> str:
    sweep = run.sweep
    if sweep is None:
        return "the epoch was"
    return f"the epoch and, among {sweep.trials} trials, the settings were"


def _file_name(path: str | None) -> str | None:
    """What a card says of a path of this machine."""
    return None if path is None else Path(path).name
