"""A film's timeline: a chart for one person or two, the frame of a moment beside it, events."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from dashboard.look import emotion_icons, plots
from dashboard.text import escape_markdown
from dashboard.video.film import StoredFilm
from dashboard.video.view import clock
from fer.errors import FerError
from fer.video.timeline import Timeline
from fer.video.values import Event, Person
from fer.visualization import annotate, expression_charts

MOST_EVENTS = 60
_NOBODY = ""
_SLIDER_STEPS = 500


@dataclass(frozen=True, slots=True)
class Shown:
    """A person of a film whose course is shown."""

    film: StoredFilm
    person: Person
    title: str

    @property
    def key(self) -> str:
        return f"{self.film.key}-{self.person.person}"


@st.fragment
def show(film: StoredFilm, others: Sequence[StoredFilm]) -> None:
    """Everything that a moment is chosen with and seen in; only this runs again for a click."""
    timeline = film.timeline()
    chosen = _choose(film, others)
    if not chosen:
        return
    style = st.segmented_control(
        "Chart",
        expression_charts.STYLES,
        default=expression_charts.STYLES[0],
        required=True,
        format_func=str.capitalize,
        label_visibility="collapsed",
        key=f"{film.key}-style",
    )
    left, right = st.columns(2, gap="medium")
    with left:
        for shown in chosen:
            _course(shown, str(style))
        _scrubber(film, timeline)
        st.caption(
            "Click the chart to see that moment; scroll or pinch to zoom, double-click to see all. "
            "Where a line is missing the face is away or, if the band is pale, the model is unsure."
        )
    with right:
        _frame(film, timeline)
        _events(film, timeline, [shown.person.person for shown in chosen if shown.film is film])
    _shares(film, others)


def _choose(film: StoredFilm, others: Sequence[StoredFilm]) -> list[Shown]:
    """The person whose course is shown, and another one of this film or another."""
    people = _people([film])
    if not people:
        return []
    everyone = {shown.key: shown for shown in _people([film, *others])}
    with st.container(horizontal=True):
        first: str = st.selectbox(
            "Timeline of",
            [shown.key for shown in people],
            format_func=lambda key: everyone[key].person.display_name,
            key=f"{film.key}-person",
            width=320,
        )
        second: str = st.selectbox(
            "Compare with",
            [_NOBODY, *(key for key in everyone if key != first)],
            format_func=lambda key: everyone[key].title if key else "nobody",
            key=f"{film.key}-other",
            width=320,
        )
    return [everyone[key] for key in (first, second) if key in everyone]


def _people(films: Sequence[StoredFilm]) -> list[Shown]:
    """The people of films, the longest on screen first in each."""
    found = []
    for film in films:
        people = sorted(film.timeline().people, key=lambda person: -person.on_screen)
        suffix = f" in {film.title}" if len(films) > 1 else ""
        found += [Shown(film, person, person.display_name + suffix) for person in people]
    return found


def _course(shown: Shown, style: str) -> None:
    timeline = shown.film.timeline()
    track = timeline.tracks[shown.person.person]
    figure = expression_charts.course(track, style, 0.0, max(timeline.film.seconds, 0.1))
    shares = ", ".join(f"{name} {share:.0%}" for name, share in shown.person.shares.items())
    key = f"{shown.key}-{style}-chart"

    def look() -> None:
        points = st.session_state[key].selection.points
        if points:
            _go_to(shown.film, float(points[0]["customdata"]))

    st.markdown(f"**{escape_markdown(shown.title)}**")
    plots.show(
        figure,
        key,
        f"{shown.title}: probability of each expression over time. Shares of time: {shares}",
        on_select=look,
        zoomable=True,
    )


def _scrubber(film: StoredFilm, timeline: Timeline) -> None:
    seconds = max(0.1, timeline.film.seconds)
    key = f"{film.key}-moment"
    st.session_state.setdefault(key, film.moment)

    def look() -> None:
        film.moment = float(st.session_state[key])

    st.slider(
        "Moment, in seconds",
        0.0,
        float(seconds),
        step=max(0.01, round(seconds / _SLIDER_STEPS, 2)),
        key=key,
        on_change=look,
    )


def _go_to(film: StoredFilm, time: float) -> None:
    """Moves to a time; a callback, so that the slider follows."""
    film.moment = time
    st.session_state[f"{film.key}-moment"] = min(time, max(0.1, film.timeline().film.seconds))


def _frame(film: StoredFilm, timeline: Timeline) -> None:
    """The frame of the moment with its faces framed, and what they show."""
    moment = timeline.at(film.moment)
    if moment is None:
        st.caption("Before the first frame.")
        return
    names = {person.person: person.display_name for person in timeline.people}
    labels = [f"{names[face.person]} {annotate.caption(face.prediction)}" for face in moment.faces]
    try:
        picture = film.annotated(moment)
    except FerError as error:
        st.warning(escape_markdown(str(error)), icon=":material/broken_image:")
    else:
        shown = ", ".join(labels) or "no face"
        st.image(picture, width="stretch", alt=f"The film at {clock(moment.time)}: {shown}")
    st.markdown(f"**{clock(moment.time)}**" + ("" if labels else " · no face"))
    for face in sorted(moment.faces, key=lambda face: face.person):
        icon = emotion_icons.of_prediction(face.prediction)
        st.markdown(
            f"{icon} **{escape_markdown(names[face.person])}**: {annotate.caption(face.prediction)}"
        )


def _events(film: StoredFilm, timeline: Timeline, people: Sequence[int]) -> None:
    """The expressions that last, of the people whose charts are shown; a click goes there."""
    events = [event for event in timeline.events if event.person in people]
    st.subheader("Events")
    st.caption(
        "Expressions of the people whose timelines are shown that last half a second or longer. "
        "Press one to go there."
    )
    if not events:
        st.caption("There is none.")
        return
    names = {person.person: person.display_name for person in timeline.people}
    with st.container(height=260 if len(events) > 6 else "content", border=False, gap="xxsmall"):
        for number, event in enumerate(events[:MOST_EVENTS]):
            st.button(
                _event_text(event, names[event.person] if len(people) > 1 else None),
                key=f"{film.key}-event-{number}",
                on_click=_go_to,
                args=(film, _middle(event)),
                type="tertiary",
            )
    if len(events) > MOST_EVENTS:
        st.caption(f"and {len(events) - MOST_EVENTS:,} more, which are in the downloads.")


def _event_text(event: Event, name: str | None) -> str:
    who = "" if name is None else f" · {escape_markdown(name)}"
    return (
        f"{emotion_icons.icon(event.label)} {clock(event.start)} to {clock(event.end)}{who} · "
        f"{event.label} {event.confidence:.0%}"
    )


def _middle(event: Event) -> float:
    """Where an event is plain to see: at its beginning the faces are still changing."""
    return (event.start + event.end) / 2


def _shares(film: StoredFilm, others: Sequence[StoredFilm]) -> None:
    films = [film, *others]
    shares = {shown.title: shown.person.shares for shown in _people(films)[: 8 * len(films)]}
    st.header("Shares of the time on screen")
    text = "; ".join(
        f"{name}: " + ", ".join(f"{label} {share:.0%}" for label, share in of.items() if share)
        for name, of in shares.items()
    )
    plots.show(expression_charts.share_bars(shares), f"{film.key}-shares", text)
