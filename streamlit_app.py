"""The app: page configuration and navigation, nothing else."""

import streamlit as st

from dashboard import errors, navigation
from dashboard.server import startup

st.set_page_config(page_title="Apparent expression", page_icon=navigation.LOGO, layout="wide")
with errors.show_errors():
    startup.apply()
st.logo(navigation.LOGO, size="large")
st.session_state[navigation.FRAMED] = True
st.navigation(navigation.pages()).run()
