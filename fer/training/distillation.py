"""Knowledge distillation: the predictions of published models are part of the targets.

Hinton et al. 2015, arXiv 1503.02531; with predictions for each face as it is and mirrored.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fer import registry
from fer.data.dataset import Dataset
from fer.emotions import NUM_EMOTIONS
from fer.prior import TRAINING
from fer.storage.files import written_whole

_CHUNK = 256


def predictions(
    teachers: Iterable[str],
    faces: Dataset,
    should_stop: Callable[[], bool] = lambda: False,
    on_share: Callable[[float], None] = lambda share: None,
) -> NDArray[np.float32] | None:
    """The mean prediction of the teachers for each face and its mirror image, float32 (N, 7).

    None if asked to stop before; `on_share` is called with the share of the faces that is done.
    """
    models = [registry.load(name, prior=TRAINING) for name in teachers]
    probabilities = np.empty((len(faces), NUM_EMOTIONS), np.float32)
    for start in range(0, len(faces), _CHUNK):
        if should_stop():
            return None
        rows = np.arange(start, min(start + _CHUNK, len(faces)))
        part = faces.rows(rows)
        views = []
        for model in models:
            pixels = part.inputs(model.card.input)
            views += [model.probabilities(pixels), model.probabilities(pixels[:, :, ::-1])]
        probabilities[rows] = np.mean(views, axis=0)
        on_share((rows[-1] + 1) / len(faces))
    return probabilities


def cached_predictions(
    file: Path,
    teachers: Iterable[str],
    faces: Dataset,
    should_stop: Callable[[], bool],
    on_share: Callable[[float], None],
) -> NDArray[np.float32] | None:
    """`predictions`, kept in `file` for a run that is resumed, even without its teachers."""
    cached = _read(file, faces)
    if cached is not None:
        return cached
    probabilities = predictions(teachers, faces, should_stop, on_share)
    if probabilities is not None:
        with written_whole(file) as whole:
            np.savez(whole, answers=probabilities, hash=faces.hash)
    return probabilities


def blended(
    targets: NDArray[np.float32], teacher_probabilities: NDArray[np.float32], share: float
) -> NDArray[np.float32]:
    """Targets (N, 7) of which `share` are the predictions of the teachers."""
    return ((1 - share) * targets + share * teacher_probabilities).astype(np.float32)


def _read(file: Path, faces: Dataset) -> NDArray[np.float32] | None:
    """The cached predictions for these faces; None where the file is damaged or of others."""
    try:
        with file.open("rb") as source, np.load(source) as saved:
            is_same = str(saved["hash"]) == faces.hash
            probabilities = np.asarray(saved["answers"], np.float32)
    except (OSError, ValueError, EOFError, KeyError, TypeError, zipfile.BadZipFile):
        return None
    return probabilities if is_same and probabilities.shape == (len(faces), NUM_EMOTIONS) else None
