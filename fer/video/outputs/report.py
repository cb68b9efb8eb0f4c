"""A film's people and expressions as one HTML file that opens offline."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from pathlib import Path

from fer import notices
from fer.errors import FerError
from fer.geometry import Image, clip_box
from fer.images import display_name
from fer.video import reading
from fer.video.timeline import Timeline
from fer.video.values import UNSURE, Person
from fer.visualization import expression_charts as charts, html_parts as parts
from fer.visualization.annotate import percent

MOST_PLOTS = 12
"""So many people have a plot and a face, those who are on screen the longest."""

MOST_EVENTS = 500

_SIDE = 1280
_MARGIN = 0.25
_LIMITS = f"{notices.NOT_A_FEELING} Not for any decision about people. {notices.AI_ACT}"
_TERMS = (
    "A person is a face followed from frame to frame: who leaves and comes back, or is seen after "
    "a cut, counts as somebody new. An event is an expression that lasts at least half a second. "
    "Unsure: the confidence is too low to name one."
)


def page(timeline: Timeline, film: Path | None = None) -> str:
    """The report as HTML; it shows faces only where the film they are in is given."""
    people = sorted(timeline.people, key=lambda person: -person.on_screen)
    longest = sorted(people[:MOST_PLOTS], key=lambda person: person.first)
    body = [
        parts.paragraph(_LIMITS),
        _facts(timeline),
        *parts.section("People", *_people(timeline, longest, film)),
        *parts.section("Expressions over time", *_courses(timeline, longest)),
        *parts.section("Events", *_events(timeline)),
    ]
    return parts.document(f"Expressions in {display_name(timeline.film.file)}", body)


def thumbnail(path: Path, timeline: Timeline, person: Person) -> Image | None:
    """A person's face where it is largest, RGB; None where that frame cannot be read."""
    moment = timeline.at(person.best)
    faces = [] if moment is None else moment.faces
    face = next((face for face in faces if face.person == person.person), None)
    if face is None:
        return None
    try:
        frame = reading.frame_at(path, person.best).image(_SIDE)
    except FerError:
        return None
    height, width = frame.shape[:2]
    across, down = width / timeline.film.width, height / timeline.film.height
    rim = _MARGIN * max(face.box.width, face.box.height)
    left, top, right, bottom = face.box.as_list()
    area = clip_box(
        (left - rim) * across,
        (top - rim) * down,
        (right + rim) * across,
        (bottom + rim) * down,
        width,
        height,
    )
    return None if area is None else frame[area.top : area.bottom, area.left : area.right]


def _facts(timeline: Timeline) -> str:
    film = timeline.film
    frames = f"{film.analysed:,} of {film.frames:,} frames"
    rows = [
        ("Film", film.file),
        ("Length", f"{_clock(film.seconds)}, {film.width}×{film.height} pixels"),
        ("Analysed", frames if film.is_complete else f"{frames}; it was ended early"),
        ("Cuts", str(len(film.cuts))),
        ("Model", f"{film.model}, prior {film.prior}"),
        ("Face detector", film.detector),
    ]
    return parts.table((), rows + ([("Note", film.error)] if film.error else []))


def _people(timeline: Timeline, longest: list[Person], film: Path | None) -> Iterable[str]:
    if not timeline.people:
        yield parts.paragraph("No face was found.")
        return
    yield parts.paragraph(_TERMS)
    rows = [
        (
            person.display_name,
            _clock(person.first),
            _clock(person.last),
            f"{person.on_screen:.1f} s",
            _most(person),
        )
        for person in timeline.people
    ]
    yield parts.table(("Person", "First seen", "Last seen", "On screen", "Mostly"), rows)
    named = {escape(person.display_name): person.shares for person in longest}
    yield parts.wide(charts.share_bars(named))
    if film is not None:
        yield parts.face_list(
            (person.display_name, _clock(person.best), thumbnail(film, timeline, person))
            for person in longest
        )


def _courses(timeline: Timeline, longest: list[Person]) -> Iterable[str]:
    for person in longest:
        track = timeline.tracks[person.person]
        end = max(timeline.film.seconds, float(track.ends[-1]))
        yield f"<h3>{escape(person.display_name)}</h3>"
        yield parts.wide(charts.course(track, "lines", 0.0, end))
    if len(timeline.people) > len(longest):
        yield parts.paragraph(
            f"The {len(longest)} of {len(timeline.people)} people who are on screen the longest."
        )


def _events(timeline: Timeline) -> Iterable[str]:
    names = {person.person: person.display_name for person in timeline.people}
    rows = [
        (
            names[event.person],
            _clock(event.start),
            _clock(event.end),
            event.label,
            percent(event.confidence),
        )
        for event in timeline.events[:MOST_EVENTS]
    ]
    yield parts.table(("Person", "From", "To", "Expression", "Mean confidence"), rows)
    if len(timeline.events) > MOST_EVENTS:
        yield parts.paragraph(f"The first {MOST_EVENTS:,} of {len(timeline.events):,} events.")


def _most(person: Person) -> str:
    label, share = max(person.shares.items(), key=lambda item: (item[1], item[0] != UNSURE))
    return f"{label} {share:.0%}"


def _clock(seconds: float) -> str:
    """``1:02.34``."""
    hundredths = round(seconds * 100)
    minutes, rest = divmod(hundredths, 6000)
    hours, minutes = divmod(minutes, 60)
    clock = f"{minutes:02}" if hours else f"{minutes}"
    return f"{f'{hours}:' if hours else ''}{clock}:{rest // 100:02}.{rest % 100:02}"
