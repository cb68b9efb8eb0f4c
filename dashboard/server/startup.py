"""What the server needs before the first page: changes to the packages it runs on, and order in
what servers before it left."""

from __future__ import annotations

import functools

from dashboard.server import heaps, network, timers, uploads, workspaces
from dashboard.server.visitors import login, media
from fer import permission
from fer.storage import files, folders

SWEEP_SECONDS, UPLOADS_SECONDS = 600.0, 60.0


def apply() -> None:
    """Bounds the heaps; keeps uploads in memory, downloads while they may be clicked, the server
    from asking others, foreign host names and long messages out; asks who may change what; deletes
    what killed processes and servers have left. May be called again.

    Raises `UnsupportedVersion`. The live page installs `video_relay` itself, since only there the
    packages below it are loaded.
    """
    heaps.bound()
    uploads.install()
    media.keep_clicked_downloads()
    network.disable_external_address()
    network.refuse_foreign_hosts()
    network.bound_messages()
    permission.add_rule("login", login.refusal)
    _sweep()


@functools.cache
def _sweep() -> None:
    for root in (folders.models(), folders.runs()):
        files.remove_leftovers(root)
    workspaces.sweep()
    timers.start_once(UPLOADS_SECONDS, uploads.free_unseen, "uploads without a page")
    timers.start_once(SWEEP_SECONDS, workspaces.sweep, "folders of killed servers")
