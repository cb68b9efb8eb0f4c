"""Live: the webcam, each face framed with its apparent expression, and the last minute."""

import streamlit as st

from dashboard import errors, model_picker, navigation
from dashboard.live import (
    connection,
    help as live_help,
    recording as live_recording,
    session as live_session,
    settings as live_settings,
    summary as live_summary,
    view as live_view,
)
from dashboard.model_picker import Reader
from dashboard.photos import snapshot
from dashboard.server import video_relay

navigation.ensure_frame()
session = live_session.current_session()
with errors.show_errors():
    video_relay.install()

st.title("Live")
st.markdown(
    "Every face in view is analysed for its **apparent** expression and nothing is stored: "
    "tell those in view before you press START."
)
facts = live_help.camera_facts()
about_camera = st.container()

left, right = st.columns([3, 2], gap="medium")
below = st.container()
with st.expander(
    "Settings: they take effect while the picture goes on", expanded=True, icon=":material/tune:"
):
    choice = live_settings.controls()
prepared = session.prepare(choice)

with left:
    running = prepared.model.card.name if prepared is not None and prepared.frames else None
    problem = live_settings.problem_sentence(choice, running)
    if problem:
        st.error(problem, icon=":material/warning:")
    if prepared is None:
        st.stop()
    stream = prepared
    with errors.show_errors():
        connecting = connection.stage(stream)
    with about_camera:
        live_help.show_camera(facts, st.context.url, connecting)
    if not connecting:
        session.finish()
        live_help.camera_check()
    else:
        with st.container(horizontal=True):
            st.button("Freeze this moment", icon=":material/photo_camera:", on_click=session.freeze)
            live_recording.button(session)

with right:

    @st.fragment(run_every=live_view.TICK_SECONDS if connecting else None)
    def beside() -> None:
        live_view.beside(session, stream, connecting)

    if connecting:
        beside()
    model, detector = stream.model, choice.settings.detector
    reader = Reader(model.card.name, detector, prior=model.prior.name)
    snapshot.instead(reader, choice.look.style)

with below:
    if not connecting:
        live_summary.show(session)
        live_recording.show(session)
    live_summary.show_moments(session)
with errors.show_errors():
    st.caption(model_picker.model_sentence(stream.model.card, stream.model.prior.name))
