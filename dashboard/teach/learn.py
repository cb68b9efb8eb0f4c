"""Teach: start, live curves, stop, and what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from dashboard.look import plots
from dashboard.personal import model as personal
from dashboard.server import child_commands
from dashboard.teach import compare
from dashboard.teach.session import SHOW, Lesson, Taught, TeachSession
from dashboard.text import count, escape_markdown, sentence
from fer.errors import BadCaptures, FerError
from fer.runs import epochs
from fer.storage import files
from fer.teaching import archive, comparison, teacher
from fer.visualization import charts

_CAPTURES, _OUT = "captures.zip", "taught"


def show(session: TeachSession) -> None:
    """What is taught and the button that starts; progress while it is at work; then the result."""
    if session.lesson is not None:
        _watch(session, session.lesson)
        return
    captures = session.captures
    problem = _problem(session)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            "Teach again" if session.taught else "Teach",
            key="teach-start",
            type="secondary" if session.taught else "primary",
            icon=":material/school:",
            disabled=problem is not None,
            on_click=session.teach,
        )
        emotions = captures.emotions()
        st.markdown(
            f"**{count(len(captures.faces), 'face')}** of {count(len(captures.takes), 'take')}: "
            f"{', '.join(emotions) or 'nothing yet'}"
        )
    if problem:
        st.info(escape_markdown(sentence(problem)), icon=":material/info:")
        st.button("Show more", key="teach-more", on_click=session.go, args=(SHOW,))
    if session.failure:
        st.error(escape_markdown(session.failure), icon=":material/warning:")
    if session.taught is not None:
        compare.show(session, session.taught)
    elif not problem:
        _what_happens(session)


def _problem(session: TeachSession) -> BadCaptures | None:
    try:
        session.captures.check_teachable()
    except BadCaptures as error:
        return error
    return None


def _what_happens(session: TeachSession) -> None:
    st.markdown(
        "A copy of the default model learns your faces; expressions that you did not show mostly "
        "keep what it knew. Takes are **held back** in turn: each is judged by a model that was "
        "taught without it, and by the default model. Before and after are compared on them."
    )
    unknown = comparison.unknown(session.captures)
    if unknown.missing:
        st.info(unknown.sentence, icon=":material/info:")


def _watch(session: TeachSession, lesson: Lesson) -> None:
    """The command at work; what it made is taken out of its folder, which goes."""

    def prepare(folder: Path) -> Sequence[str]:
        with files.private(folder / _CAPTURES) as target:
            target.write(archive.to_zip(lesson.captures))
        return [str(folder / _CAPTURES), "--output", str(folder / _OUT)]

    above = st.container()
    with st.container():
        child = child_commands.run(
            lesson.key, ["teach"], "Teaching …", prepare=prepare, watch=_curves
        )
    if child is None:
        above.button("Stop", key="teach-stop", on_click=session.stop)
        return
    session.failure = child.failure
    if child.failure is None:
        out = Path(child.folder.name, _OUT)
        try:
            own = personal.opened((out / teacher.ZIP).read_bytes(), is_ours=True)
            found = comparison.read(out / teacher.COMPARISON)
            session.finish(own, Taught.of(found, lesson.captures))
        except FerError as error:
            session.failure = str(error)
        except OSError as error:
            session.failure = f"the model cannot be read: {files.reason_of(error)}."
    session.stop()
    st.rerun()


def _curves(folder: Path) -> None:
    """Loss and accuracy so far."""
    rows = epochs.read(folder / _OUT / "metrics.jsonl")
    if not rows:
        return
    columns = st.columns(2)
    for column, figure in zip(columns, ("loss", "accuracy"), strict=True):
        with column:
            plots.show(charts.learning_curves({"": rows}, figure), f"teach-{figure}")
    if not rows[-1].get("held_back"):
        st.caption("Validation: agreement with the default model, since no take is held back.")
