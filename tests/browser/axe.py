"""axe-core on the page as it is shown, in both themes."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

_GRAVE = ("serious", "critical")
_ORDERLY = ("heading-order", "empty-table-header")
_OPTIONS = {"resultTypes": ["violations"]}
_TRIES = 4
_TRY_MS = 1500


def findings(page: Page) -> list[str]:
    """Serious findings, headings out of order and tables with an empty header; the browser is asked
    for each theme in turn, and the app follows it."""
    found = []
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        page.wait_for_function(
            "theme => getComputedStyle(document.querySelector('.stApp')).colorScheme === theme",
            arg=theme,
        )
        found += _settled_findings(page, theme)
    return found


def _settled_findings(page: Page, theme: str) -> list[str]:
    """Those that stay: parts that a rerun is about to replace are pale for a moment, and colours of
    another theme fade in."""
    for _ in range(_TRIES):
        found = []
        for violation in Axe().run(page, options=_OPTIONS).response["violations"]:
            if violation["impact"] in _GRAVE or violation["id"] in _ORDERLY:
                nodes = "; ".join(node["html"][:200] for node in violation["nodes"])
                found.append(f"{theme}: {violation['help']}: {nodes}")
        if not found:
            break
        page.wait_for_timeout(_TRY_MS)
    return found
