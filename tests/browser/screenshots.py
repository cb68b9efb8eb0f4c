"""The pictures of README and docs: `python -m tests.browser.screenshots FOLDER`.

They show the sample portrait and drawn faces, nobody else.
"""

from __future__ import annotations

import io
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import PIL.Image
from playwright.sync_api import Browser, Page, expect, sync_playwright

from dashboard.samples import SAMPLES
from fer import images
from tests import clips
from tests.browser.conftest import launch, running_app
from tests.browser.test_app import settled

DESKTOP, PHONE = (1280, 900), (390, 844)
MOST_BYTES = 300_000
_STREAMING_MS = 6000


def home(page: Page, app: str) -> None:
    page.goto(app)
    settled(page)
    expect(page.get_by_role("img", name="portrait.png")).to_be_visible()


def photos(page: Page, app: str) -> None:
    page.goto(f"{app}/photos")
    settled(page)
    files = [
        {"name": sample.name, "mimeType": "image/png", "buffer": images.encode_png(sample.make())}
        for sample in SAMPLES
    ]
    page.locator("input[type=file]").set_input_files(files)
    expect(page.get_by_text("4 faces")).to_be_visible()
    settled(page)


def live(page: Page, app: str) -> None:
    page.goto(f"{app}/live")
    settled(page)
    page.frame_locator("iframe[title*=webrtc]").get_by_role("button", name="Start").click()
    page.wait_for_timeout(_STREAMING_MS)  # the last minute of the face is a chart, not a point


PICTURES: dict[str, tuple[Callable[[Page, str], None], tuple[int, int], str]] = {
    "home": (home, DESKTOP, "light"),
    "photos": (photos, DESKTOP, "light"),
    "live": (live, DESKTOP, "dark"),
    "phone": (home, PHONE, "light"),
}


def take(browser: Browser, app: str, name: str) -> bytes:
    """One of `PICTURES` as a PNG: in all its colours if that is small enough, else in 256."""
    show, (width, height), theme = PICTURES[name]
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if theme == "dark" else "light",
        permissions=["camera"],
    )
    context.set_default_timeout(90_000)
    page = context.new_page()
    show(page, app)
    page.wait_for_timeout(1000)  # charts and fonts
    picture = PIL.Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    context.close()
    data = _png(picture)
    return data if len(data) <= MOST_BYTES else _png(picture.quantize(256, kmeans=3))


def _png(picture: PIL.Image.Image) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch, running_app(Path(scratch) / "app") as app:
        film = clips.write(Path(scratch) / "face.mjpeg")
        with sync_playwright() as playwright:
            browser = launch(playwright, film)
            for name in PICTURES:
                data = take(browser, app, name)
                if len(data) > MOST_BYTES:
                    raise SystemExit(f"{name}.png has {len(data):,} bytes; {MOST_BYTES:,} at most")
                (folder / f"{name}.png").write_bytes(data)
                print(f"{folder / name}.png: {len(data) / 1000:.0f} kB")
            browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
