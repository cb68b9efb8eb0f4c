"""Teach: show your own expressions, teach a model, see whether it is better, use it."""

import streamlit as st

from dashboard import errors, navigation
from dashboard.teach import (
    consent as teach_consent,
    learn as teach_learn,
    session as teach_session,
    show as teach_show,
    steps as teach_steps,
    takes as teach_takes,
    transfer as teach_transfer,
    use as teach_use,
)

navigation.ensure_frame()
session = teach_session.current_session()

st.title("Teach")
st.markdown(
    "Show how **your** face looks, and get a model that knows it, for this browser tab alone."
)
teach_steps.row(session)
with errors.show_errors():
    if session.step == teach_session.CONSENT:
        teach_consent.show(session)
    elif session.step == teach_session.SHOW:
        teach_show.show(session)
        teach_takes.show(session)
        teach_transfer.takes(session)
    elif session.step == teach_session.TEACH:
        teach_learn.show(session)
    else:
        teach_use.show(session)
