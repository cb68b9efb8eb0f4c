"""What the server needs before the first page: changes to the packages it runs on."""

from __future__ import annotations

from dashboard.server import network, uploads


def apply() -> None:
    """Keeps uploads in memory, the server from asking others, and foreign host names out; may be
    called again.

    Raises `UnsupportedVersion`. The live page installs `video_relay` itself, since only there the
    packages below it are loaded.
    """
    uploads.keep_in_memory()
    network.disable_external_address()
    network.refuse_foreign_hosts()
