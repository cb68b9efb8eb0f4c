"""How a model was made: data, licence, settings, and the command to reproduce it."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Mapping
from typing import Any

import streamlit as st

from dashboard.models.columns import MISSING, data_title, number
from dashboard.text import escape_markdown
from fer import registry
from fer.errors import BadSettings, FerError
from fer.model_card import ModelCard
from fer.prior import TRAINING
from fer.runs import settings
from fer.runs.weights import ENDINGS, IMAGENET

_COMMANDS = {"average_of": "average", "quantized_from": "quantize"}
"""What a card's settings hold where its model was made of others, and by which command."""


def show(card: ModelCard) -> None:
    """Everything in a card about how its model was made."""
    data = card.data_facts
    st.markdown(
        f"**{card.name}** · {escape_markdown(card.network)} · {escape_markdown(card.created)}"
    )
    st.markdown(
        f"Data: {escape_markdown(data_title(card))}; {number(data.train)} training faces, "
        f"{number(data.validation)} validation faces{_counted(card)}. "
        f"Licence: {escape_markdown(data.licence or MISSING)}."
    )
    st.code(f"SHA-256 of the data  {data.hash or MISSING}", language=None, wrap_lines=True)
    with st.expander(f"Settings of {card.name}, and the command to reproduce it"):
        st.json({**card.settings}, expanded=False)
        _command(card)


def _counted(card: ModelCard) -> str:
    """How many validation faces the accuracy is of, where some have no majority."""
    figures = card.figures(TRAINING)
    if not figures.tied or figures.n is None:
        return ""
    return (
        f" (accuracy is measured on {figures.n:,}; in the votes for the other {figures.tied:,} no "
        "expression leads)"
    )


def _command(card: ModelCard) -> None:
    if "imported_from" in card.settings:
        st.caption("This model was imported; its file does not say how it was trained.")
        return
    try:
        made = _made_of(card)
        if made is None:
            _training(card)
        else:
            _making(card, *made)
    except (FerError, TypeError, ValueError, AttributeError) as error:
        st.caption(f"These settings cannot be used by this program: {escape_markdown(str(error))}")


def _training(card: ModelCard) -> None:
    values = {key: value for key, value in card.settings.items() if key not in ("name", "data")}
    data = str(card.settings.get("data") or card.data.get("name") or "PATH")
    repeated = settings.from_dict({**values, "data": data})
    file = f"{card.name}.json"
    _say_missing(card, [*_models_in(repeated.weights), *repeated.teachers])
    st.caption("With the settings saved as a file, and `--data` where the faces lie with you:")
    st.code(f"python -m fer train --settings {file} {_ending(card, data)}", wrap_lines=True)
    st.download_button(
        file,
        json.dumps(values, indent=2),
        file,
        icon=":material/download:",
        key=f"saved-{card.name}",
        on_click="ignore",
    )


def _made_of(card: ModelCard) -> tuple[str, Mapping[str, Any]] | None:
    """The command that made a model of other models, and those with their settings; None for a
    model that was trained. Raises `BadSettings` for names that cannot be models."""
    for key, command in _COMMANDS.items():
        if key in card.settings:
            parts = card.settings[key]
            right = isinstance(parts, Mapping) and (len(parts) == 1) == (command == "quantize")
            if not right or not parts:
                raise BadSettings(f"{key} does not name the models that {command} needs.")
            for name in parts:
                registry.check_name(name)
            return command, parts
    return None


def _making(card: ModelCard, command: str, parts: Mapping[str, Any]) -> None:
    first = next((part for part in parts.values() if isinstance(part, Mapping)), {})
    data, votes = str(first.get("data") or card.data.get("name") or "PATH"), first.get("votes")
    more = f" --votes {shlex.quote(str(votes))}" if votes else ""
    _say_missing(card, list(parts))
    st.caption("With `--data` where the faces lie with you:")
    models = ",".join(parts)
    st.code(
        f"python -m fer {command} --model {models} {_ending(card, data)}{more}", wrap_lines=True
    )


def _ending(card: ModelCard, data: str) -> str:
    return f"--data {shlex.quote(data)} --name {card.name[:57]}-again"


def _models_in(weights: str | None) -> list[str]:
    """The model whose weights a training began with; none for ImageNet's and for a file."""
    if weights is None or weights == IMAGENET or weights.endswith(ENDINGS):
        return []
    return [weights]


def _say_missing(card: ModelCard, needed: Iterable[str]) -> None:
    """Which of the models that the command needs are not here, and what to do about it."""
    here = registry.names()
    missing = [name for name in dict.fromkeys(needed) if name not in here]
    if not missing:
        return
    names = " and ".join(f"**{escape_markdown(name)}**" for name in missing)
    text = f"The command needs {names}, not among the models here: "
    if card.name in registry.SHIPPED:
        text += (
            f"in this program's source, `docs/models/{card.name}.md` lists every step, and `make "
            f"model-{card.name} DATA=…` does them all."
        )
    else:
        text += "make what is missing first, or the command ends with an error."
    st.info(text, icon=":material/extension:")
