"""From a trained network to a model folder: temperature, figures, engine file, card."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from fer import metrics, registry
from fer.emotions import EMOTIONS
from fer.training import calibration, datasets, export, head, networks
from fer.training.datasets import Dataset
from fer.training.purpose import INTENDED_USE, NOT_FOR
from fer.training.settings import TrainSettings
from fer.values import ModelCard


def publish(
    model: keras.Model,
    settings: TrainSettings,
    data: Dataset,
    *,
    name: str,
    told: Mapping[str, Any],
    facts: Mapping[str, Any],
) -> ModelCard:
    """Fits the temperature on the validation faces of `data`, measures, exports and publishes.

    `told` becomes the card's settings; `facts` stand before the figures in its metrics. Raises
    `BadModel` if the name is taken or the export answers otherwise than the network.
    """
    validation = data.split("validation")
    pixels = validation.inputs(settings.input)
    targets = datasets.targets(validation, settings.labels)
    answer = tf.function(lambda x: model(x, training=False), reduce_retracing=True)
    raw = np.concatenate(list(head.answers(answer, pixels)))
    temperature = metrics.fitted_temperature(raw, targets)
    probabilities = metrics.with_temperature(raw, temperature)
    figures = calibration.figures(
        probabilities,
        datasets.truth(validation, settings.labels),
        targets if settings.labels == "crowd" else None,
        calibration.halves(validation.picture_hashes()),
    )
    with tempfile.TemporaryDirectory() as folder:
        engine, original = Path(folder, "model.onnx"), Path(folder, "model.keras")
        export.to_onnx(model, settings.input, engine)
        difference = export.check(model, engine, pixels[:256])
        model.save(original)
        card = ModelCard(
            name=name,
            network=settings.network,
            question=settings.labels,
            labels=EMOTIONS,
            input=settings.input,
            temperature=round(temperature, 4),
            uncertain_below=round(calibration.uncertain_below(probabilities.max(axis=1)), 4),
            data={
                "name": data.name,
                "hash": data.hash,
                "licence": data.licence,
                "train": int((data.splits == "train").sum()),
                "validation": len(validation),
            },
            settings=told,
            metrics={**facts, "export_difference": difference, **figures},
            parameters=model.count_params(),
            multiply_adds=networks.multiply_adds(model),
            created=datetime.now(UTC).isoformat(timespec="seconds"),
            intended_use=INTENDED_USE,
            not_for=NOT_FOR,
            files={},
        )
        return registry.publish(card, {"model.onnx": engine, "model.keras": original})
