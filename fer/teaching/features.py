"""What a model sees in faces: its last features, and how these are spread over people in general.

A model that can be taught has `features.npz` beside its engine: the mean features of each emotion
(7, F) and the covariance that they share (F, F), measured once on its training faces. From these,
features of faces that nobody has to keep are drawn; see `General.drawn`.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fer import registry
from fer.data.dataset import Dataset
from fer.emotions import NUM_EMOTIONS
from fer.engine import BATCH, Model, limited
from fer.errors import BadModel
from fer.inference import activation, cropping
from fer.teaching.captures import CapturedFace

Floats = NDArray[np.float64]

STATISTICS_FILE = "features.npz"
MEASURED_FACES = 6000
_MOST_BYTES = 4 * 1024**2
_LEAST = 1e-12
_SEED = 0


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """What a model gives for N faces: `features` (N, F), `log_probabilities` (N, 7) of its raw
    output."""

    features: Floats
    log_probabilities: Floats

    def rows(self, chosen: NDArray[Any]) -> Seen:
        return Seen(self.features[chosen], self.log_probabilities[chosen])


@dataclass(frozen=True, slots=True, eq=False)
class General:
    """A model's features of people in general: `means` (7, F), `covariance` (F, F), and its last
    layer, which makes predictions of features."""

    means: Floats
    covariance: Floats
    classifier: activation.Classifier

    def drawn(self, of_each: int) -> Seen:
        """Features of faces that do not exist, `of_each` emotion, and the model's predictions."""
        random = np.random.default_rng(_SEED)
        root = np.linalg.cholesky(self.covariance + 1e-5 * np.eye(len(self.covariance)))
        means = np.repeat(self.means, of_each, axis=0)
        return self.predicted(means + random.normal(size=means.shape) @ root.T)

    def predicted(self, features: Floats) -> Seen:
        """The model's predictions for features (N, F), which are never below 0."""
        features = np.maximum(features, 0)
        weights = self.classifier.weights.astype(np.float64)
        return Seen(features, log_softmax(features @ weights + self.classifier.bias))


def seen(model: Model, pixels: NDArray[np.uint8]) -> Seen:
    """Features and raw predictions for inputs uint8 (N, H, W, C). Raises `BadModel` for a model
    that gives no last feature maps."""
    outputs = [output.name for output in model.session.get_outputs()][:2]
    name = model.card.name
    if len(outputs) < 2:
        raise BadModel(f"the model {name!r} has no output with features, so it cannot be taught.")
    parts = []
    for start in range(0, len(pixels), BATCH):
        batch = pixels[start : start + BATCH].astype(np.float32)
        try:
            probabilities, maps = limited.run(model.session, outputs, batch)
        except Exception:  # noqa: BLE001 - the engine raises types of its own
            raise BadModel(f"the model {name!r} fails on {len(batch)} faces.") from None
        if maps.ndim != 4 or not np.isfinite(maps).all() or not np.isfinite(probabilities).all():
            raise BadModel(f"the model {name!r} gives no feature maps, so it cannot be taught.")
        logs = np.log(np.maximum(probabilities.astype(np.float64), _LEAST))
        parts.append((maps.mean(axis=(1, 2)).astype(np.float64), logs))
    return Seen(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


def inputs(faces: Iterable[CapturedFace], model: Model) -> NDArray[np.uint8]:
    """Captured faces as the model's inputs."""
    return cropping.network_input([face.crop for face in faces], model.card.input)


def general(name: str) -> General:
    """The statistics in the folder of a published model. Raises `BadModel` where there are none,
    or not those of this model."""
    folder = registry.path_of(name)
    engine = folder / "model.onnx"
    classifier = activation.classifier(engine, engine.stat().st_mtime_ns)
    file = folder / STATISTICS_FILE
    if classifier is None or not file.is_file():
        raise BadModel(
            f"the model {name!r} has no {STATISTICS_FILE}, so it cannot be taught without "
            f"forgetting what it knew. Models that can be: {', '.join(teachable()) or 'none'}."
        )
    if registry.card(name).files.get(file.name) != registry.file_hash(file):
        raise BadModel(f"{file.name} of the model {name!r} is not the file its card describes.")
    means, covariance = _read(file, name)
    size = len(classifier.weights)
    if means.shape != (NUM_EMOTIONS, size) or covariance.shape != (size, size):
        raise BadModel(f"{file.name} of the model {name!r} belongs to another network.")
    return General(means, covariance, classifier)


def teachable() -> list[str]:
    """The published models that can be taught."""
    return [n for n in registry.names() if (registry.path_of(n) / STATISTICS_FILE).is_file()]


def measure(model: Model, data: Dataset, target: Path) -> None:
    """Writes the statistics of a model for `MEASURED_FACES` of labelled faces, none of which can
    be told from them: means and one covariance, as float16."""
    rows = np.random.default_rng(_SEED).permutation(len(data))[:MEASURED_FACES]
    found = seen(model, data.rows(rows).inputs(model.card.input))
    weights = np.exp(found.log_probabilities)
    means = (weights.T @ found.features) / weights.sum(axis=0)[:, None]
    covariance = np.zeros((means.shape[1],) * 2)
    for emotion, mean in enumerate(means):
        gap = found.features - mean
        covariance += (weights[:, emotion, None] * gap).T @ gap
    np.savez_compressed(
        target,
        means=means.astype(np.float16),
        covariance=(covariance / len(rows)).astype(np.float16),
    )


def log_softmax(logits: Floats) -> Floats:
    shifted = logits - logits.max(axis=1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True)))


def _read(file: Path, name: str) -> tuple[Floats, Floats]:
    try:
        if file.stat().st_size > _MOST_BYTES:
            raise ValueError("it is too large")
        with file.open("rb") as stream, np.load(stream, allow_pickle=False) as arrays:
            means, covariance = (arrays[key].astype(np.float64) for key in ("means", "covariance"))
        if not np.isfinite(means).all() or not np.isfinite(covariance).all():
            raise ValueError("it holds numbers that are not finite")
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise BadModel(f"{file.name} of the model {name!r} cannot be read: {error}.") from None
    return means, covariance
