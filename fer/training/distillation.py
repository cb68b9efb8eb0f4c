"""Knowledge distillation: published models whose answers are part of what a network should answer.

Hinton et al. 2015, arXiv 1503.02531; with answers to each face as it is and mirrored.
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
from fer.files import written_whole
from fer.prior import TRAINING

_CHUNK = 256


def answers(
    teachers: Iterable[str],
    faces: Dataset,
    should_stop: Callable[[], bool] = lambda: False,
    on_share: Callable[[float], None] = lambda share: None,
) -> NDArray[np.float32] | None:
    """The mean of what the teachers say of every face and of its mirror image, float32 (N, 7).

    None if asked to stop before; `on_share` hears which share of the faces has its answers.
    """
    models = [registry.load(name, prior=TRAINING) for name in teachers]
    found = np.empty((len(faces), NUM_EMOTIONS), np.float32)
    for start in range(0, len(faces), _CHUNK):
        if should_stop():
            return None
        rows = np.arange(start, min(start + _CHUNK, len(faces)))
        part = faces.rows(rows)
        said = []
        for model in models:
            pixels = part.inputs(model.card.input)
            said += [model.probabilities(pixels), model.probabilities(pixels[:, :, ::-1])]
        found[rows] = np.mean(said, axis=0)
        on_share((rows[-1] + 1) / len(faces))
    return found


def answers_kept(
    file: Path,
    teachers: Iterable[str],
    faces: Dataset,
    should_stop: Callable[[], bool],
    on_share: Callable[[float], None],
) -> NDArray[np.float32] | None:
    """`answers`, once: `file` keeps them for a run that goes on, even without its teachers."""
    kept = _read(file, faces)
    if kept is not None:
        return kept
    found = answers(teachers, faces, should_stop, on_share)
    if found is not None:
        with written_whole(file) as whole:
            np.savez(whole, answers=found, hash=faces.hash)
    return found


def blended(
    targets: NDArray[np.float32], teacher_probabilities: NDArray[np.float32], share: float
) -> NDArray[np.float32]:
    """Targets (N, 7) of which `share` is what the teachers say."""
    return ((1 - share) * targets + share * teacher_probabilities).astype(np.float32)


def _read(file: Path, faces: Dataset) -> NDArray[np.float32] | None:
    """What was kept of these faces; None where it is damaged or of others."""
    try:
        with file.open("rb") as source, np.load(source) as kept:
            is_theirs = str(kept["hash"]) == faces.hash
            found = np.asarray(kept["answers"], np.float32)
    except (OSError, ValueError, EOFError, KeyError, TypeError, zipfile.BadZipFile):
        return None
    return found if is_theirs and found.shape == (len(faces), NUM_EMOTIONS) else None
