"""The live page with a camera that plays a film: what a visitor sees, in pixels."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import urlparse

import psutil
import pytest
from playwright.sync_api import Browser, BrowserContext, FrameLocator, Page, expect

from fer import images
from fer.geometry import Image
from fer.inference import detection
from tests import clips
from tests.browser import axe
from tests.browser.conftest import running_app
from tests.browser.test_app import server_of, settled
from tests.helpers import publish_tiny

pytestmark = pytest.mark.browser

NewContext = Callable[..., BrowserContext]

LONG = 90_000
HAPPY = "Captured frame, apparently happy"
_DRAWN = """video => {
    const canvas = document.createElement("canvas");
    canvas.width = video.videoWidth;
    canvas.height = video.videoHeight;
    canvas.getContext("2d").drawImage(video, 0, 0);
    return canvas.toDataURL("image/png").split(",")[1];
}"""


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An app of its own, with one more model, whose answers are no probabilities."""
    folder = tmp_path_factory.mktemp("live")
    with running_app(folder) as address, pytest.MonkeyPatch.context() as patch:
        patch.setenv("FER_MODELS", str(folder / "models"))
        publish_tiny("broken", broken=True)
        yield address


@pytest.fixture
def new_context(browser: Browser) -> NewContext:
    def new(**options: Any) -> BrowserContext:
        context = browser.new_context(**options)
        context.set_default_timeout(60_000)
        return context

    return new


def open_live(page: Page, address: str) -> FrameLocator:
    page.goto(f"{address}/live")
    expect(page.get_by_role("heading", name="Live")).to_be_visible(timeout=LONG)
    settled(page)
    return stage(page)


def stage(page: Page) -> FrameLocator:
    return page.frame_locator("iframe[title*=webrtc]")


def start(page: Page) -> None:
    stage(page).get_by_role("button", name="Start camera").click()
    expect(stage(page).locator("video")).to_be_visible(timeout=LONG)
    wait_until(page, lambda: frames_seen(page) > 0, "the first picture")


def stop(page: Page) -> None:
    stage(page).get_by_role("button", name="Stop").click()
    expect(stage(page).get_by_role("button", name="Start camera")).to_be_visible()


def picture(page: Page) -> Image:
    """What the visitor sees, RGB (H, W, 3). A picture that is scrolled away stands still."""
    video = stage(page).locator("video")
    video.scroll_into_view_if_needed()
    return images.decode(base64.b64decode(video.evaluate(_DRAWN)))


def oranges(image: Image) -> int:
    """How many pixels have the colour of "happy", as it comes out of a video."""
    red, green, blue = image.astype(int).transpose(2, 0, 1)
    return int(((red > 180) & (green > 110) & (green < 190) & (blue < 70)).sum())


def wait_until(page: Page, done: Callable[[], bool], what: str) -> None:
    until = time.monotonic() + LONG / 1000
    while not done():
        assert time.monotonic() < until, f"it never came: {what}"
        page.wait_for_timeout(200)


def choose(page: Page, label: str, option: str) -> None:
    """Picks from a list. A page that scrolls closes the list again."""
    field, wanted = page.get_by_role("combobox", name=label), page.get_by_role("option")
    field.scroll_into_view_if_needed()

    def is_open() -> bool:
        if not wanted.count():
            field.click()
            page.wait_for_timeout(300)
        return wanted.count() > 0

    wait_until(page, is_open, f"the choices of {label}")
    wanted.filter(has_text=option).click()
    settled(page)


def frames_seen(page: Page) -> int:
    return int(
        stage(page)
        .locator("video")
        .evaluate("video => video.getVideoPlaybackQuality().totalVideoFrames")
    )


def test_the_film_alone_is_not_orange() -> None:
    assert max(oranges(clips.frame(number)) for number in range(0, clips.FRAMES, 10)) < 20


def test_a_face_is_framed_its_minute_grows_and_it_can_start_again(page: Page, live: str) -> None:
    requested: list[str] = []
    page.on("request", lambda request: requested.append(request.url))
    open_live(page, live)
    start(page)
    wait_until(page, lambda: oranges(picture(page)) > 200, "an orange frame around the face")
    expect(page.get_by_text("1 face on screen")).to_be_visible(timeout=LONG)

    chart = page.get_by_test_id("stVegaLiteChart").locator("svg")
    chart.evaluate("chart => { chart.marked = true }")
    first = points(page)
    wait_until(page, lambda: points(page) > first + 4, "a longer line")
    assert chart.evaluate("chart => chart.marked"), "the chart was mounted anew"

    def frozen() -> bool:
        """On a busy machine a frame may lack its analysis."""
        page.get_by_role("button", name="Freeze").click()
        page.wait_for_timeout(1000)
        settled(page)
        return page.get_by_role("img", name="Captured frame").first.get_attribute("alt") == HAPPY

    wait_until(page, frozen, "a captured frame with its analysis")
    with page.expect_download() as download:
        page.get_by_role("button", name="PNG", exact=True).first.click()
    assert oranges(images.read(download.value.path())) > 200

    stop(page)
    expect(page.get_by_role("heading", name="Session summary")).to_be_visible(timeout=LONG)
    expect(page.get_by_test_id("stToast")).to_have_count(0)  # Streamlit gives them no name
    assert axe.findings(page) == []
    with page.expect_download() as download:
        page.get_by_role("button", name="Summary as CSV").click()
    header, *rows = Path(download.value.path()).read_text().splitlines()
    assert header.startswith("person,first_seen,last_seen,angry")
    assert rows
    start(page)
    wait_until(page, lambda: oranges(picture(page)) > 200, "the second stream")
    stop(page)
    hosts = {urlparse(url).hostname for url in requested if not url.startswith(("data:", "blob:"))}
    assert hosts == {"localhost"}


def test_nothing_jumps_at_the_start_and_the_key_works_in_the_stage(page: Page, live: str) -> None:
    inside = open_live(page, live)
    poster = inside.locator(".MuiPaper-root").bounding_box()
    assert poster is not None
    assert poster["width"] / poster["height"] == pytest.approx(4 / 3, abs=0.02)
    before = page.locator("iframe[title*=webrtc]").bounding_box()
    bars = page.get_by_text("surprise", exact=True).bounding_box()
    expect(inside.get_by_role("button", name="Choose camera")).to_be_visible()
    start(page)
    expect(page.get_by_text("tracked for")).to_be_visible()
    video = inside.locator("video").bounding_box()
    assert video is not None
    assert (video["width"], video["height"]) == pytest.approx((poster["width"], poster["height"]))
    assert page.locator("iframe[title*=webrtc]").bounding_box() == before
    assert page.get_by_text("surprise", exact=True).bounding_box() == bars
    expect(page.get_by_text("Take a snapshot instead")).to_have_count(0)
    seen = page.get_by_text("tracked for").inner_text()
    expect(page.get_by_text("tracked for")).not_to_have_text(seen)  # the bars have moved on
    expect(page.get_by_role("button", name="Record the timeline")).to_be_visible()
    inside.get_by_role("button", name="Stop").press("f")
    expect(page.get_by_role("img", name="Captured frame")).to_be_visible()
    page.get_by_role("switch", name="Mirror the picture").press("f")
    expect(page.get_by_role("img", name="Captured frame")).to_have_count(2)
    expect(page.get_by_test_id("stToast")).to_have_count(0)
    assert axe.findings(page) == []
    stop(page)
    expect(page.get_by_role("heading", name="Session summary")).to_be_visible()
    settled(page)
    assert axe.findings(page) == []


def points(page: Page) -> int:
    """How many points the line of "happy" has in the chart."""
    line = page.get_by_test_id("stVegaLiteChart").locator("svg .mark-line path[stroke='#E69F00']")
    return str(line.first.get_attribute("d")).count("L")


def bare(image: Image) -> bool:
    """Whether a face is to be seen: the film's scores 0.998 and more, but MTCNN now and then takes
    squares in a circle for one, with less than 0.8."""
    return any(face.score > 0.95 for face in detection.detect(image))


def test_on_a_phone_settings_change_while_the_picture_goes_on(
    new_context: NewContext, live: str
) -> None:
    phone = new_context(viewport={"width": 390, "height": 844}).new_page()
    open_live(phone, live)
    start(phone)
    wait_until(phone, lambda: oranges(picture(phone)) > 200, "an orange frame")
    assert bare(picture(phone))
    video = stage(phone).locator("video")
    video.evaluate("video => { video.marked = video.srcObject.id }")
    before = frames_seen(phone)

    phone.get_by_test_id("stExpandSidebarButton").click()
    phone.get_by_text("Pixelate faces").click()
    wait_until(phone, lambda: not bare(picture(phone)), "covered faces")
    phone.get_by_role("radio", name="Circle").click()
    choose(phone, "Face detector", "Haar")
    choose(phone, "Model", "fer2013")
    expect(phone.get_by_text("Model fer2013 predicts")).to_be_visible()
    expect(phone.get_by_text("1 face on screen")).to_be_visible(timeout=LONG)
    assert not bare(picture(phone))
    assert video.evaluate("video => video.marked === video.srcObject.id")
    wait_until(phone, lambda: frames_seen(phone) > before + 30, "more frames")
    main = phone.get_by_test_id("stMain")
    assert main.evaluate("element => element.scrollWidth <= element.clientWidth")


def test_three_visitors_at_once_and_the_model_of_one_fails(
    new_context: NewContext, live: str
) -> None:
    pages = []
    for number in range(3):
        pages.append(new_context(viewport={"width": 1100, "height": 900}).new_page())
        open_live(pages[-1], live)
        if number == 2:
            choose(pages[-1], "Model", "broken")
        start(pages[-1])
    for page in pages[:2]:
        wait_until(page, lambda page=page: oranges(picture(page)) > 200, "an orange frame")
    expect(pages[2].get_by_text("does not return seven finite")).to_be_visible(timeout=LONG)
    before = frames_seen(pages[2])
    wait_until(pages[2], lambda: frames_seen(pages[2]) > before, "the picture goes on")


def udp_ports(server: psutil.Process) -> set[int]:
    return {connection.laddr.port for connection in server.net_connections("udp")}


@pytest.mark.parametrize("leave", ["refresh", "another page", "killed tab"])
def test_however_a_visitor_leaves_the_connection_is_given_back(
    new_context: NewContext, live: str, leave: str
) -> None:
    server = psutil.Process(server_of(live))
    context = new_context()
    page, other = context.new_page(), context.new_page()
    open_live(page, live)
    earlier = udp_ports(server)  # of visitors before, who are missed after half a minute
    start(page)
    own = udp_ports(server) - earlier
    assert own
    if leave == "refresh":
        page.reload()
    elif leave == "another page":
        page.get_by_test_id("stSidebarNavLink").filter(has_text="About").click()
    else:
        page.close()  # without a farewell: the server notices after half a minute
    wait_until(other, lambda: not udp_ports(server) & own, "closed sockets")


@pytest.mark.parametrize(
    ("browser_says", "sentence"),
    [
        ("navigator.mediaDevices.enumerateDevices = async () => []", "finds no camera"),
        (
            "navigator.permissions.query = async () => "
            "Object.assign(new EventTarget(), { state: 'denied' })",
            "was refused to this page",
        ),
    ],
)
def test_why_there_is_no_camera_is_told_before_start(
    page: Page, live: str, browser_says: str, sentence: str
) -> None:
    page.add_init_script(browser_says)
    open_live(page, live)
    expect(page.get_by_text(sentence)).to_be_visible()
    page.get_by_text("Take a snapshot instead").click()
    expect(page.get_by_test_id("stCameraInput")).to_be_visible()


def test_a_check_says_that_the_camera_works(live: str, new_context: NewContext) -> None:
    page = new_context().new_page()
    page.goto(f"{live}/live")
    page.get_by_role("button", name="Check the camera").click()
    expect(page.get_by_text("The camera works")).to_be_visible(timeout=LONG)


def test_a_camera_that_another_program_uses_is_named(live: str, new_context: NewContext) -> None:
    page = new_context().new_page()
    page.add_init_script(
        "navigator.mediaDevices.getUserMedia = async () => {"
        " throw new DOMException('in use', 'NotReadableError'); };"
    )
    page.goto(f"{live}/live")
    page.get_by_role("button", name="Check the camera").click()
    expect(page.get_by_text("Another program is using the camera")).to_be_visible(timeout=LONG)


@pytest.fixture
def outer_page(live: str) -> Iterator[str]:
    """Address of a page of another origin that shows the live page without allow="camera"."""

    class Outer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            frame = f'<iframe src="{live}/live" width="1200" height="900"></iframe>'
            self.wfile.write(frame.encode())

        def log_message(self, format: str, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Outer) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def test_a_page_of_another_site_that_keeps_the_camera_is_named(
    outer_page: str, new_context: NewContext
) -> None:
    page = new_context().new_page()
    page.goto(outer_page)
    inner = page.frame_locator("iframe").first
    expect(inner.get_by_text("keeps the camera from it")).to_be_visible(timeout=LONG)
    expect(inner.get_by_text("inside a page of another site")).to_be_visible(timeout=LONG)
