"""One visitor's live page: the stream, the one before it, and frozen moments."""

from __future__ import annotations

from dataclasses import dataclass, field

import streamlit as st

from dashboard.camera.stream import Moment, Stream
from dashboard.live.settings import Choice
from dashboard.server.visitors import media, rates
from fer import registry
from fer.live.recording import Recording

MOST_MOMENTS = 6
_KEY = "_live_session"


@dataclass(slots=True)
class Session:
    """`stream` is for this START or the next one; `before` is the last that was watched. `active`
    is the activated model that the visitor knows of. `recording` is the last one that was begun."""

    stream: Stream | None = None
    before: Stream | None = None
    moments: list[Moment] = field(default_factory=list)
    recording: Recording | None = None
    active: str = field(default_factory=registry.active)

    def prepare(self, choice: Choice) -> Stream | None:
        """The stream with the visitor's settings. None while no model could be loaded yet."""
        if self.stream is None:
            if choice.model is None:
                return None
            self.stream = Stream(choice.model, choice.settings, choice.look)
        else:
            model = choice.model or self.stream.model
            self.stream.configure(model, choice.settings, choice.look)
        return self.stream

    def finish(self) -> None:
        """To be called while nothing is sent: ends a stream that was, and keeps it for its
        summary. The next START has a stream of its own."""
        if self.stream is None:
            return
        self.stream.waiting_since = None
        if self.stream.frames or self.stream.ended:
            self.stream.end()
            self.before = self.stream
            self.stream = None

    def freeze(self) -> None:
        """Keeps the present moment, the newest first, and no more than `MOST_MOMENTS`. Raises
        `NoPlace` where the visitor has asked for too many: each may have to be analysed."""
        rates.ANALYSES.take()
        moment = self.stream.freeze() if self.stream is not None else None
        if moment is None:
            st.toast("There is no picture yet.", icon=":material/photo_camera:")
        else:
            self.moments = [moment, *self.moments][:MOST_MOMENTS]
            st.toast(f"Captured: {moment.labels}. It is below.", icon=":material/photo_camera:")

    def let_go_of(self, model: str) -> None:
        """See `dashboard.personal.model.Holder`."""
        if self.stream is not None and self.stream.model.card.name == model:
            self.stream.end()
            self.stream = None
        if self.before is not None and self.before.model.card.name == model:
            self.before = None

    def delete_recording(self) -> None:
        self.recording = None

    def remove(self, moment: Moment) -> None:
        media.forget_removed()
        self.moments = [other for other in self.moments if other is not moment]


def current_session() -> Session:
    """The session of this browser tab."""
    if _KEY not in st.session_state:
        st.session_state[_KEY] = Session()
    session: Session = st.session_state[_KEY]
    return session
