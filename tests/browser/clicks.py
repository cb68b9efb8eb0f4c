"""Clicks on what is drawn, such as a point of a curve: it has no element to wait for."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from playwright.sync_api import Page

from tests.helpers import within_seconds

A_CLICK_MS = 10_000
"""So long a page may take for a click before it is clicked again."""
_LIMIT_SECONDS = 90.0


def click_until(page: Page, point: str, argument: object, check: Callable[[Any], None]) -> None:
    """Clicks where the JavaScript function `point` says, x and y first, until `check` passes on it.

    The function gives nothing as long as there is nothing to click. The page may move between the
    finding and the click, as where a form above folds: then the next click finds it.
    """

    def is_shown() -> bool:
        found = page.evaluate(point, argument)
        if not found:
            page.wait_for_timeout(200)
            return False
        page.mouse.move(*found[:2])
        page.mouse.click(*found[:2])
        with suppress(AssertionError):
            check(found)
            return True
        return False

    within_seconds(_LIMIT_SECONDS, is_shown)
