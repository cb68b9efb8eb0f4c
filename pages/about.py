"""About: what an apparent expression is and is not, the law, and who answers."""

import streamlit as st

from dashboard import errors, model_picker, navigation
from dashboard.server.visitors import login
from dashboard.text import count, escape_markdown
from fer import notices, registry

COLOURS_OF = {1: "grey", 3: "RGB"}

navigation.ensure_frame()
except_login = ", except for your login" if login.is_configured() else ""


def _faces(number: int | None) -> str:
    return "number of faces unknown" if number is None else count(number, "face")


st.title("About")
left, right = st.columns([3, 2], gap="large")
left.markdown(
    f"""
## What an apparent expression is
A guess at **what people would say when they look at a face**: angry, disgust, fear, happy, sad,
surprise or neutral. The default model learned it from the votes of ten people a face.

## What it is not
It is not what somebody feels. People smile without joy and are sad without showing it; faces do not
reliably reveal feelings, across people, cultures and situations
([Barrett et al. 2019](https://doi.org/10.1177/1529100619832930)). A face that is small, blurred,
dark, turned away or covered is read worse, and the training pictures do not stand for everybody.

## Sure and unsure
The bars are probabilities, corrected by a temperature that was fitted on faces the network did not
learn from. Where the model's confidence is below the level under which the least sure fifth of
those faces fell, it says **unsure** instead of an emotion.

## The law
{notices.AI_ACT} Medical and safety reasons are the exception.

## Privacy
Pictures and streams are analysed in the memory of the computer that runs this app, never written
to its disk, and gone some minutes after you close the browser tab. Labelled faces to train or
evaluate with are stored once you press Start, and so is a film on *Video*, for its tab alone; one
click deletes them. No face is recognised,
and neither server nor browser asks any other server for anything{except_login}.
"""
)
with left:
    login.say_who_may()
with right, errors.show_errors():
    card = registry.card(registry.active())
    st.markdown(f"## The model in use: {card.name}")
    model_picker.show_model(card)
    st.dataframe(
        {
            "property": [
                "Network",
                "Training target",
                "Input",
                "Parameters",
                "Multiply-adds",
                "Trained on",
                "Made",
            ],
            "value": [
                card.network,
                card.predicts,
                f"{card.input.width}×{card.input.height}, {COLOURS_OF[card.input.channels]}",
                f"{card.parameters:,}",
                f"{card.multiply_adds:,}",
                f"{card.data_facts.name or 'unknown'}: {_faces(card.data_facts.train)}",
                card.created[:10],
            ],
        },
        hide_index=True,
    )
    st.markdown(f"**For:** {escape_markdown(card.intended_use)}")
    st.markdown(f"**Not for:** {escape_markdown(card.not_for)}")
    st.caption(f"Data: {escape_markdown(card.data_facts.licence or 'unknown')}.")
