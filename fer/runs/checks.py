"""What can be known of a run's settings before it starts. No TensorFlow here."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import shutil
from pathlib import Path

from fer import registry
from fer.data.loading import DRAWN
from fer.errors import BadDataset, BadModel, BadRun, BadSettings, NotInstalled, UnknownModel
from fer.runs import store, weights
from fer.runs.settings import TrainSettings

TRAINING_PACKAGES = ("tensorflow", "keras", "tf2onnx")
INSTALL = 'pip install "fer-dashboard[train]"'
LEAST_FREE_BYTES = 200 * 1024**2


def check_installed() -> None:
    """Raises `NotInstalled` where the package was installed without what training needs."""
    if importlib.util.find_spec(TRAINING_PACKAGES[0]) is None:
        raise NotInstalled(f"training and exports need TensorFlow. Install it: {INSTALL}")


def check(settings: TrainSettings) -> None:
    """Raises `FerError` for what would make a run fail and is quick to see: names, weights, disk.

    The faces themselves are checked by `inspection.inspect` before, and by the job.
    """
    check_installed()
    name = settings.name
    if name is not None:
        check_name(name)
    if settings.data != DRAWN and not os.path.exists(settings.data):
        raise BadDataset(f"{Path(settings.data).name} does not exist. Check the path.")
    weights.source(settings)
    check_teachers(settings)
    check_space()


def check_name(name: str) -> None:
    """Raises `FerError` if a model has that name, or will have it once a run is finished.

    Runs are looked at first: one that finishes meanwhile has published its model by then.
    """
    registry.check_name(name)
    for run in store.listing():
        with contextlib.suppress(BadRun):
            if run.status().is_active and run.settings.name == name:
                raise BadSettings(
                    f"the run {run.id} will be published as {name!r}; choose another name."
                )
    if name in registry.names():
        raise BadSettings(f"there is a model {name!r} already; choose another name.")


def check_teachers(settings: TrainSettings) -> None:
    """Raises `BadSettings` where a teacher is damaged, unknown or predicts something else."""
    for name in settings.teachers:
        try:
            question = registry.load(name).card.question
        except (BadModel, UnknownModel) as error:
            raise BadSettings(f"the teacher {name!r} cannot teach: {error}") from None
        if settings.labels is not None and question != settings.labels:
            raise BadSettings(
                f"the teacher {name!r} predicts {question!r}, but the settings name "
                f"{settings.labels!r}; choose a teacher that predicts the same."
            )


def check_space(num_bytes: int = 0) -> None:
    """Raises `BadRun` where runs or models could not be written for want of space.

    `num_bytes` are needed, and never less than `LEAST_FREE_BYTES`.
    """
    num_bytes = max(num_bytes, LEAST_FREE_BYTES)
    for target in (store.folder(), registry.folder()):
        existing = next(path for path in (target, *target.absolute().parents) if path.exists())
        free = shutil.disk_usage(existing).free
        if free < num_bytes:
            raise BadRun(
                f"the disk is too full to train: the folder {target.name!r} needs "
                f"{_megabytes(num_bytes)} and {_megabytes(free)} are free. "
                "Delete runs or models, or free space elsewhere."
            )


def _megabytes(num_bytes: int) -> str:
    return f"{num_bytes / 1024**2:,.0f} MB"
