"""Every page as axe-core sees it, in both themes; pages with results are in their own tests too."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser import axe
from tests.browser.test_app import PATHS, open_photos, settled, try_sample

pytestmark = pytest.mark.browser


MAIN_ACTIONS = {
    "home": ("button", "Start the camera"),
    "photos": ("button", "Upload"),
    "video": ("button", "Analyse film"),
    "train": ("button", "Start training"),
    "evaluate": ("button", "Start evaluation"),
    "models": ("combobox", "Compare with"),
}
"""The role and name of what each page is for; that of Live lies in a frame."""
ON_PHONES = ("train", "evaluate", "models")
"""Pages whose forms are long, which must not push it off a phone's first screen."""


@pytest.mark.parametrize("stem", PATHS)
def test_no_page_has_a_serious_finding_or_needs_a_scroll_to_its_main_action(
    page: Page, app: str, stem: str
) -> None:
    page.set_viewport_size({"width": 1280, "height": 900})
    page.goto(f"{app}/{PATHS[stem]}")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    settled(page)
    if stem == "live":
        stage = page.frame_locator("iframe[title*=webrtc]")
        expect(stage.get_by_role("button", name="Start camera")).to_be_in_viewport(ratio=1)
    elif stem in MAIN_ACTIONS:
        role, name = MAIN_ACTIONS[stem]
        action = page.get_by_role(role, name=name)  # type: ignore[arg-type]
        expect(action.first).to_be_in_viewport(ratio=1)
        if stem in ON_PHONES:
            page.set_viewport_size({"width": 390, "height": 844})
            expect(action.first).to_be_in_viewport(ratio=1)
            page.set_viewport_size({"width": 1280, "height": 900})
    assert axe.findings(page) == []


def test_analysed_photos_have_no_serious_finding(page: Page, app: str) -> None:
    open_photos(page, app)
    try_sample(page)
    settled(page)
    assert axe.findings(page) == []


def test_a_finding_is_found(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(axe, "_TRIES", 1)
    page.set_content(
        "<html><head><style>:root { color-scheme: light dark } .stApp { color-scheme: light }"
        "@media (prefers-color-scheme: dark) { .stApp { color-scheme: dark } }</style></head>"
        "<body class='stApp'><h1>One</h1><h3>Three</h3><p style='color:#999;background:#fff'>pale"
    )
    found = "".join(axe.findings(page))
    assert "light: Heading levels" in found and "contrast" in found and "dark: " in found
