"""Is it better? Before and after on takes that were held back, side by side."""

from __future__ import annotations

import cv2
import numpy as np
import streamlit as st

from dashboard.look import emotion_icons, plots
from dashboard.teach import use
from dashboard.teach.session import SHOW, Taught, TeachSession
from dashboard.text import count
from fer.geometry import Image
from fer.teaching.captures import CapturedFace
from fer.teaching.comparison import UNKNOWN, Score
from fer.visualization import evaluation_charts

MOST_CHANGED = 24
_SIDE = 96


def show(session: TeachSession, taught: Taught) -> None:
    """The verdict with the way on, then accuracy, confusion and the faces whose answer changed.
    A model that is not better is not the first thing offered."""
    comparison = taught.comparison
    if comparison.verdict == UNKNOWN:
        st.header("It cannot be said yet whether it is better")
        st.markdown(comparison.sentence)
    else:
        st.header(comparison.sentence)
    with st.container(horizontal=True, vertical_alignment="center"):
        if not comparison.is_better:
            st.button(
                "Show more takes",
                key="teach-again",
                type="primary",
                on_click=session.go,
                args=(SHOW,),
            )
        use.button(session, is_first=comparison.is_better)
    if comparison.before is None or comparison.after is None:
        return
    left, right = st.columns(2, gap="medium")
    with left:
        _score("Before: the default model", "before", comparison.before)
    with right:
        _score("After: your model", "after", comparison.after)
    st.caption(
        f"Accuracy on {count(comparison.faces, 'face')} of {count(comparison.takes, 'take')}, each "
        "judged by a model that was taught without it. The model that you get has learned from all "
        "takes. Intervals count takes, not faces, since frames of a take are nearly copies."
    )
    _changed(taught)


def _score(title: str, key: str, score: Score) -> None:
    low, high = score.accuracy_interval
    st.metric(
        title,
        f"{score.accuracy:.1%}",
        f"95% CI {100 * low:.1f}–{100 * high:.1f}",
        "off",
        delta_arrow="off",
    )
    plots.show(
        evaluation_charts.confusion_map(score.confusion, title="Confusion matrix"),
        f"teach-confusion-{key}",
        f"{title}: what the held-back faces show, and what was predicted",
    )


def _changed(taught: Taught) -> None:
    changed = [change for change in taught.comparison.changed if change.index in taught.faces]
    if not changed:
        st.markdown("No held-back face has another answer than before.")
        return
    st.header(f"{count(len(changed), 'held-back face')} with another answer")
    with st.container(horizontal=True):
        for change in changed[:MOST_CHANGED]:
            face = taught.faces[change.index]
            with st.container(width=_SIDE + 60, gap="xsmall"):
                st.image(
                    _thumbnail(face),
                    width=_SIDE,
                    alt=f"Shown: {change.true}. Before: {change.before}, after: {change.after}",
                )
                st.markdown(
                    f"shown {emotion_icons.icon(change.true)} {change.true}  \n"
                    f"{change.before} {change.before_confidence:.0%} → "
                    f"**{change.after}** {change.after_confidence:.0%}"
                )
    if len(changed) > MOST_CHANGED:
        st.caption(f"and {len(changed) - MOST_CHANGED:,} more.")


def _thumbnail(face: CapturedFace) -> Image:
    resized = cv2.resize(face.crop, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
    return np.asarray(resized, np.uint8)
