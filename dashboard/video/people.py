"""The people of a film: who they are to the visitor, which tracks are the same, who is left out."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from dashboard.video.film import StoredFilm
from dashboard.video.view import clock
from fer import images
from fer.video.outputs import report
from fer.video.timeline import Timeline
from fer.video.values import PeopleEdits, Person

MOST_SHOWN = 60
"""So many people have a row, those longest on screen; the downloads have everyone."""
SHORTEST_SECONDS = 0.5
_MOST_THUMBNAILS = 12
_ALL_VISIBLE = 10
_THUMBNAIL = 96
_LONGEST_NAME = 40
_ITSELF = ""


def edit(film: StoredFilm) -> None:
    """A table of the film's people whose names, same persons and left-out ones can be edited."""
    everyone = film.timeline().edited(PeopleEdits())
    people = shown(everyone)
    if not people:
        st.info("No face was seen for longer than a moment.", icon=":material/person_off:")
        return
    key = f"{film.key}-people"
    if key not in st.session_state:  # the table adds its own changes to what it begins with
        film.begun = film.edits
    numbers = [person.person for person in people]
    table = st.data_editor(
        _rows(film, everyone, people),
        key=key,
        hide_index=True,
        row_height=64,
        height="content" if len(people) <= _ALL_VISIBLE else "auto",
        column_config={
            "face": st.column_config.ImageColumn("Face", width="small"),
            "person": st.column_config.TextColumn("Person", disabled=True),
            "name": st.column_config.TextColumn("Name", max_chars=_LONGEST_NAME),
            "on_screen": st.column_config.TextColumn("On screen", disabled=True),
            "mostly": st.column_config.TextColumn("Mostly", disabled=True),
            "same": st.column_config.SelectboxColumn(
                "Same as",
                options=[_ITSELF, *(_title(number) for number in numbers)],
                help="Counts this track to another one: the same person, seen again.",
            ),
            "out": st.column_config.CheckboxColumn(
                "Leave out", help="Shows nothing of this person; pixelating still covers the face."
            ),
        },
        alt="The people of the film",
    )
    film.edits = edits_of(table.to_dict("records"), numbers)
    hidden = len(everyone.people) - len(people)
    st.caption(
        "Names stay in this tab and in what you download."
        + (f" {hidden:,} more were seen for a moment only; the CSV has them." if hidden else "")
    )


def shown(timeline: Timeline) -> list[Person]:
    """Those who have a row, in order of their numbers."""
    seen = [person for person in timeline.people if person.on_screen >= SHORTEST_SECONDS]
    longest = sorted(seen, key=lambda person: -person.on_screen)[:MOST_SHOWN]
    return sorted(longest, key=lambda person: person.person)


def edits_of(rows: Sequence[Mapping[Any, Any]], numbers: Sequence[int]) -> PeopleEdits:
    """What the table's rows say, which belong to the people of these numbers. Who is the same as
    each other in a circle is merged into the first of them."""
    by_title = {_title(number): number for number in numbers}
    names, same, out = {}, {}, set()
    for number, row in zip(numbers, rows, strict=True):
        name = str(row["name"] or "").strip()[:_LONGEST_NAME]
        if name:
            names[number] = name
        other = by_title.get(str(row["same"] or _ITSELF))
        if other not in (None, number):
            same[number] = other
        if row["out"]:
            out.add(number)
    merged = {number: _last(number, same) for number in same}
    merged = {number: other for number, other in merged.items() if number != other}
    return PeopleEdits(names, merged, frozenset(out))


def _last(number: int, same: Mapping[int, int]) -> int:
    """Whom a person is merged into in the end."""
    seen = [number]
    while number in same:
        number = same[number]
        if number in seen:
            return min(seen[seen.index(number) :])
        seen.append(number)
    return number


def _rows(film: StoredFilm, timeline: Timeline, people: Sequence[Person]) -> pd.DataFrame:
    edits = film.begun
    rows = []
    for index, person in enumerate(people):
        number = person.person
        merged = edits.merged.get(number)
        share = max(person.shares.items(), key=lambda item: item[1])
        rows.append(
            {
                "face": thumbnail(film, timeline, person) if index < _MOST_THUMBNAILS else None,
                "person": _title(number),
                "name": edits.names.get(number, ""),
                "on_screen": clock(person.on_screen),
                "mostly": f"{share[0]}, {share[1]:.0%} of the time",
                "same": _ITSELF if merged is None else _title(merged),
                "out": number in edits.left_out,
            }
        )
    return pd.DataFrame(rows)


def thumbnail(film: StoredFilm, timeline: Timeline, person: Person) -> str | None:
    """The largest face of a person as a data address; None where its frame cannot be read."""
    kept = film.thumbnails.get(person.person)
    if kept is None:
        face = report.thumbnail(film.path, timeline, person)
        if face is None:
            return None
        png = images.encode_png(images.bounded(face, _THUMBNAIL)[0])
        kept = "data:image/png;base64," + base64.b64encode(png).decode()
        film.thumbnails[person.person] = kept
    return kept


def _title(number: int) -> str:
    return f"Person {number}"
