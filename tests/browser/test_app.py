"""What a visitor meets: deep links, uploads, downloads, phones, privacy."""

from __future__ import annotations

import http.client
import json
import os
import stat
import threading
from contextlib import closing, suppress
from pathlib import Path
from urllib.parse import urlparse

import numpy as np
import psutil
import pytest
from playwright.sync_api import Browser, Page, expect

from dashboard import navigation
from fer import images
from tests.browser.conftest import running_app
from tests.helpers import astronaut, group_photo

pytestmark = pytest.mark.browser

PATHS = {stem: "" if stem == "home" else stem for stem in navigation._PAGES}


def settled(page: Page) -> None:
    """Waits until no script runs."""
    page.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]')


def open_photos(page: Page, app: str) -> None:
    page.goto(f"{app}/photos")
    expect(page.get_by_role("heading", name="Photos")).to_be_visible()
    settled(page)


def try_sample(page: Page) -> None:
    page.get_by_role("button", name="Try a sample").click()
    expect(page.get_by_text("Table of all faces")).to_be_visible()


@pytest.mark.parametrize("stem", PATHS)
def test_a_deep_link_opens_the_page_inside_the_app(page: Page, app: str, stem: str) -> None:
    page.goto(f"{app}/{PATHS[stem]}")
    settled(page)
    expect(page.get_by_test_id("stSidebarNavLink")).to_have_count(len(PATHS))
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.get_by_test_id("stException")).to_have_count(0)


def test_a_deep_link_into_a_cold_server_is_inside_the_app_too(page: Page, tmp_path: Path) -> None:
    with running_app(tmp_path) as app:
        page.goto(f"{app}/photos")
        expect(page.get_by_role("heading", name="Photos")).to_be_visible()
        settled(page)
        expect(page.get_by_test_id("stSidebarNavLink")).to_have_count(len(PATHS))
        assert page.title() == "Photos · Apparent expression"


def test_no_page_asks_another_server(page: Page, app: str) -> None:
    requested: list[str] = []
    page.on("request", lambda request: requested.append(request.url))
    for path in PATHS.values():
        page.goto(f"{app}/{path}")
        settled(page)
    page.goto(f"{app}/photos")
    try_sample(page)
    settled(page)
    hosts = {urlparse(url).hostname for url in requested if not url.startswith(("data:", "blob:"))}
    assert hosts == {"localhost"}


def answer_to(address: str, host: str, upgrade: bool) -> int:
    """The status of a page, or of a websocket, asked for under some host name."""
    headers = {"Host": host, "Origin": f"http://{host}"}
    if upgrade:
        key = {"Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==", "Sec-WebSocket-Version": "13"}
        headers |= {"Connection": "Upgrade", "Upgrade": "websocket", **key}
    server = urlparse(address)
    connection = http.client.HTTPConnection(str(server.hostname), server.port, timeout=30)
    with closing(connection):
        connection.request("GET", "/_stcore/stream" if upgrade else "/", headers=headers)
        return connection.getresponse().status


def test_a_name_that_was_made_to_point_here_is_refused(app: str) -> None:
    """As after DNS rebinding: origin and host agree, and neither is ours."""
    port = urlparse(app).port
    for upgrade, welcome in ((False, 200), (True, 101)):
        assert answer_to(app, f"evil.example:{port}", upgrade) == 403
        assert answer_to(app, f"localhost:{port}", upgrade) == welcome
        assert answer_to(app, f"127.0.0.1:{port}", upgrade) == welcome


def test_uploaded_pictures_are_read_and_can_be_taken_home(
    page: Page, app: str, tmp_path: Path
) -> None:
    (tmp_path / "group.png").write_bytes(images.encode_png(group_photo()))
    (tmp_path / "broken.jpg").write_bytes(b"<html>")
    open_photos(page, app)
    page.locator("input[type=file]").set_input_files(
        [tmp_path / "group.png", tmp_path / "broken.jpg"]
    )
    expect(page.get_by_text("broken.jpg is not a picture")).to_be_visible()
    expect(page.get_by_role("img", name="group.png: 6 faces")).to_be_visible()
    settled(page)  # Streamlit makes a download anew with each run and forgets the one before
    with page.expect_download() as download:
        page.get_by_role("button", name="JSON").click()
    records = json.loads(Path(download.value.path()).read_text())
    assert len(records[0]["faces"]) == 6
    with page.expect_download() as download:
        page.get_by_role("button", name="PNG", exact=True).click()
    assert download.value.suggested_filename == "group-expressions.png"
    assert images.read(download.value.path()).shape == group_photo().shape


def test_results_survive_another_page(page: Page, app: str) -> None:
    open_photos(page, app)
    try_sample(page)
    page.get_by_test_id("stSidebarNavLink").filter(has_text="About").click()
    expect(page.get_by_role("heading", name="About")).to_be_visible()
    page.get_by_test_id("stSidebarNavLink").filter(has_text="Photos").click()
    expect(page.get_by_role("img", name="astronaut.png: 1 face")).to_be_visible()


_IS_WHOLE = """() => {
    const video = document.querySelector('video'), frame = video.parentElement;
    return video.offsetWidth <= frame.offsetWidth && video.offsetHeight <= frame.offsetHeight;
}"""


def test_a_snapshot_is_read(page: Page, app: str) -> None:
    open_photos(page, app)
    page.get_by_role("radio", name="Camera").click()
    page.wait_for_function("document.querySelector('video')?.readyState >= 3")
    page.wait_for_function(_IS_WHOLE)
    page.get_by_role("button", name="Take Photo").click()
    expect(page.get_by_role("img", name="snapshot-1.jpg: 1 face")).to_be_visible()


def test_a_file_name_cannot_make_the_browser_ask_another_server(
    page: Page, app: str, tmp_path: Path
) -> None:
    requested: list[str] = []
    page.on("request", lambda request: requested.append(request.url))
    name = "![x](http:&#47;&#47;example.org&#47;x.png) :smile: **b**.png"
    (tmp_path / name).write_bytes(images.encode_png(astronaut()))
    (tmp_path / f"bad {name}").write_bytes(b"no picture")
    open_photos(page, app)
    page.locator("input[type=file]").set_input_files([tmp_path / name, tmp_path / f"bad {name}"])
    expect(page.get_by_text("Table of all faces")).to_be_visible()
    settled(page)
    assert not [url for url in requested if "example.org" in url]


_CARD_IS_WIDE = """() => document.querySelector('img[alt^="Face 1,"]')
    ?.closest('[data-testid=stVerticalBlock]').offsetWidth > 350"""


def test_pictures_are_chosen_in_the_strip_and_removed_ones_come_back(
    page: Page, app: str, tmp_path: Path
) -> None:
    for name, picture in (("one.png", astronaut()), ("six.png", group_photo())):
        (tmp_path / name).write_bytes(images.encode_png(picture))
    open_photos(page, app)
    empty = page.get_by_test_id("stFileUploaderDropzone").bounding_box()
    page.locator("input[type=file]").set_input_files([tmp_path / "one.png", tmp_path / "six.png"])
    expect(page.get_by_role("img", name="one.png: 1 face")).to_be_visible()
    page.wait_for_function(_CARD_IS_WIDE)
    small = page.get_by_test_id("stFileUploaderDropzone").bounding_box()
    assert empty is not None and small is not None and small["height"] < empty["height"] / 2
    thumbnail = page.get_by_role("group", name="Pictures").get_by_role("button", name="six.png")
    thumbnail.click()
    expect(page.get_by_role("img", name="six.png: 6 faces")).to_be_visible()
    for number in (1, 2):
        crop = page.get_by_role("img", name=f"Face {number}, apparently")
        expect(crop).to_be_in_viewport(ratio=1)  # beside the picture
    expect(thumbnail).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="Remove", exact=True).click()
    expect(page.get_by_role("img", name="one.png: 1 face")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("img", name="six.png: 6 faces")).to_be_visible()
    expect(page.get_by_role("button", name="Undo")).to_have_count(0)


def test_two_visitors_do_not_see_each_others_pictures(
    browser: Browser, page: Page, app: str
) -> None:
    open_photos(page, app)
    try_sample(page)
    other = browser.new_context().new_page()
    open_photos(other, app)
    expect(other.get_by_text("Drop pictures here")).to_be_visible()


def test_nothing_uploaded_is_written_to_disk(page: Page, app: str, tmp_path: Path) -> None:
    """Watches the files that the server holds open, deleted ones too, while 15 MB come in."""
    noise = np.random.default_rng(0).integers(0, 256, (1800, 2800, 3), dtype=np.uint8)
    noise[:512, :512] = astronaut()
    (tmp_path / "noise.png").write_bytes(images.encode_png(noise))
    server = psutil.Process(server_of(app))
    held: set[str] = set()
    done = threading.Event()

    def watch() -> None:
        while not done.is_set():
            held.update(large_files(server.pid))

    watcher = threading.Thread(target=watch)
    before = large_files(server.pid)
    watcher.start()
    try:
        open_photos(page, app)
        page.locator("input[type=file]").set_input_files(tmp_path / "noise.png")
        expect(page.get_by_role("img", name="noise.png: 1 face")).to_be_visible()
    finally:
        done.set()
        watcher.join()
    assert held - before == set()


def server_of(app: str) -> int:
    port = str(urlparse(app).port)
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.Error):  # the browser's helpers come and go
            if port in process.cmdline() and "dashboard" in process.cmdline():
                return int(process.pid)
    raise LookupError(f"no server listens on port {port}")


def large_files(pid: int) -> set[str]:
    """Ordinary files above half a megabyte that a process may write to (Linux)."""
    files = set()
    for link in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(OSError):
            flags = (Path(f"/proc/{pid}/fdinfo") / link.name).read_text().split("flags:")[1]
            writes = int(flags.split()[0], 8) & (os.O_WRONLY | os.O_RDWR)
            facts = os.stat(link)
            if writes and stat.S_ISREG(facts.st_mode) and facts.st_size > 500_000:
                files.add(f"{os.readlink(link)} {link.name}")
    return files


@pytest.mark.parametrize("stem", PATHS)
def test_nothing_is_wider_than_a_phone(browser: Browser, app: str, stem: str) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, color_scheme="dark")
    phone = context.new_page()
    phone.goto(f"{app}/{PATHS[stem]}")
    settled(phone)
    if stem == "photos":
        try_sample(phone)
    main = phone.get_by_test_id("stMain")
    assert main.evaluate("element => element.scrollWidth <= element.clientWidth")


def test_choices_in_the_sidebar_and_of_light_or_dark_hold(page: Page, app: str) -> None:
    open_photos(page, app)
    model = page.get_by_role("combobox", name="Model")
    for name in ("fer2013", "crowd", "fer2013"):
        model.click()
        page.get_by_role("option", name=name, exact=True).click()
        settled(page)
        expect(model).to_have_value(name)
    for style in ("Circle", "Box", "Circle"):
        page.get_by_role("radio", name=style).click()
        settled(page)
        expect(page.get_by_role("radio", name=style)).to_be_checked()
    scheme = "getComputedStyle(document.querySelector('.stApp')).colorScheme"
    for choice, name in (("dark", "dark_mode"), ("light", "light_mode")):
        page.get_by_test_id("stMainMenu").get_by_role("button").click()
        page.get_by_test_id("stMainMenuPopover").get_by_text(name, exact=True).click()
        page.wait_for_function(
            f"localStorage['stActiveTheme-/about-v2']?.includes({choice.title()!r})"
        )
        page.goto(f"{app}/{'about' if choice == 'dark' else 'photos'}")
        page.wait_for_function(f"{scheme} === {choice!r}")
