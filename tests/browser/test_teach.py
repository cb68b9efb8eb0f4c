"""A visitor teaches a model their own face, compares it, uses it on Live, and deletes it all."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from dashboard import samples
from fer import images
from fer.geometry import Image
from tests.browser import axe
from tests.browser.test_app import settled
from tests.browser.test_live import stage, start

pytestmark = pytest.mark.browser

LONG = 400_000
_PICTURES = 6


def pictures(folder: Path, sample: int, first: int) -> list[Path]:
    """A sample's face in some lights, none twice."""
    paths = []
    for number in range(first, first + _PICTURES):
        paths.append(folder / f"{sample}-{number}.png")
        paths[-1].write_bytes(images.encode_png(lit(samples.SAMPLES[sample].make(), number)))
    return paths


def lit(image: Image, number: int) -> Image:
    return np.asarray(np.clip(image * (0.55 + 0.03 * number), 0, 255), np.uint8)


def upload(page: Page, take: int, paths: list[Path]) -> None:
    page.locator("input[type=file]").first.set_input_files(paths)
    expect(page.get_by_text(f"take {take} ·")).to_be_visible()
    settled(page)


@pytest.mark.timeout(900)  # teaching is a niced process: under load it waits for all others
def test_a_face_is_taught_compared_used_and_forgotten(
    page: Page, app: str, browser: Browser, tmp_path: Path
) -> None:
    page.goto(f"{app}/teach")
    page.get_by_role("button", name="I agree").click()
    expect(stage(page).get_by_role("button", name="Start camera")).to_be_visible()
    start(page)
    page.get_by_role("radio", name="2 s").click()
    settled(page)
    page.get_by_role("button", name="Record a take").click()
    expect(page.get_by_text("take 1 ·")).to_be_visible(timeout=LONG)
    settled(page)
    page.get_by_role("radio", name="Pictures").click()
    expect(page.get_by_text("Pictures of yourself looking happy")).to_be_visible()
    settled(page)
    for number in range(2):
        upload(page, 2 + number, pictures(tmp_path, 0, number * _PICTURES))
    page.get_by_role("radio", name="surprise").click()
    expect(page.get_by_text("Pictures of yourself looking surprised")).to_be_visible()
    settled(page)
    for number in range(3):
        upload(page, 4 + number, pictures(tmp_path, 2, number * _PICTURES))

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
    other.get_by_role("button", name="4 Use").click()
    expect(other.get_by_text("There is no model of yours yet.")).to_be_visible()
    other.context.close()

    page.get_by_test_id("stSidebarNavLink").filter(has_text="Teach").click()
    page.get_by_role("button", name="Delete everything").click()
    expect(page.get_by_role("button", name="I agree")).to_be_visible()
    expect(page.get_by_text("take 1 ·")).to_have_count(0)
