"""Which expression is to be shown, and what it looks like: a drawn face and a line of words."""

from __future__ import annotations

import numpy as np
import streamlit as st

from dashboard.look import emotion_icons
from fer import images
from fer.data.synthetic import faces

EMOTION, FIRST_EMOTION = "teach-emotion", "happy"
WORDS = {
    "angry": "Draw your brows together, glare, press your lips.",
    "disgust": "Wrinkle your nose and raise your upper lip.",
    "fear": "Raise your brows, open your eyes wide, stretch your lips.",
    "happy": "Raise your cheeks and the corners of your mouth.",
    "sad": "Raise the inner ends of your brows, let the corners of your mouth fall.",
    "surprise": "Raise your brows, open your eyes and let your jaw drop.",
    "neutral": "Relax your whole face.",
}
"""By the action units that the drawings move."""
ADJECTIVES = {
    "angry": "angry",
    "disgust": "disgusted",
    "fear": "afraid",
    "happy": "happy",
    "sad": "sad",
    "surprise": "surprised",
    "neutral": "neutral",
}
_SEED, _SIDE = 11, 160


def chosen_emotion() -> str:
    """Which emotion is shown now."""
    emotion: str = st.session_state.get(EMOTION) or FIRST_EMOTION
    return emotion


def show(emotion: str, width: int = 110) -> None:
    """The drawing beside its words."""
    with st.container(horizontal=True, wrap=False, vertical_alignment="center", gap="small"):
        st.image(_drawing(emotion), width=width, alt=f"A drawn face: {emotion}")
        st.markdown(f"{emotion_icons.icon(emotion)} **{emotion}**  \n{WORDS[emotion]}")


@st.cache_data(show_spinner=False)
def _drawing(emotion: str) -> bytes:
    """The same person for every emotion, as a PNG."""
    return images.encode_png(faces.face(emotion, np.random.default_rng(_SEED), side=_SIDE))
