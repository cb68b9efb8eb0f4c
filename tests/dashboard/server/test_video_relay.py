"""The relay that never queues pictures, and the private name by which it is installed."""

from __future__ import annotations

import asyncio
import itertools
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction

import numpy as np
import pytest
import streamlit_webrtc.relay
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack
from av import AudioFrame, VideoFrame
from streamlit.runtime import Runtime
from streamlit_webrtc.process import AsyncVideoProcessTrack

from dashboard.server import video_relay

FRAMES = 50


class Counter(MediaStreamTrack):  # type: ignore[misc]
    """A camera that numbers its frames by time stamp and never waits for its reader."""

    def __init__(self, kind: str = "video") -> None:
        super().__init__()
        self.kind = kind
        self.number = 0

    async def recv(self) -> VideoFrame | AudioFrame:
        await asyncio.sleep(0)
        if self.number == FRAMES:
            await asyncio.sleep(0.01)
            raise MediaStreamError
        self.number += 1
        pixels = np.zeros((2, 2, 3), np.uint8)
        frame = (
            VideoFrame.from_ndarray(pixels, format="rgb24")
            if self.kind == "video"
            else AudioFrame(samples=8)
        )
        frame.pts, frame.time_base = self.number, Fraction(1, 30)
        return frame


class Repeating(AsyncVideoProcessTrack):  # type: ignore[misc]
    """Processed pictures, each handed out three times: the same object with another time."""

    def __init__(self, side: int) -> None:
        MediaStreamTrack.__init__(self)
        self.side = side
        self.number = 0
        self.frame: VideoFrame | None = None

    async def recv(self) -> VideoFrame:
        await asyncio.sleep(0)
        if self.number == FRAMES:
            await asyncio.sleep(0.01)
            raise MediaStreamError
        if self.frame is None or self.number % 3 == 0:
            grey = np.full((self.side, self.side, 3), 4 * self.number, np.uint8)
            self.frame = VideoFrame.from_ndarray(grey, format="rgb24").reformat(format="yuv420p")
        self.number += 1
        self.frame.pts, self.frame.time_base = self.number, Fraction(1, 30)
        return self.frame

    def stop(self) -> None:
        MediaStreamTrack.stop(self)


async def read_processed(side: int) -> list[tuple[VideoFrame, int]]:
    """Every picture that a reader gets, and the time it had then."""
    track = Repeating(side)
    reader = video_relay.NewestFrameRelay().subscribe(track)
    seen = []
    try:
        while True:
            frame = await reader.recv()
            seen.append((frame, frame.pts))
    except MediaStreamError:
        reader.stop()
        assert reader.readyState == "ended"
        return seen


async def read_slowly(kind: str) -> list[int]:
    reader = video_relay.NewestFrameRelay().subscribe(Counter(kind))
    seen = []
    try:
        while True:
            frame = await reader.recv()
            seen.append(frame.pts)
            await asyncio.sleep(0.001)
    except MediaStreamError:
        return seen


def slowly_read(kind: str) -> list[int]:
    """In a thread of its own: the browser tests leave a running event loop in this one."""
    with ThreadPoolExecutor(1) as other:
        return other.submit(asyncio.run, read_slowly(kind)).result()


def test_a_slow_reader_gets_the_newest_picture() -> None:
    seen = slowly_read("video")
    assert seen[-1] == FRAMES
    assert len(seen) < FRAMES
    assert seen == sorted(set(seen))


def test_sound_is_kept_whole() -> None:
    assert slowly_read("audio") == list(range(1, FRAMES + 1))


@pytest.mark.parametrize("side", [4, 5])
def test_a_picture_comes_once_and_its_time_stays(side: int) -> None:
    """A reader's pictures must not change while an encoder reads them, nor their times repeat."""
    with ThreadPoolExecutor(1) as other:
        seen = other.submit(asyncio.run, read_processed(side)).result()
    times = [time for _, time in seen]
    assert [frame.pts for frame, _ in seen] == times
    assert times == sorted(set(times))
    shades = [int(frame.to_ndarray(format="rgb24").mean()) for frame, _ in seen]
    assert len(shades) > 10
    assert all(later - sooner > 8 for sooner, later in itertools.pairwise(shades))


def test_the_server_takes_our_relay(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails when streamlit-webrtc looks for its relay under another name."""

    class Server:
        pass

    server = Server()
    monkeypatch.setattr(Runtime, "exists", lambda: True)
    monkeypatch.setattr(Runtime, "instance", lambda: server)
    video_relay.install()
    installed = streamlit_webrtc.relay.get_global_relay()
    assert isinstance(installed, video_relay.NewestFrameRelay)
    video_relay.install()
    assert streamlit_webrtc.relay.get_global_relay() is installed


def test_without_a_server_nothing_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Runtime, "exists", lambda: False)
    video_relay.install()
