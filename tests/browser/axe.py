"""axe-core on the page as it is shown, in both themes."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

_GRAVE = ("serious", "critical")
_ORDERLY = ("heading-order", "empty-table-header")
_OPTIONS = {"resultTypes": ["violations"], "preload": False}
_PALE_IN_CHARTS = """() => {
    const light = (colour) => {
        const parts = colour.match(/[\\d.]+/g).slice(0, 3).map(Number).map((part) => {
            const share = part / 255;
            return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
        });
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
    };
    const page = light(getComputedStyle(document.querySelector('.stApp')).backgroundColor);
    const shown = '[class$=tick] text, .xtitle, .ytitle, .gtitle, .legendtext, '
        + '.bartext-outside';
    const texts = document.querySelectorAll('.stPlotlyChart svg :is(' + shown + ')');
    return [...texts].filter((text) => {
        const ink = light(getComputedStyle(text).fill);
        return (Math.max(ink, page) + 0.05) / (Math.min(ink, page) + 0.05) < 4.5;
    }).map((text) => text.textContent);
}"""
"""Texts of charts on the page's own background below AA contrast; axe looks at no SVG."""
_TRIES = 4
_TRY_MS = 1500


def findings(page: Page) -> list[str]:
    """Serious findings, headings out of order, tables with an empty header and pale text in charts;
    the browser is asked for each theme in turn, and the app follows it."""
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
        pale = page.evaluate(_PALE_IN_CHARTS)
        if pale:
            found.append(f"{theme}: pale text in charts: {', '.join(pale)}")
        if not found:
            break
        page.wait_for_timeout(_TRY_MS)
    return found
