"""Where a model comes from: data, licence, settings, and the command that repeats them."""

from __future__ import annotations

import json
import shlex

import streamlit as st

from dashboard import card_values
from dashboard.card_values import MISSING
from dashboard.words import plain
from fer.errors import FerError
from fer.training import settings
from fer.values import ModelCard


def show(card: ModelCard) -> None:
    """Everything that a card tells of how its model was made."""
    data = card.data
    st.markdown(f"**{card.name}** · {plain(card.network)} · {plain(card.created)}")
    st.markdown(
        f"Data: {plain(str(data.get('name', MISSING)))}; faces to train on: "
        f"{card_values.whole(data.get('train'))}; to validate with: "
        f"{card_values.whole(data.get('validation'))}. "
        f"Licence: {plain(str(data.get('licence', MISSING)))}."
    )
    st.code(f"SHA-256 of the data  {data.get('hash', MISSING)}", language=None)
    with st.expander(f"Settings of {card.name}, and the command that repeats them"):
        st.json({**card.settings}, expanded=False)
        _command(card)


def _command(card: ModelCard) -> None:
    kept = {key: one for key, one in card.settings.items() if key not in ("name", "data")}
    data = str(card.settings.get("data") or card.data.get("name") or "PATH")
    try:
        settings.from_dict({**kept, "data": data})
    except (FerError, TypeError, ValueError, AttributeError) as error:
        st.caption(f"These settings cannot be used by this program: {plain(str(error))}")
        return
    file, again = f"{card.name}.json", f"{card.name[:57]}-again"
    st.caption("With the settings saved as a file, and `--data` where the faces lie with you:")
    st.code(f"python -m fer train --settings {file} --data {shlex.quote(data)} --name {again}")
    st.download_button(file, json.dumps(kept, indent=2), file, icon="⬇️", key=f"saved-{card.name}")
