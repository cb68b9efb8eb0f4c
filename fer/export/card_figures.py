"""What a card says of a model under each prior: shares, unsure level and figures; no TensorFlow."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fer import metrics, registry
from fer.data import selection
from fer.data.dataset import Dataset
from fer.errors import BadModel, BadSettings
from fer.model_card import ModelCard
from fer.prior import BALANCED, MIXED, TRAINING, Shares, adjusted, checked_shares, powered
from fer.storage import files

Probabilities = NDArray[np.float32]

_DIGITS = 6
_OF_VOTES = ("ece_votes", "ece_votes_interval", "calibration_bins")


def training_data(card: ModelCard, path: str, votes: str | None) -> Dataset:
    """The faces in `path` as the model of that card saw them.

    Raises `BadSettings` where the model was trained on other data.
    """
    limit, seed = card.settings.get("limit"), card.settings.get("seed", 0)
    classes = card.settings.get("classes")
    data = selection.prepared(path, votes, card.question, limit, seed, classes=classes)
    if card.data.get("hash") != data.hash:
        raise BadSettings(f"{data.name} is not the data that {card.name!r} was trained on.")
    return data


def shares(data: Dataset, question: str, settings: Mapping[str, Any]) -> tuple[Shares, Shares]:
    """How common each emotion is among the training targets of `data`, and how common a network
    takes it to be that was trained on them with such `settings`, as a card holds them.

    The two differ where the classes were weighted: there each face counts as much as its emotions
    are rare.
    """
    targets = selection.targets(data.split("train"), question).astype(np.float64)
    training = targets.mean(axis=0)
    assumed = training
    if _weighs_classes(settings):
        weights = targets @ np.divide(1, training, out=np.zeros(len(training)), where=training > 0)
        assumed = weights @ targets / weights.sum()
    return _rounded(training), _rounded(assumed)


def under_priors(
    raw: Probabilities,
    data: Dataset,
    question: str,
    training_shares: Shares,
    assumed_shares: Shares,
    temperature: float | None = None,
    mixed: Shares | None = None,
    default_prior: str | None = None,
) -> dict[str, Any]:
    """The fields of a `ModelCard` that its validation faces decide, from what the network answers
    to them at temperature 1, `raw` (N, 7).

    Temperature (fitted unless given), `uncertain_below` and `metrics` are those under the prior
    `training`, on the faces as they are. Under each prior of `priors` every emotion weighs as much
    as the prior says. With the shares `mixed` a prior of that name is added. Unless another one is
    given the default prior is `balanced`: faces from elsewhere seldom have the mix of the training
    data.
    A model that was shown a single expression keeps `training`.
    """
    validation = data.split("validation")
    true = selection.truth(validation, question)
    targets = selection.targets(validation, question)

    def in_training(probabilities: Probabilities) -> Probabilities:
        if training_shares == assumed_shares:
            return probabilities
        return adjusted(probabilities, training_shares, assumed_shares)

    if temperature is None:
        temperature = round(metrics.fitted_temperature(raw, targets, in_training), 4)
    tempered = metrics.with_temperature(raw, temperature)
    trained = in_training(tempered)
    named = {BALANCED: powered(assumed_shares, 0)}
    if mixed is not None:
        named[MIXED] = mixed
    can_balance = sum(share > 0 for share in assumed_shares) > 1
    entries = {
        name: _entry(
            adjusted(tempered, wanted, assumed_shares),
            true,
            wanted,
            targets if question == "crowd" else None,
        )
        for name, wanted in named.items()
        if can_balance
    }
    return {
        "temperature": temperature,
        "uncertain_below": _rounded_down(metrics.uncertain_below(trained.max(axis=1))),
        "metrics": metrics.card_summary(
            trained,
            true,
            targets if question == "crowd" else None,
            metrics.halves(validation.picture_hashes())
            if training_shares == assumed_shares
            else None,
        ),
        "training_shares": training_shares,
        "assumed_shares": assumed_shares,
        "default_prior": default_prior or (BALANCED if can_balance else TRAINING),
        "priors": entries,
    }


def completed(
    name: str,
    path: str,
    votes: str | None = None,
    *,
    default_prior: str | None = None,
    mixed: Shares | None = None,
) -> ModelCard:
    """The card of a published model with all that belongs to priors, measured on the validation
    faces in `path`. The temperature stays. Nothing is written.

    Raises `BadSettings` where the model was trained on other data, or `BadModel`.
    """
    card = registry.card(name)
    data = training_data(card, path, votes)
    training, assumed = shares(data, card.question, card.settings)
    plain = dataclasses.replace(
        card,
        temperature=1.0,
        training_shares=None,
        assumed_shares=None,
        default_prior=TRAINING,
        priors={},
    )
    model = dataclasses.replace(registry.load(name), card=plain, prior=plain.prior())
    raw = model.probabilities(data.split("validation").inputs(card.input))
    fields = under_priors(
        raw, data, card.question, training, assumed, card.temperature, mixed, default_prior
    )
    fields["metrics"] = {**card.metrics, **fields["metrics"]}
    try:
        return dataclasses.replace(card, **fields)
    except ValueError as error:
        raise BadModel(f"the card of the model {name!r} cannot be completed: {error}.") from None


def inherited(card: ModelCard | None) -> dict[str, Any]:
    """The arguments of `under_priors` that give a model made of another one the same priors."""
    if card is None or card.training_shares is None:
        return {}
    mixed = card.priors.get(MIXED)
    keeps_default = card.default_prior in (BALANCED, TRAINING, MIXED)
    return {
        "mixed": checked_shares(mixed["shares"]) if mixed else None,
        "default_prior": card.default_prior if keeps_default else None,
    }


def with_elsewhere(card: ModelCard, file: Path) -> ModelCard:
    """The card with the figures on other data sets that a JSON file lists, see `ModelCard`."""
    try:
        return dataclasses.replace(card, elsewhere=files.parse_json(file.read_bytes()))
    except (OSError, ValueError) as error:
        raise BadSettings(f"{file} holds no figures on other data sets: {error}.") from None


def with_robustness(card: ModelCard, file: Path) -> ModelCard:
    """The card with the table that `fer robustness --card --json FILE` measured of its model."""
    try:
        table = files.json_object(file)["models"][card.name]["card"]
        return dataclasses.replace(card, metrics={**card.metrics, "robustness": table})
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadSettings(f"{file} holds no robustness of {card.name!r}: {error}.") from None


def _entry(
    probabilities: Probabilities,
    true: NDArray[np.int64],
    wanted: Shares,
    votes: Probabilities | None,
) -> dict[str, Any]:
    """What `ModelCard.priors` holds of a prior, from faces (N,) weighted to have its mix.

    Calibration against the vote shares `votes` (N, 7) is measured with every single vote weighted
    so that the votes have that mix.
    """
    weights = metrics.class_balanced_weights(true) * np.array(wanted)[true]
    figures = metrics.card_summary(probabilities, true, weights=weights)
    if votes is not None:
        given = tuple(votes.mean(axis=0, dtype=np.float64))
        ratio = np.divide(wanted, given, out=np.zeros(len(given)), where=np.array(given) > 0)
        of_votes = metrics.card_summary(
            probabilities, true, adjusted(votes, wanted, given), weights=votes @ ratio
        )
        figures |= {key: of_votes[key] for key in _OF_VOTES if key in of_votes}
    below = metrics.uncertain_below(probabilities.max(axis=1), weights)
    return {"shares": wanted, "uncertain_below": _rounded_down(below), "metrics": figures}


def _weighs_classes(settings: Mapping[str, Any]) -> bool:
    """Whether classes were weighted, also in the settings of models that one was made of."""
    nested = (value for value in settings.values() if isinstance(value, Mapping))
    return bool(settings.get("class_weights")) or any(map(_weighs_classes, nested))


def _rounded_down(level: float) -> float:
    """To four digits, so that no prediction at the level itself falls below it."""
    return math.floor(level * 1e4) / 1e4


def _rounded(values: NDArray[np.float64]) -> Shares:
    return tuple(round(float(value), _DIGITS) for value in values / values.sum())
