"""After a stream: seconds in each expression for each person, and frozen moments."""

from __future__ import annotations

import json
from collections.abc import Sequence

import streamlit as st

from dashboard import explanation_view
from dashboard.live.session import Session
from dashboard.text import count
from fer.emotions import EMOTIONS
from fer.live.feed import PersonSummary
from fer.storage import spreadsheets

UNSURE = "unsure"
SHORTEST_SECONDS = 0.5
"""Who was seen for less is left out on the page; the CSV has everyone."""

COLUMNS = ("person", "first_seen", "last_seen", *EMOTIONS, UNSURE)


def rows(people: Sequence[PersonSummary]) -> list[dict[str, float]]:
    """A row a person: seconds in the stream, and seconds in each expression."""
    return [
        {
            "person": person.track,
            "first_seen": round(person.first_seen, 2),
            "last_seen": round(person.last_seen, 2),
            **{name: round(person.seconds.get(name, 0.0), 2) for name in (*EMOTIONS, UNSURE)},
        }
        for person in people
    ]


def csv_text(people: Sequence[PersonSummary]) -> str:
    """`rows` with a header line."""
    return spreadsheets.csv_text(COLUMNS, (row.values() for row in rows(people)))


def show(session: Session) -> None:
    """The summary of the stream that was stopped last."""
    stream = session.before
    if stream is None or stream.feed is None:
        return
    people = stream.feed.summary()
    with st.container(border=True):
        st.markdown("#### The last stream")
        seen = [
            person for person in people if person.last_seen - person.first_seen >= SHORTEST_SECONDS
        ]
        if not seen:
            st.caption("No face was seen for longer than a moment.")
            return
        shown = [
            name for name in (*EMOTIONS, UNSURE) if any(name in person.seconds for person in seen)
        ]
        st.caption(
            f"Seconds in each apparent expression, for {count(len(seen), 'person', 'people')}. "
            "Who left and came back counts twice, for no face is recognised."
        )
        st.dataframe(
            [{name: row[name] for name in ("person", *shown)} for row in rows(seen)],
            hide_index=True,
            column_config={name: st.column_config.NumberColumn(format="%.1f") for name in shown},
        )
        st.download_button(
            "Summary as CSV",
            csv_text(people),
            "live-summary.csv",
            "text/csv",
            icon=":material/download:",
            on_click="ignore",
        )


def show_moments(session: Session) -> None:
    """The frozen stills, each with its downloads."""
    if not session.moments:
        return
    st.markdown("#### Moments")
    st.caption(
        "In the memory of the computer that runs this app, for you alone, until you remove them or "
        "some minutes after you close this tab."
    )
    for first in range(0, len(session.moments), 3):
        columns = st.columns(3, gap="medium")
        for column, moment in zip(columns, session.moments[first : first + 3], strict=False):
            with column, st.container(border=True):
                st.image(moment.png, width="stretch", alt=f"A moment, apparently {moment.labels}")
                st.caption(f"{moment.record['time']:.0f} s into the stream: {moment.labels}")
                with st.container(horizontal=True):
                    st.download_button(
                        "PNG",
                        moment.png,
                        "moment.png",
                        "image/png",
                        key=f"{moment.key}-png",
                        icon=":material/download:",
                        on_click="ignore",
                    )
                    st.download_button(
                        "JSON",
                        json.dumps(moment.record, indent=1),
                        "moment.json",
                        "application/json",
                        key=f"{moment.key}-json",
                        icon=":material/download:",
                        on_click="ignore",
                    )
                    model, prior = moment.record["model"], moment.record["prior"]
                    for index, face in enumerate(moment.faces):
                        explanation_view.button(
                            explanation_view.Question(model, prior, face.pixels, face.prediction),
                            f"{moment.key}-why-{index}",
                            f"Why is person {face.person} {face.prediction.display_label}?",
                        )
                    st.button(
                        "Remove",
                        key=f"{moment.key}-remove",
                        on_click=session.remove,
                        args=(moment,),
                    )
