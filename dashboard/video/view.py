"""A film as its page shows it: progress, what was found, and whose film is shown."""

from __future__ import annotations

import streamlit as st

from dashboard.model_picker import Reader, prior_label
from dashboard.server.tasks import Task
from dashboard.text import count, duration, escape_markdown
from dashboard.video import example
from dashboard.video.film import StoredFilm
from dashboard.video.session import Session
from fer import registry
from fer.errors import BadFilm
from fer.geometry import Image
from fer.video.timeline import Timeline
from fer.visualization import annotate

_STILL = 45
_PEOPLE_HELP = (
    "Each is a face followed from frame to frame. Whoever leaves and comes back, or is seen after "
    "a cut, counts again, because no face is recognised."
)


def poster() -> None:
    """What there will be, while there is no film. Raises `FerError`."""
    left, right = st.columns([2, 3], gap="medium", vertical_alignment="center")
    card = registry.card(registry.active())
    still = _still(card.name, card.created)
    left.image(still, width="stretch", alt="The example: two drawn faces, framed and labelled")
    right.markdown(
        "- **A timeline for each person:** how likely each of the seven expressions is, with the "
        "frame of any moment beside it\n"
        "- **Events:** expressions that last, one click away\n"
        "- **Export:** CSV, JSON, subtitles, a report, and the film with its faces framed "
        "or pixelated"
    )


@st.cache_data(show_spinner=False, max_entries=2)
def _still(model: str, created: str) -> Image:
    """As analysed by this model; `created` distinguishes models of the same name."""
    frame = example.frame(_STILL)
    return annotate.draw(frame, Reader(model).recognizer().analyze(frame))


def choose(session: Session) -> StoredFilm:
    """The film that is shown, with the button that removes it; a new one is shown at first."""
    by_number = {film.number: film for film in session.films}
    left, right = st.columns([4, 1], vertical_alignment="bottom")
    chosen = left.selectbox(
        "Film",
        list(by_number),
        format_func=lambda number: by_number[number].title,
        key=f"video-chosen-{session.started}",
    )
    film = by_number.get(chosen) or session.films[0]
    right.button(
        "Remove film",
        icon=":material/delete:",
        width="stretch",
        on_click=session.remove,
        args=(film,),
        help="Deletes the film and everything that was made of it from the server at once.",
    )
    return film


def watch(film: StoredFilm) -> Timeline | None:
    """What was found, once the analysis has ended; until then its progress. A film that could be
    analysed only in part says why."""
    if not film.task.is_done:
        st.fragment(_progress, run_every=1.0)(film)
        return None
    failure = film.task.failure
    try:
        timeline = film.timeline()
    except BadFilm as error:
        st.error(escape_markdown(failure or str(error)), icon=":material/error:")
        return None
    reason = failure or timeline.film.error
    if reason:
        seconds = duration(timeline.film.seconds)
        st.warning(
            f"{escape_markdown(reason)} The first {seconds} are shown.", icon=":material/warning:"
        )
    return timeline


def _progress(film: StoredFilm) -> None:
    if film.task.is_done:
        st.rerun()
    st.progress(*task_progress("Analysing …", film.task))
    st.button(
        "Cancel",
        key=f"{film.key}-cancel",
        on_click=film.task.cancel,
        help="What has been analysed by then is kept.",
    )


def task_progress(title: str, task: Task) -> tuple[float, str]:
    """How much of a task is done, 0 to 1, and a line with the time it took and takes."""
    progress, left = task.progress(), task.seconds_left()
    share = min(1.0, progress[0] / max(1, progress[1])) if progress else 0.0
    text = f"{title} {share:.0%} after {duration(task.child.seconds)}"
    return share, text if left is None else f"{text} · about {duration(left)} left"


def headline(timeline: Timeline) -> None:
    """Length, people, events, and how the film was read."""
    film = timeline.film
    with st.container(horizontal=True):
        st.metric("Length", clock(film.seconds))
        st.metric("Frames analysed", f"{film.analysed:,}")
        st.metric("People", f"{len(timeline.people):,}", help=_PEOPLE_HELP)
        st.metric("Events", f"{len(timeline.events):,}")
    cuts = f" · {count(len(film.cuts), 'cut')}" if film.cuts else ""
    st.caption(
        f"**{escape_markdown(film.file)}** · {film.width}×{film.height} pixels{cuts} · "
        f"model {escape_markdown(film.model)}, expressions {prior_label(film.prior)}"
    )


def clock(seconds: float) -> str:
    """``0:07.4``, ``1:02:03``."""
    tenths = round(seconds * 10)
    minutes, rest = divmod(tenths, 600)
    if minutes >= 60:
        return f"{minutes // 60}:{minutes % 60:02}:{rest // 10:02}"
    return f"{minutes}:{rest / 10:04.1f}"
