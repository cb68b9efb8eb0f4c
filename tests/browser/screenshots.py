"""The pictures of README and docs: `python -m tests.browser.screenshots FOLDER`.

They show the sample portrait and drawn faces, nobody else.
"""

from __future__ import annotations

import io
import re
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import PIL.ImageColor
from playwright.sync_api import Browser, Page, expect, sync_playwright

from dashboard.samples import SAMPLES
from fer import images
from fer.emotions import COLOURS
from tests import clips
from tests.browser.conftest import launch, running_app
from tests.browser.test_app import settled

DESKTOP, PHONE = (1280, 900), (390, 844)
MOST_BYTES = 300_000
LABELS = ("happy", "unsure", "surprise", "angry")
"""What the samples are labelled, in turn."""

_FIRST_MS = 12_000
_MARGIN = 16
_PICTURES_A_LABEL, _PICTURES_A_SECOND = 9, 3
_LONGEST_SECONDS = 240.0


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
    page.locator("input[type=file]").set_input_files(files)  # type: ignore[arg-type]
    expect(page.get_by_text("4 faces").first).to_be_visible()
    settled(page)


def live(page: Page, app: str) -> None:
    page.goto(f"{app}/live")
    settled(page)
    stage = page.frame_locator("iframe[title*=webrtc]")
    stage.get_by_role("button", name="Start camera").click()
    expect(page.get_by_text("tracked for")).to_be_visible()
    page.wait_for_timeout(_FIRST_MS)  # so that the last minute is more than a point
    expect(page.get_by_text(re.compile("^happy 9"))).to_be_visible()


PICTURES: dict[str, tuple[Callable[[Page, str], None], tuple[int, int], str]] = {
    "home": (home, DESKTOP, "light"),
    "photos": (photos, DESKTOP, "light"),
    "live": (live, DESKTOP, "dark"),
    "phone": (home, PHONE, "light"),
}


@contextmanager
def opened(browser: Browser, app: str, name: str) -> Iterator[Page]:
    """One of `PICTURES` in a browser."""
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
    yield page
    context.close()


def take(page: Page) -> bytes:
    """The page as a PNG: in all its colours if that is small enough, else in 256."""
    picture = PIL.Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    data = _png(picture)
    return data if len(data) <= MOST_BYTES else _png(in_few_colours(picture))


def in_few_colours(picture: PIL.Image.Image) -> PIL.Image.Image:
    """In 256 colours: those that suit the picture, and those of the emotions, of which a picture
    may have few pixels each."""
    pixels = np.array(picture)
    few = picture.quantize(256 - len(COLOURS), kmeans=3)
    indices, palette = np.array(few), few.getpalette() or []
    for colour in map(PIL.ImageColor.getrgb, COLOURS.values()):
        indices[(pixels == colour).all(axis=2)] = len(palette) // 3
        palette += colour
    few = PIL.Image.fromarray(indices, "P")
    few.putpalette(palette)
    return few


def _png(picture: PIL.Image.Image) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def film(page: Page) -> bytes:
    """Picture and bars of the live page, moving, as a WebP: as much of each label in turn, without
    what a busy machine shows in between."""
    headline = page.locator(".headline .title")
    area = stage(page)
    shots: dict[str, list[PIL.Image.Image]] = {label: [] for label in LABELS}
    until = time.monotonic() + _LONGEST_SECONDS
    while any(len(pictures) < _PICTURES_A_LABEL for pictures in shots.values()):
        if time.monotonic() > until:
            raise SystemExit(f"not every label was seen: {[*map(len, shots.values())]}")
        before = headline.inner_text()
        shot = page.screenshot(clip=area)
        label = before.partition(" ")[0]
        if label in shots and headline.inner_text().startswith(label):
            shots[label].append(PIL.Image.open(io.BytesIO(shot)).convert("RGB"))
        page.wait_for_timeout(1000 / _PICTURES_A_SECOND)
    first, *others = [picture for label in LABELS for picture in shots[label][:_PICTURES_A_LABEL]]
    buffer = io.BytesIO()
    passed = round(1000 / _PICTURES_A_SECOND)
    first.save(
        buffer, "WEBP", save_all=True, append_images=others, duration=passed, loop=0, quality=70
    )
    return buffer.getvalue()


def stage(page: Page) -> Any:
    """Where the live page has its picture and the bars, with a margin."""
    boxes = [
        page.locator(selector).bounding_box()
        for selector in (".st-key-live-stage", ".st-key-live-bars")
    ]
    left = min(box["x"] for box in boxes if box) - _MARGIN
    top = min(box["y"] for box in boxes if box) - _MARGIN
    right = max(box["x"] + box["width"] for box in boxes if box) + _MARGIN
    bottom = max(box["y"] + box["height"] for box in boxes if box) + _MARGIN
    return {"x": left, "y": top, "width": right - left, "height": bottom - top}


def save(path: Path, data: bytes) -> None:
    if path.suffix == ".png" and len(data) > MOST_BYTES:
        raise SystemExit(f"{path.name} has {len(data):,} bytes; {MOST_BYTES:,} at most")
    path.write_bytes(data)
    print(f"{path}: {len(data) / 1000:.0f} kB")


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch, running_app(Path(scratch) / "app") as app:
        camera = clips.write(Path(scratch) / "faces.mjpeg", clips.samples_in_turn())
        with sync_playwright() as playwright:
            browser = launch(playwright, camera)
            for name in PICTURES:
                with opened(browser, app, name) as page:
                    save(folder / f"{name}.png", take(page))
                    if name == "live":
                        save(folder / "live.webp", film(page))
            browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
