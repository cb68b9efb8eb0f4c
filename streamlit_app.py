"""The app: page configuration and navigation, nothing else."""

import streamlit as st

from dashboard import errors, navigation
from dashboard.server import startup, uploads
from dashboard.server.visitors import media

st.session_state[navigation.FRAMED] = True
navigation.configure()
page = st.navigation(navigation.pages())
st.set_page_config(page_title=navigation.browser_title(page))
navigation.begin_at_top(page)
with errors.show_errors():
    startup.apply()
with uploads.unused_ones_freed(), media.removed_ones_forgotten():
    page.run()
