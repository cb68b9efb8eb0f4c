"""Live: the webcam, each face framed with its apparent expression, and the last minute."""

import streamlit as st

from dashboard import errors, model_picker, navigation
from dashboard.camera import help as camera_help, stage as camera_stage
from dashboard.live import (
    recording as live_recording,
    session as live_session,
    settings as live_settings,
    summary as live_summary,
    view as live_view,
)
from dashboard.model_picker import Reader
from dashboard.personal import badge
from dashboard.photos import snapshot
from dashboard.server import video_relay

navigation.ensure_frame()
session = live_session.current_session()
with errors.show_errors():
    video_relay.install()

st.title("Live")
st.markdown(
    "The **apparent** expression of every face in view. Pictures are never written to disk: "
    "tell those in view before you start the camera."
)
facts = camera_help.camera_facts()
about_camera = st.container()
with st.sidebar:
    choice = live_settings.controls()
prepared = session.prepare(choice)
if prepared is not None:
    badge.show(prepared.model.card.name)

left, right = st.columns([3, 2], gap="medium")
with left:
    running = prepared.model.card.name if prepared is not None and prepared.frames else None
    problem = live_settings.problem_sentence(choice, running)
    if problem:
        st.error(problem, icon=":material/warning:")
    if prepared is None:
        st.stop()
    stream = prepared
    with errors.show_errors():
        connecting = camera_stage.show(
            stream, "live", beside=lambda: live_view.freeze_button(session)
        )
    with about_camera:
        camera_help.show_camera(facts, st.context.url, connecting)

with right:
    with st.container():  # of its own: a fragment's next run takes what follows beside it away
        st.fragment(live_view.bars, run_every=live_view.BARS_SECONDS if connecting else None)(
            stream, connecting
        )
    if connecting:
        live_recording.button(session)
    else:
        session.finish()
        camera_help.camera_check()
        is_snapshot = snapshot.offer()

if connecting:
    with st.container():
        st.fragment(live_view.minute, run_every=live_view.TICK_SECONDS)(session, stream)
else:
    if is_snapshot:
        model, detector = stream.model, choice.settings.detector
        reader = Reader(model.card.name, detector, prior=model.prior.name)
        snapshot.show(reader, choice.look.style)
    live_summary.show(session)
    live_recording.show(session)
live_summary.show_captured(session)
with errors.show_errors():
    model_picker.show_model(stream.model.card, stream.model.prior.name)
