"""From a trained network to a model folder: temperature, figures, engine file, card."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import keras

from fer import registry
from fer.data.dataset import CROWD, FER2013, Dataset, default_labels
from fer.data.synthetic import faces as synthetic_faces
from fer.emotions import EMOTIONS
from fer.export import card_figures, formats, onnx as onnx_export
from fer.model_card import INTENDED_USE, NOT_FOR, ModelCard
from fer.networks import build as networks
from fer.runs.settings import TrainSettings, from_dict


def publish(
    model: keras.Model,
    settings: TrainSettings,
    data: Dataset,
    *,
    name: str,
    card_settings: Mapping[str, Any],
    facts: Mapping[str, Any],
    made_of: ModelCard | None = None,
    on_step: Callable[[str], None] = lambda step: None,
) -> ModelCard:
    """Exports a network and publishes it, see `publish_engine`; `on_step` is told what it does.

    Raises `BadModel` if the exported network gives other predictions.
    """
    with registry.workshop() as folder:
        engine = folder / "model.onnx"
        on_step("exporting its best epoch to ONNX")
        onnx_export.to_onnx(model, settings.input, engine)
        on_step("checking the export")
        pixels = data.split("validation").inputs(settings.input)[:256]
        facts = {**facts, "export_difference": onnx_export.check(model, engine, pixels)}
        on_step("measuring it on the validation faces")
        return publish_engine(
            engine,
            model,
            settings,
            data,
            name=name,
            card_settings=card_settings,
            facts=facts,
            made_of=made_of,
        )


def publish_engine(
    engine: Path,
    model: keras.Model,
    settings: TrainSettings,
    data: Dataset,
    *,
    name: str,
    card_settings: Mapping[str, Any],
    facts: Mapping[str, Any],
    made_of: ModelCard | None = None,
) -> ModelCard:
    """Fits the temperature of an engine file on the validation faces of `data`, measures it there
    under each prior and publishes it beside the network it was made from.

    `card_settings` go on the card; `facts` stand before the figures in its metrics. A model
    that is `made_of` another one has the priors of that one. Where the name was taken in the
    meantime the model is called `name-2`: no work is lost.
    """
    validation = data.split("validation")
    raw = formats.onnx_predictions(engine, validation.inputs(settings.input))
    labels = settings.labels or default_labels(data)
    training_shares, assumed_shares = card_figures.shares(data, labels, card_settings)
    measured = card_figures.under_priors(
        raw,
        data,
        labels,
        training_shares,
        assumed_shares,
        **card_figures.inherited(made_of),
    )
    measured["metrics"] = {**facts, **measured["metrics"]}
    card = ModelCard(
        name=name,
        network=settings.network,
        question=CROWD if labels == CROWD else data.own_labels,
        labels=EMOTIONS,
        input=settings.input,
        data={
            "name": data.name,
            "hash": data.hash,
            "licence": data.licence,
            "train": int((data.splits == "train").sum()),
            "validation": len(validation),
        },
        settings=card_settings,
        parameters=model.count_params(),
        multiply_adds=networks.multiply_adds(model),
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        intended_use=_intended_use(data, labels),
        not_for=NOT_FOR,
        files={},
        **measured,
    )
    with registry.workshop() as folder:
        original = folder / "model.keras"
        model.save(original)
        return registry.publish_beside(card, {"model.onnx": engine, "model.keras": original})


def _intended_use(data: Dataset, labels: str) -> str:
    """What the model may be used for, beginning with what it predicts."""
    if data.name == synthetic_faces.NAME:
        return "Trying out training only: it has seen drawings and no face of a person."
    if labels == CROWD or data.own_labels == FER2013:
        return INTENDED_USE
    return f"Predicts the labels of {data.name}. {INTENDED_USE}"


def trained_on(card: ModelCard, path: str, votes: str | None) -> tuple[TrainSettings, Dataset]:
    """The faces in `path` as the model of that card saw them, and settings that say how.

    Raises `BadSettings` where the model was trained on other data.
    """
    settings = from_dict(
        {
            "data": path,
            "votes": votes,
            "network": card.network,
            "labels": card.question,
            "classes": card.settings.get("classes"),
            "input": card.input.as_dict(),
        }
    )
    return settings, card_figures.training_data(card, path, votes)
