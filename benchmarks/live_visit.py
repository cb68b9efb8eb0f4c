"""A visitor of a live page: a real browser with a fake camera, and what it sees."""

from __future__ import annotations

import itertools
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from playwright.sync_api import Browser, Frame, Page, sync_playwright

from benchmarks import live_film

ROOT = Path(__file__).resolve().parents[1]
READER = Path(__file__).with_name("live_reader.js").read_text("utf-8")
FLAGS = [
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"),
    *("--disable-renderer-backgrounding", "--disable-backgrounding-occluded-windows"),
]

EMPTY = """
import sys
sys.path.insert(0, {root!r})
import streamlit as st
from streamlit_webrtc import webrtc_streamer
from dashboard.camera import connection
from dashboard.server import video_relay
video_relay.install()
st.title("Live")
webrtc_streamer(
    "live",
    rtc_configuration=connection.configuration(),
    media_stream_constraints=connection.CAMERA,
    video_frame_callback=lambda frame: frame,
    video_html_attrs=connection.VIDEO,
    media_toggle_controls=False,
    sendback_audio=False,
)
"""
"""The page of an app whose callback does nothing."""

_MOST_STARTS = 3


@dataclass(frozen=True)
class Arm:
    """A server to be measured. Our page mirrors the picture, and so its bar code."""

    name: str
    address: str
    pid: int
    mirrored: bool

    @property
    def server(self) -> str:
        """The address without the page."""
        return self.address.rpartition("/")[0]


@dataclass(frozen=True)
class Seen:
    """What a browser saw: distinct frames a second, and milliseconds from the camera's preview to
    the picture that came back."""

    frames_per_second: float
    p50: float
    p95: float
    analysis: float | None


@dataclass(frozen=True)
class Lengths:
    """Seconds to warm up and to measure, and how many trials."""

    warm: float
    seconds: float
    trials: int


def watch(browser: Browser, arm: Arm, lengths: Lengths) -> Seen:
    with visitor(browser, arm) as (page, frame):
        page.wait_for_timeout(1000 * lengths.warm)
        return numbers(frame, page, lengths.seconds, arm.mirrored, camera=True)


def watch_three(browser: Browser, arm: Arm, lengths: Lengths) -> list[float]:
    """Distinct frames a second of three visitors in the same seconds."""
    with ExitStack() as stack:
        visitors = [stack.enter_context(visitor(browser, arm)) for _ in range(3)]
        visitors[0][0].wait_for_timeout(1000 * lengths.warm)
        return begin_counting([frame for _, frame in visitors], arm, lengths.seconds)()


def begin_counting(frames: list[Frame], arm: Arm, seconds: float) -> Callable[[], list[float]]:
    """Counts distinct frames of visitors from now on, for so long; the answer waits for the end and
    tells how many each saw a second."""
    begin = "([seconds, mirrored]) => { window.told = readNumbers(seconds, mirrored, false) }"
    for frame in frames:
        frame.evaluate(begin, [seconds, arm.mirrored])

    def rates() -> list[float]:
        answers = [frame.evaluate("() => window.told") for frame in frames]
        return [_rate(answer["shown"], seconds) for answer in answers]

    return rates


def numbers(frame: Frame, page: Page, seconds: float, mirrored: bool, camera: bool) -> Seen:
    answer = frame.evaluate(
        "([seconds, mirrored, camera]) => readNumbers(seconds, mirrored, camera)",
        [seconds, mirrored, camera],
    )
    delays = _delays(answer["camera"], answer["shown"])
    p50, p95 = np.percentile(delays, [50, 95]) if delays else (np.nan, np.nan)
    told = re.search(r"analysis (\d+) ms", page.get_by_test_id("stMain").inner_text())
    analysis = float(told.group(1)) if told else None
    return Seen(_rate(answer["shown"], seconds), float(p50), float(p95), analysis)


def _rate(shown: list[tuple[float, int | None]], seconds: float) -> float:
    """How often a second another number was shown."""
    numbers = [number for _, number in shown if number is not None]
    return sum(a != b for a, b in itertools.pairwise(numbers)) / seconds


def _delays(
    camera: list[tuple[float, int | None]], shown: list[tuple[float, int | None]]
) -> list[float]:
    """Milliseconds from a number's first sight at the camera to its first one here.

    Numbers come round again: what was seen half a film ago belongs to another turn, so that a frame
    that only one side saw gives no delay.
    """
    turn = 1000 * live_film.FRAMES / live_film.FRAMES_PER_SECOND / 2
    delays, at, newest = [], dict[int, float](), None
    events = [(now, 0, number) for now, number in camera] + [
        (now, 1, number) for now, number in shown
    ]
    for now, place, number in sorted(events, key=lambda event: event[:2]):
        if number is None:
            continue
        if place == 0:
            if now - at.get(number, -turn) >= turn:
                at[number] = now
        elif number != newest:
            newest = number
            if now - at.get(number, -turn) < turn:
                delays.append(now - at[number])
    return delays


@contextmanager
def visitor(browser: Browser, arm: Arm) -> Iterator[tuple[Page, Frame]]:
    """A visitor who has started the camera and sees a picture."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(120_000)
    context.add_init_script(READER)
    page = context.new_page()
    page.goto(arm.address)
    page.get_by_role("heading", name="Live").wait_for()
    page.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]')
    frame = _started(page)
    try:
        yield page, frame
    finally:
        page.goto("about:blank")
        page.wait_for_timeout(2000)
        context.close()


def _started(page: Page) -> Frame:
    """The stream's frame once its picture stays. Now and then one ends as soon as it has begun
    (a few of a hundred starts, all with the callback that does nothing); it is started again."""
    inside = page.frame_locator("iframe[title*=webrtc]")
    for start in range(1, _MOST_STARTS + 1):
        inside.get_by_role("button", name=re.compile("^start", re.IGNORECASE)).click()
        inside.locator("video").wait_for()
        frame = next(one for one in page.frames if "webrtc_streamer" in one.url)
        frame.wait_for_function("() => document.querySelector('video')?.videoWidth !== 0")
        page.wait_for_timeout(2000)
        if inside.locator("video").count():
            return frame
        print(f"A stream ended by itself after start {start}; it is started again.", flush=True)
    raise RuntimeError(f"{_MOST_STARTS} streams in a row ended as soon as they had begun.")


@contextmanager
def camera_browser(folder: Path) -> Iterator[Browser]:
    """A browser whose camera plays the film."""
    film = live_film.write(folder / "face.y4m")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"),
            args=[*FLAGS, f"--use-file-for-fake-video-capture={film}"],
        )
        yield browser
        browser.close()


@contextmanager
def served_empty(folder: Path) -> Iterator[Arm]:
    """An app of one page whose callback does nothing."""
    app = folder / "empty.py"
    app.write_text(EMPTY.format(root=str(ROOT)))
    with served("empty", app, "", False) as arm:
        yield arm


@contextmanager
def served(name: str, script: Path, path: str, mirrored: bool) -> Iterator[Arm]:
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", str(script), "--server.port", str(port)]
    server = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        while server.poll() is None:
            try:
                urllib.request.urlopen(f"http://localhost:{port}/_stcore/health", timeout=1).close()
                break
            except OSError:
                time.sleep(0.1)
        yield Arm(name, f"http://localhost:{port}/{path}", server.pid, mirrored)
    finally:
        server.terminate()
        server.wait(30)
