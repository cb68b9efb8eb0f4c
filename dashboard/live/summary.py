"""After a stream: seconds in each expression for each person; and captured frames."""

from __future__ import annotations

import json
from collections.abc import Sequence

import streamlit as st

from dashboard import explanation_view
from dashboard.live.session import Session
from dashboard.look import plots
from dashboard.text import count
from fer.emotions import EMOTIONS
from fer.live.feed import PersonSummary
from fer.storage import spreadsheets
from fer.visualization import expression_charts

UNSURE = "unsure"
SHORTEST_SECONDS = 0.5
"""Who was seen for less is left out on the page; the CSV has everyone."""

MOST_BARS = 12

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
    """The summary of the stream that was stopped last: a bar for each person, and the table."""
    stream = session.before
    if stream is None or stream.feed is None:
        return
    people = stream.feed.summary()
    seen = [person for person in people if person.last_seen - person.first_seen >= SHORTEST_SECONDS]
    with st.container(border=True):
        st.header("Session summary")
        if not seen:
            st.caption("No face was seen for longer than a moment.")
            return
        st.caption(
            f"{count(len(seen), 'appearance')} and the share of time in each apparent expression. "
            "Whoever left and came back is counted again, because no face is recognised."
        )
        chart, table = st.tabs(["Chart", "Table"])
        with chart:
            _bars(seen)
        with table:
            _table(seen)
        st.download_button(
            "Summary as CSV",
            csv_text(people),
            "live-summary.csv",
            "text/csv",
            icon=":material/download:",
            on_click="ignore",
        )


def _bars(seen: Sequence[PersonSummary]) -> None:
    longest = sorted(seen, key=lambda person: -sum(person.seconds.values()))[:MOST_BARS]
    shown = [person for person in seen if person in longest]
    shares = {}
    for person in shown:
        total = sum(person.seconds.values()) or 1.0
        seconds = f"{total:.0f}" if total >= 1 else f"{total:.1f}"
        name = f"Person {person.track} · {seconds} s"
        shares[name] = {label: spent / total for label, spent in person.seconds.items()}
    plots.show(
        expression_charts.share_bars(shares),
        "live-summary",
        "Shares of the time in each apparent expression, as a stacked bar for each person",
    )
    if len(shown) < len(seen):
        st.caption(f"The {MOST_BARS} longest appearances; the table has all.")


def _table(seen: Sequence[PersonSummary]) -> None:
    shown = expressions(seen)
    st.dataframe(
        [
            {"person": row["person"], **{name: row[name] for name in ("first_seen", *shown)}}
            for row in rows(seen)
        ],
        hide_index=True,
        column_config={
            "first_seen": st.column_config.NumberColumn("first seen, s", format="%.1f"),
            **{name: st.column_config.NumberColumn(f"{name}, s", format="%.1f") for name in shown},
        },
    )


def expressions(people: Sequence[PersonSummary]) -> list[str]:
    """Those that occurred, in the order of `EMOTIONS`, "unsure" last."""
    return [
        name for name in (*EMOTIONS, UNSURE) if any(name in person.seconds for person in people)
    ]


def show_captured(session: Session) -> None:
    """The captured frames, each with its downloads."""
    if not session.moments:
        return
    st.header("Captured frames")
    st.caption(
        "In the memory of the computer that runs this app, for you alone, until you remove them or "
        "some minutes after you close this tab."
    )
    for first in range(0, len(session.moments), 3):
        columns = st.columns(3, gap="medium")
        for column, moment in zip(columns, session.moments[first : first + 3], strict=False):
            with column, st.container(border=True):
                st.image(
                    moment.png, width="stretch", alt=f"Captured frame, apparently {moment.labels}"
                )
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
                        who = f"person {face.person}" if face.person else f"face {index + 1}"
                        explanation_view.button(
                            explanation_view.Question(model, prior, face.pixels, face.prediction),
                            f"{moment.key}-why-{index}",
                            f"Why “{face.prediction.display_label}” for {who}?",
                        )
                    st.button(
                        "Remove",
                        key=f"{moment.key}-remove",
                        icon=":material/delete:",
                        on_click=session.remove,
                        args=(moment,),
                    )
