"""Models as a visitor compares them: by selecting rows of the table."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser import axe
from tests.browser.test_app import settled

pytestmark = pytest.mark.browser

_ROW, _INTO_CHECKBOX = 35, 15


def select_row(page: Page, number: int) -> None:
    """Clicks the checkbox of a row; the table is drawn, so it has no elements to name."""
    box = page.get_by_test_id("stDataFrame").first.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + _INTO_CHECKBOX, box["y"] + _ROW * (number + 1) + _ROW / 2)
    settled(page)


def test_a_second_row_is_compared_with_the_first(page: Page, app: str) -> None:
    page.goto(f"{app}/models")
    expect(page.get_by_role("heading", name="crowd", exact=True)).to_be_visible()
    settled(page)
    select_row(page, 2)
    expect(page.get_by_role("heading", name="fer2013", exact=True)).to_be_visible()
    expect(page.get_by_text("Their metrics cannot be compared")).to_be_visible()
    expect(page.get_by_test_id("stMetricValue").filter(has_text="%")).to_have_count(4)
    assert axe.findings(page) == []
    select_row(page, 0)
    expect(page.get_by_role("heading", name="crowd", exact=True)).not_to_be_visible()
