"""Models that were trained on from the same weights, averaged into one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from fer import registry
from fer.errors import BadModel, BadSettings
from fer.export import onnx as onnx_export, publish
from fer.model_card import ModelCard


def average(names: Sequence[str], name: str, data: str, votes: str | None = None) -> ModelCard:
    """Publishes the equal average of published models' weights as a model of its own.

    A model soup (Wortsman et al. 2022, arXiv 2203.05482): it costs one model's time and is often
    better than each, if one was trained on from the other or both from the same weights. `data` is
    what they were trained on; its validation faces give temperature and figures. Raises
    `BadSettings` where the models do not fit each other or the data.
    """
    if registry.check_name(name) in registry.names():
        raise BadSettings(f"there is a model {name!r} already; choose another name.")
    if len(set(names)) < 2:
        raise BadSettings("name at least two different models to average.")
    cards = [registry.card(part) for part in names]
    first = cards[0]
    for card in cards[1:]:
        if _kind(card) != _kind(first):
            raise BadSettings(
                f"{card.name!r} and {first.name!r} differ in network, input, training target or "
                "data; only models that agree in all four can be averaged."
            )
    settings, faces = publish.trained_on(first, data, votes)
    models = [onnx_export.load(card) for card in cards]
    arrays = zip(*(model.get_weights() for model in models), strict=True)
    try:
        models[0].set_weights([np.mean(parts, axis=0) for parts in arrays])
    except ValueError as error:
        raise BadModel(f"these models' weights cannot be averaged: {error}.") from None
    return publish.publish(
        models[0],
        settings,
        faces,
        name=name,
        made_of=first,
        card_settings={"average_of": {card.name: dict(card.settings) for card in cards}},
        facts={
            "protocol": (
                "equal average of the weights of "
                f"{' and '.join(names)}, whose epochs were chosen on the validation split, as the "
                "temperature was fitted on it; duplicates of its faces were left out of training; "
                "no test-time augmentation"
            )
        },
    )


def _kind(card: ModelCard) -> tuple[Any, ...]:
    return card.network, card.input, card.question, card.data.get("hash")
