"""What visitors share in a server's process, so that those of one test meet none of another."""

from __future__ import annotations

from dashboard.camera import places as camera_places
from dashboard.evaluate import session as evaluations
from dashboard.server import child_commands, uploads
from dashboard.server.visitors import rates
from dashboard.train import starting
from dashboard.video import session as films


def reset() -> None:
    """As when the server was started."""
    for child in list(child_commands._of_visitors):
        child.end()
    for shared in (
        child_commands._of_visitors,
        child_commands._waiting,
        evaluations._evaluations,
        evaluations._reserved,
        films._films,
        camera_places._holders,
        starting._visitors,
        uploads._keepers,
        rates.ANALYSES._allowances,
    ):
        shared.clear()
