"""What is shown of a stream while it goes on: bars beside the picture, the last minute below."""

from __future__ import annotations

import streamlit as st

from dashboard import errors
from dashboard.camera import help as camera_help
from dashboard.camera.stream import Stream
from dashboard.live import settings as live_settings
from dashboard.live.session import Session
from dashboard.look import emotion_bars
from dashboard.server import memory
from dashboard.text import count, escape_markdown
from fer import registry
from fer.live.feed import Person, Spread
from fer.visualization import timeline

BARS_SECONDS = 0.4
TICK_SECONDS = 2.0
"""Ticks with a chart cost pictures: one a second took a tenth of them from three visitors on two
cores."""

_CHOSEN = "live-person"
_FREEZE_KEY = "F"
_FOLLOW = 0
_SETTLED_FRAMES = 100


def freeze_button(session: Session) -> None:
    """Beside the camera's own buttons."""
    st.button(
        "Freeze",
        icon=":material/photo_camera:",
        key="live-freeze",
        on_click=errors.attempt,
        args=(session.freeze,),
        shortcut=_FREEZE_KEY,
        help="Keeps this frame with its analysis, below.",
    )


def bars(stream: Stream, connecting: bool) -> None:
    """The seven probabilities of the chosen face; of the same height whoever is in view."""
    people = stream.people() if connecting else ()
    person = shown_person(people, st.session_state.get(_CHOSEN, _FOLLOW))
    headline = "Apparent expression"
    if person is not None:
        note = f"Person {person.track} · tracked for {stream.now() - person.since:.0f} s"
    elif not connecting:
        note = "How likely each of the seven is, as it changes"
    elif not stream.frames:
        note = "Waiting for the camera's picture…"
    elif stream.feed is None or not stream.feed.stats().analysed_per_second:
        note = "Looking for faces…"
    else:
        headline = "No face"
        note = "The chosen person is not in view." if people else "Nobody in view"
    prediction = None if person is None else person.prediction
    emotion_bars.large(prediction, "live-bars", headline=headline, note=note)


def shown_person(people: tuple[Person, ...], chosen: int) -> Person | None:
    """The chosen face, or the first from the left; None where it is not in view."""
    return next((person for person in people if chosen in (_FOLLOW, person.track)), None)


def minute(session: Session, stream: Stream) -> None:
    """Measurements, trouble, offers and the last minute. What comes and goes has a container: a
    chart whose place on the page changes is mounted anew."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = _choose(stream)
        st.caption(measured_line(stream), help=_MEASURED_HELP)
    with st.container():
        _trouble(stream)
        _offer(session, stream)
    if stream.frames > _SETTLED_FRAMES:
        memory.settle("streaming")
    _chart(stream, chosen)


def _trouble(stream: Stream) -> None:
    sentence = camera_help.stream_sentence(stream, connecting=True)
    if sentence:
        st.warning(sentence, icon=":material/wifi_off:")
    dark = camera_help.light_sentence(stream)
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


def _choose(stream: Stream) -> int:
    """The face whose bars and minute are shown, or `_FOLLOW`."""
    samples = stream.feed.history(timeline.SECONDS) if stream.feed is not None else ()
    on_screen = {person.track for person in stream.people()}
    known = sorted({sample.track for sample in samples} | on_screen)

    def label(track: int) -> str:
        if not track:
            return "First person from the left"
        return f"Person {track}" + ("" if track in on_screen else " (gone)")

    choice: int | None = st.selectbox(
        "Show timeline for",
        [_FOLLOW, *known],
        format_func=label,
        key=_CHOSEN,
        width=230,
    )
    return choice or _FOLLOW


def followed(choice: int, known: list[int], on_screen: list[int]) -> int | None:
    """The track whose minute is shown: the choice, else the first on screen, else the last."""
    if choice:
        return choice
    return on_screen[0] if on_screen else (known[-1] if known else None)


def _chart(stream: Stream, choice: int) -> None:
    """The last minute of the chosen face."""
    samples = stream.feed.history(timeline.SECONDS) if stream.feed is not None else ()
    on_screen = [person.track for person in stream.people()]
    track = followed(choice, sorted({sample.track for sample in samples}), on_screen)
    own = [sample for sample in samples if sample.track == track]
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
        alt="The last minute of the chosen person: probability of each emotion",
    )


_MEASURED_HELP = (
    "Over the last five seconds. Latency: from a frame's arrival at the server to its result. The "
    "way of the picture to the server and back comes on top. p95: 19 of 20 frames are faster."
)


def measured_line(stream: Stream) -> str:
    """Faces, frames a second and latency."""
    if stream.feed is None:
        return "Waiting for the camera's picture…"
    stats = stream.feed.stats()
    return (
        f"{count(len(stream.people()), 'face')} on screen · "
        f"{stats.offered_per_second:.0f} frames/s, {stats.analysed_per_second:.0f} analysed · "
        f"analysis {_milliseconds(stats.analysis)} · latency {_milliseconds(stats.delay)}"
        f"{_slowest(stats.delay)}"
    )


def _milliseconds(spread: Spread) -> str:
    return "–" if spread.p50 is None else f"{1000 * spread.p50:.0f} ms"


def _slowest(spread: Spread) -> str:
    return "" if spread.p95 is None else f" (p95 {1000 * spread.p95:.0f} ms)"
