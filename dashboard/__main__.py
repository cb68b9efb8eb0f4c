"""`python -m dashboard [OPTIONS]`: the app's server, with the options of `streamlit run`."""

import sys

from streamlit.web import cli

from dashboard import navigation
from dashboard.server import network, startup

if __name__ == "__main__":
    startup.apply()  # before the first request, which need not come from a visitor
    network.allow_hosts(sys.argv[1:])
    sys.argv = ["streamlit", "run", str(navigation.ROOT / "streamlit_app.py"), *sys.argv[1:]]
    sys.exit(cli.main())
