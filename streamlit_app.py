"""The app: page configuration and navigation, nothing else."""

import streamlit as st

from dashboard import errors, navigation
from dashboard.server import startup

st.session_state[navigation.FRAMED] = True
navigation.configure()
page = st.navigation(navigation.pages())
st.set_page_config(page_title=navigation.browser_title(page))
with errors.show_errors():
    startup.apply()
page.run()
