"""The camera of the step Show: its picture with the face found, and takes that are recorded."""

from __future__ import annotations

import streamlit as st

from dashboard.camera import help as camera_help, stage
from dashboard.camera.stream import Stream
from dashboard.server import memory, video_relay
from dashboard.teach import cue
from dashboard.teach.cue import chosen_emotion
from dashboard.teach.recorder import SHORTEST_SECONDS, CuedLook, Recorder
from dashboard.teach.session import TeachSession, input_spec
from fer import registry
from fer.live.feed import LiveSettings
from fer.teaching.filtering import TakeFilter

LENGTHS = (2, 3, 4, 5)
_USUAL, _LENGTH = 3, "teach-length"
_TICK_SECONDS = 0.4
_STOPPED = "The camera stopped in the middle of this take."


def show(session: TeachSession) -> bool:
    """The picture with its buttons; returns whether a stream is sent or asked for."""
    video_relay.install()
    facts = camera_help.camera_facts()
    stream = _stream(session)
    connecting = stage.show(stream, "teach", beside=lambda: _record_button(session))
    camera_help.show_camera(facts, st.context.url, connecting)
    if not connecting:
        end(session)
    elif session.recorder is None:
        with st.container():
            st.fragment(_trouble, run_every=2.0)(stream)
    return connecting


def _stream(session: TeachSession) -> Stream:
    """The stream of this START or the next one, which shows what the recorder does."""
    look = CuedLook(recorder=session.recorder)
    if session.stream is None:
        model = registry.load(registry.DEFAULT)
        memory.settle()
        session.stream = Stream(model, LiveSettings(), look)
    session.stream.look = look
    session.stream.observer = None if session.recorder is None else session.recorder.offer
    return session.stream


def end(session: TeachSession) -> None:
    """To be called while nothing is sent: ends a stream that was."""
    stream = session.stream
    if stream is not None and (stream.frames or stream.ended):
        stream.end()
        session.stream = None


def length() -> None:
    """How long a take is."""
    st.segmented_control(
        "Length of a take",
        LENGTHS,
        default=_USUAL,
        required=True,
        format_func=lambda seconds: f"{seconds} s",
        key=_LENGTH,
        persist_state="session",
    )


def _record_button(session: TeachSession) -> None:
    """Beside the camera's own buttons."""
    st.button(
        "Record a take",
        key="teach-record",
        type="primary",
        icon=":material/radio_button_checked:",
        disabled=session.recorder is not None,
        on_click=_begin,
        args=(session,),
        help="Counts down from three, then keeps eight pictures a second.",
    )


def _begin(session: TeachSession) -> None:
    if session.recorder is None and session.is_allowed:
        session.news = None
        seconds = st.session_state.get(_LENGTH) or _USUAL
        session.recorder = Recorder(chosen_emotion(), float(seconds))


def progress(session: TeachSession, connecting: bool) -> None:
    """The take that is recorded now; once it is over its faces are read and kept."""
    recorder = session.recorder
    if recorder is None:
        return
    if not connecting or recorder.is_over:
        _read(session, recorder)
        st.rerun()
    with st.container():
        st.fragment(_tick, run_every=_TICK_SECONDS)(recorder)
    st.button("Cancel", key="teach-cancel", on_click=session.forget_recording)


def _tick(recorder: Recorder) -> None:
    if recorder.is_over:
        st.rerun()
    if recorder.countdown:
        st.progress(0.0, f"Get ready: {recorder.countdown + 0.99:.0f}")
    else:
        share = min(1.0, recorder.recorded / recorder.seconds)
        st.progress(share, f"Recording: look {cue.ADJECTIVES[recorder.emotion]}, and move a little")


def _read(session: TeachSession, recorder: Recorder) -> None:
    """Finds the faces of a take that is over. One that a stopped camera cut short is kept if it is
    long enough."""
    seconds, complete = recorder.recorded, recorder.is_complete
    frames = recorder.frames()
    if not complete and seconds < SHORTEST_SECONDS:
        session.news = (f"{_STOPPED} Nothing of it is kept. Start the camera, and again.", False)
        session.forget_recording()
        return
    take = TakeFilter(input_spec())
    bar = st.progress(0.0, "Finding your face …")
    for number, (image, time) in enumerate(frames, 1):
        take.add(image, time)
        bar.progress(number / len(frames), "Finding your face …")
    note = "" if complete else f"{_STOPPED} What was recorded until then:"
    session.forget_recording()
    session.keep(recorder.emotion, take, note)


def _trouble(stream: Stream) -> None:
    for sentence in (
        camera_help.stream_sentence(stream, connecting=True),
        camera_help.light_sentence(stream),
    ):
        if sentence:
            st.warning(sentence, icon=":material/warning:")
