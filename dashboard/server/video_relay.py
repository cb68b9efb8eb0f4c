"""The server's frame relay: it keeps no queue, and its readers' pictures are their own.

streamlit-webrtc passes every track through one relay of the server, which keeps each frame until
its reader has taken it: a reader that is slower than the camera falls behind for good. The package
finds the relay under a private name of the server.
"""

from __future__ import annotations

from typing import cast

from aiortc.contrib.media import MediaRelay
from aiortc.mediastreams import MediaStreamTrack
from av import VideoFrame
from streamlit.runtime import Runtime
from streamlit_webrtc.process import AsyncVideoProcessTrack

from dashboard.server.compatibility import ForeignName, require

RELAY_NAME = ForeignName(
    "streamlit-webrtc", "0.79", "streamlit_webrtc.relay:_SERVER_GLOBAL_RELAY_ATTR_NAME_"
)
FOREIGN_NAMES = (
    RELAY_NAME,
    ForeignName("streamlit-webrtc", "0.79", "streamlit_webrtc.relay:get_global_relay"),
    ForeignName("streamlit-webrtc", "0.79", "streamlit_webrtc.process:AsyncVideoProcessTrack"),
    ForeignName("aiortc", "1.16", "aiortc.contrib.media:MediaRelay.subscribe"),
)


class NewestFrameRelay(MediaRelay):
    """Hands each reader of a picture track its newest frame; frames it was late for are gone."""

    def subscribe(self, track: MediaStreamTrack, buffered: bool = True) -> MediaStreamTrack:
        proxy = super().subscribe(track, buffered=buffered and track.kind != "video")
        return OwnPictures(proxy) if isinstance(track, AsyncVideoProcessTrack) else proxy


class OwnPictures(MediaStreamTrack):
    """What a reader gets of processed pictures: each once, and as a copy.

    While no new picture is there, streamlit-webrtc hands out the last one again and writes a new
    time into it, although an encoder may be reading it in its thread. Now and then a time came out
    wrong, the encoder refused the next ones, aiortc's sender ended, and the visitor's picture stood
    still for good.
    """

    kind = "video"

    def __init__(self, source: MediaStreamTrack) -> None:
        super().__init__()
        self._source = source
        self._last: VideoFrame | None = None

    async def recv(self) -> VideoFrame:
        while (frame := cast(VideoFrame, await self._source.recv())) is self._last:
            pass
        self._last = frame
        return _copied(frame)

    def stop(self) -> None:
        super().stop()
        self._source.stop()


def _copied(frame: VideoFrame) -> VideoFrame:
    whole = frame.width % 2 == frame.height % 2 == 0
    if frame.format.name == "yuv420p" and whole:
        copy = VideoFrame.from_ndarray(frame.to_ndarray(), format="yuv420p")
    else:
        copy = frame.reformat(format="rgb24")
    copy.pts, copy.time_base = frame.pts, frame.time_base
    return copy


def install() -> None:
    """Makes the server use a `NewestFrameRelay`, once a process; call it before the first stream.

    Raises `UnsupportedVersion`. Without a running server (a page run by a test) nothing happens.
    """
    if not Runtime.exists():
        return
    require(*FOREIGN_NAMES)
    runtime, name = Runtime.instance(), str(RELAY_NAME.resolve())
    if not isinstance(getattr(runtime, name, None), NewestFrameRelay):
        setattr(runtime, name, NewestFrameRelay())
