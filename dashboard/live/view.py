"""What is shown beside the live picture, refreshed every two seconds."""

from __future__ import annotations

import streamlit as st

from dashboard.live import help as live_help, settings as live_settings
from dashboard.live.session import Session
from dashboard.live.stream import Stream
from dashboard.look import emotion_icons
from dashboard.server import memory
from dashboard.text import count, escape_markdown
from fer import registry
from fer.live.feed import Spread
from fer.visualization import annotate, timeline

TICK_SECONDS = 2.0
"""Ticks cost pictures: one a second took a tenth of them from three visitors on two cores."""

_FOLLOW = 0
_SETTLED_FRAMES = 100


def beside(session: Session, stream: Stream, connecting: bool) -> None:
    """Trouble, offers, people, chart and measurements of a stream, while it goes on. What comes
    and goes has a container: a chart whose place on the page changes is mounted anew."""
    with st.container():
        _trouble(stream, connecting)
        _offer(session, stream)
    if stream.feed is None:
        if connecting:
            st.caption("Waiting for the camera's picture…")
        return
    if stream.frames > _SETTLED_FRAMES:
        memory.settle("streaming")
    with st.container():
        _people(stream)
    _minute(stream)
    _measured(stream)


def _trouble(stream: Stream, connecting: bool) -> None:
    sentence = live_help.stream_sentence(stream, connecting)
    if sentence:
        st.warning(sentence, icon=":material/wifi_off:")
    dark = live_help.light_sentence(stream) if connecting else None
    if dark:
        st.warning(dark, icon=":material/dark_mode:")
    for problem in (stream.fault, stream.feed.problem() if stream.feed else None):
        if problem:
            st.error(escape_markdown(problem), icon=":material/warning:")


def _offer(session: Session, stream: Stream) -> None:
    """Offers a model that was activated elsewhere instead of switching to it."""
    active = registry.active()
    if active == session.active:
        return
    if active == stream.model.card.name:
        session.active = active
        return

    def answer(use: bool) -> None:
        session.active = active
        if use:
            live_settings.choose(active)

    st.info(
        f"The model **{escape_markdown(active)}** was activated meanwhile.", icon=":material/sync:"
    )
    with st.container(horizontal=True):
        used = st.button(f"Use {escape_markdown(active)}", on_click=answer, args=(True,))
        st.button(
            f"Stay with {escape_markdown(stream.model.card.name)}", on_click=answer, args=(False,)
        )
    if used:
        st.rerun()


def _people(stream: Stream) -> None:
    assert stream.feed is not None
    people = stream.feed.people()
    if not people:
        st.markdown("**Nobody on screen**")
        return
    lines = []
    for person in people:
        prediction = person.prediction
        label = f"{emotion_icons.of_prediction(prediction)} **{prediction.display_label}**"
        if not prediction.uncertain:
            label += f" {annotate.percent(prediction.confidence)}"
        here = stream.now() - person.since
        lines.append(f"- Person {person.track}: {label} · here for {here:.0f} s")
    st.markdown(f"**{count(len(people), 'face')} on screen**\n\n" + "\n".join(lines))


def _minute(stream: Stream) -> None:
    """The last minute of the chosen face."""
    assert stream.feed is not None
    samples = stream.feed.history(timeline.SECONDS)
    on_screen = [person.track for person in stream.feed.people()]
    known = sorted({sample.track for sample in samples})
    with st.container():
        chosen = _chosen(known, on_screen)
    own = [sample for sample in samples if sample.track == chosen]
    columns = timeline.table(
        [sample.time for sample in own],
        [sample.probabilities for sample in own],
        stream.now(),
    )
    st.vega_lite_chart(
        columns,
        timeline.specification(),
        width="stretch",
        height=timeline.HEIGHT,
        key="live-minute",
        alt=f"The last minute of person {chosen or 1}: probability of each emotion",
    )


def _chosen(known: list[int], on_screen: list[int]) -> int | None:
    """The track whose minute is shown: the visitor's choice, else whoever is first on screen."""
    if len(known) < 2:
        return known[0] if known else None
    choice = st.selectbox(
        "Whose minute",
        [_FOLLOW, *known],
        format_func=lambda track: (
            f"Person {track}" + ("" if track in on_screen else " (gone)")
            if track
            else "whoever is first on screen"
        ),
        key="live-person",
    )
    return choice or (on_screen[0] if on_screen else known[-1])


def _measured(stream: Stream) -> None:
    assert stream.feed is not None
    stats = stream.feed.stats()
    st.caption(
        f"Measured: {stats.offered_per_second:.0f} pictures and {stats.analysed_per_second:.0f} "
        f"analyses a second · analysis {_milliseconds(stats.analysis)} · from a picture to its "
        f"labels {_milliseconds(stats.delay)}",
        help="Over the last seconds. The way of the picture to the server and back comes on top.",
    )


def _milliseconds(spread: Spread) -> str:
    if spread.p50 is None or spread.p95 is None:
        return "–"
    return f"{1000 * spread.p50:.0f} ms (p95 {1000 * spread.p95:.0f})"
