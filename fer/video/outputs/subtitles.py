"""The events of a film as WebVTT subtitles."""

from __future__ import annotations

from fer.video.timeline import Timeline
from fer.video.values import Event
from fer.visualization.annotate import percent

_NOTE = "NOTE Apparent expressions, estimated by a program: they are not feelings."


def text(timeline: Timeline) -> str:
    """A cue for each event, at the film's own times, with the person's name where there are
    several."""
    people = {person.person: person.display_name for person in timeline.people}
    cues = [
        f"{_clock(event.start)} --> {_clock(event.end)}\n{_line(event, people)}"
        for event in timeline.events
    ]
    return "\n\n".join(["WEBVTT", _NOTE, *cues]) + "\n"


def _line(event: Event, people: dict[int, str]) -> str:
    label = f"{event.label} {percent(event.confidence)}"
    return _escaped(f"{people[event.person]}: {label}" if len(people) > 1 else label)


def _clock(seconds: float) -> str:
    """``00:01:02.345``."""
    thousandths = round(seconds * 1000)
    minutes, rest = divmod(thousandths, 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{rest // 1000:02}.{rest % 1000:03}"


def _escaped(line: str) -> str:
    return " ".join(line.split()).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
