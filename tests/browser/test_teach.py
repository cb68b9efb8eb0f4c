"""A visitor teaches a model their own face, compares it, uses it on Live, and deletes it all."""

from __future__ import annotations

import base64
import json

import pytest
from playwright.sync_api import Browser, Page, expect

from dashboard import samples
from dashboard.teach import cue
from fer import images
from tests.browser import axe
from tests.browser.test_app import settled
from tests.browser.test_live import stage, start

pytestmark = pytest.mark.browser

LONG = 400_000
FILMS = {"happy": 0, "surprise": 2}
"""A sample's face for each expression."""

CAMERA = """faces => {
    const [width, height] = [640, 480];
    window.film = {name: Object.keys(faces)[0], take: 0};
    const pictures = {};
    for (const [name, source] of Object.entries(faces)) {
        pictures[name] = new Image();
        pictures[name].src = source;
    }
    const drawn = canvas => {
        const pen = canvas.getContext("2d"), turn = performance.now() / 300;
        const side = height * (0.85 + 0.1 * Math.sin(turn / 2));
        pen.filter = `brightness(${0.5 + 0.3 * film.take + 0.05 * Math.sin(turn)})`;
        pen.fillStyle = "#468";
        pen.fillRect(0, 0, width, height);
        const left = (width - side) / 2 + 30 * Math.cos(turn);
        pen.drawImage(pictures[film.name], left, (height - side) / 2, side, side);
    };
    navigator.mediaDevices.getUserMedia = async () => {
        const canvas = Object.assign(document.createElement("canvas"), {width, height});
        drawn(canvas);
        setInterval(drawn, 40, canvas);
        return canvas.captureStream(25);
    };
}"""
"""A camera that plays one of several films, as its `film` says, in another light for each take."""


def plug_in_camera(page: Page) -> None:
    faces = {}
    for name, sample in FILMS.items():
        picture = images.encode_png(samples.SAMPLES[sample].make())
        faces[name] = f"data:image/png;base64,{base64.b64encode(picture).decode()}"
    page.add_init_script(f"({CAMERA})({json.dumps(faces)})")


def play(page: Page, name: str, take: int) -> None:
    for frame in page.frames:
        frame.evaluate("film => { window.film = film }", {"name": name, "take": take})


def record(page: Page, name: str, take: int, number: int) -> None:
    play(page, name, take)
    page.get_by_role("button", name="Record a take").click()
    expect(page.get_by_text(f"take {number} ·")).to_be_visible(timeout=LONG)
    settled(page)


@pytest.mark.timeout(900)  # teaching is a niced process: under load it waits for all others
def test_a_face_is_taught_compared_used_and_forgotten(
    page: Page, app: str, browser: Browser
) -> None:
    plug_in_camera(page)
    page.goto(f"{app}/teach")
    page.get_by_role("button", name="I agree").click()
    expect(stage(page).get_by_role("button", name="Start camera")).to_be_visible()
    start(page)
    page.get_by_role("radio", name="2 s").click()
    settled(page)
    for number, name in enumerate(FILMS):
        page.get_by_role("radio", name=name).click()
        expect(page.get_by_text(cue.WORDS[name])).to_be_visible()
        settled(page)
        for take in range(3):
            record(page, name, take, 3 * number + take + 1)

    page.get_by_role("button", name="Next: teach").click()
    page.get_by_role("button", name="Teach", exact=True).click()
    expect(page.get_by_text("Before: the default model")).to_be_visible(timeout=LONG)
    expect(page.get_by_text("After: your model")).to_be_visible()
    settled(page)
    assert axe.findings(page) == []
    page.get_by_role("button", name="Use my model").click()
    expect(page.get_by_text("In use in this tab")).to_be_visible()

    page.get_by_test_id("stSidebarNavLink").filter(has_text="Live").click()
    back = page.get_by_role("button", name="Go back to crowd")
    expect(back).to_be_visible()
    expect(page.get_by_text("was taught happy, surprise")).to_be_visible()
    settled(page)
    start(page)
    expect(page.get_by_text("tracked for")).to_be_visible()
    back.click()
    expect(back).to_have_count(0)
    expect(page.get_by_text("was taught happy, surprise")).to_have_count(0)

    other = browser.new_context().new_page()
    other.goto(f"{app}/teach")
    expect(other.get_by_role("button", name="I agree")).to_be_visible()
    expect(other.get_by_role("button", name="4 Use")).to_be_disabled()
    other.context.close()

    page.get_by_test_id("stSidebarNavLink").filter(has_text="Teach").click()
    page.get_by_role("button", name="Delete everything").click()
    expect(page.get_by_role("button", name="I agree")).to_be_visible()
    expect(page.get_by_text("take 1 ·")).to_have_count(0)
