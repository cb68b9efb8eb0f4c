"""Cards as `card.json` holds them."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from typing import Any

import msgspec

from fer.errors import BadPrior
from fer.model_card.card import ModelCard
from fer.model_card.input_spec import InputSpec

_SHARES = ("training_shares", "assumed_shares")
_FIELDS = tuple(field.name for field in dataclasses.fields(ModelCard))


def card_from(name: str, values: Mapping[str, Any]) -> ModelCard:
    """The card of a model from the values in its file. Raises `ValueError` for what is no card."""
    fields = {key: values[key] for key in _FIELDS if key in values}
    try:
        spec = InputSpec(**fields.pop("input"))
        labels = tuple(fields["labels"])
        return ModelCard(**{**fields, "name": name, "labels": labels, "input": spec})
    except KeyError as error:
        raise ValueError(f"{error.args[0]} is missing") from None
    except (TypeError, AttributeError, OverflowError, BadPrior) as error:
        raise ValueError(str(error)) from None


def card_dict(card: ModelCard) -> dict[str, Any]:
    """A card as `card.json` holds it, which `card_from` reads."""
    values = {name: getattr(card, name) for name in _FIELDS}
    shares = {name: values[name] and list(values[name]) for name in _SHARES}
    personal = {"personal": values.pop("personal"), "taught": list(values.pop("taught"))}
    return {
        **values,
        **shares,
        **(personal if card.personal else {}),
        "elsewhere": [msgspec.to_builtins(row) for row in card.elsewhere],
        "labels": list(card.labels),
        "input": card.input.as_dict(),
    }


def card_text(card: ModelCard) -> str:
    """The text of `card.json`."""
    return json.dumps(card_dict(card), indent=2) + "\n"
