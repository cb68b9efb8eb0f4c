"""The server's frame relay, without the queue that grows while a visitor's network is slow.

streamlit-webrtc passes every track through one relay of the server, which keeps each frame until
its reader has taken it: a reader that is slower than the camera falls behind for good. The relay
is found under a private name, so the package is pinned and a test watches that name.
"""

from __future__ import annotations

from aiortc.contrib.media import MediaRelay
from aiortc.mediastreams import MediaStreamTrack
from streamlit.runtime import Runtime
from streamlit_webrtc import relay as theirs

_NAME = theirs._SERVER_GLOBAL_RELAY_ATTR_NAME_


class NewestFrameRelay(MediaRelay):
    """Hands each reader of a picture track its newest frame; frames it was late for are gone."""

    def subscribe(self, track: MediaStreamTrack, buffered: bool = True) -> MediaStreamTrack:
        return super().subscribe(track, buffered=buffered and track.kind != "video")


def install() -> None:
    """Makes the server use a `NewestFrameRelay`, once a process; call it before the first stream.

    Without a running server (a page run by a test) nothing happens.
    """
    if not Runtime.exists():
        return
    runtime = Runtime.instance()
    if not isinstance(getattr(runtime, _NAME, None), NewestFrameRelay):
        setattr(runtime, _NAME, NewestFrameRelay())
