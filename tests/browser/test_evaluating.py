"""Evaluating as a visitor does it: start, leave and come back, click a cell, ask why, take home."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from fer import images
from fer.data.dataset import as_rgb
from fer.data.synthetic import faces as synthetic_faces
from fer.emotions import EMOTIONS
from tests.browser import axe
from tests.browser.clicks import A_CLICK_MS, click_until
from tests.browser.test_app import settled

pytestmark = pytest.mark.browser

LONG = 180_000
_MIDDLE_OF_CELL = """([true_, label]) => {
    const plot = document.querySelector('.js-plotly-plot'), layout = plot?._fullLayout;
    if (!layout?.xaxis) return;
    plot.scrollIntoView({block: 'center', behavior: 'instant'});
    const box = plot.getBoundingClientRect();
    const point = [box.x + layout.xaxis._offset + layout.xaxis.c2p(label),
                   box.y + layout.yaxis._offset + layout.yaxis.c2p(true_)];
    return point.every(Number.isFinite) && point;
}"""


def drawn_zip(each: int = 2) -> bytes:
    random = np.random.default_rng(0)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for emotion in EMOTIONS:
            for number in range(each):
                picture = as_rgb(synthetic_faces.face(emotion, random, 1.0))
                archive.writestr(f"test/{emotion}/{number}.png", images.encode_png(picture))
    return buffer.getvalue()


def open_evaluation(page: Page, app: str) -> None:
    page.goto(f"{app}/evaluate")
    start = page.get_by_role("button", name="Start evaluation")
    expect(start).to_be_visible(timeout=LONG)  # the first visit loads scikit-learn
    settled(page)


def evaluate_upload(page: Page, folder: Path) -> None:
    (folder / "drawings.zip").write_bytes(drawn_zip())
    page.get_by_role("combobox", name="Evaluation data").click()
    page.get_by_role("option", name="Upload a file …").click()
    settled(page)
    page.locator("input[type=file]").first.set_input_files(folder / "drawings.zip")
    expect(page.get_by_text("14 faces").first).to_be_visible()
    start = page.get_by_role("button", name="Start evaluation")
    expect(start).to_be_enabled()
    expect(start).to_be_in_viewport(ratio=1)
    page.get_by_text("Images are already cropped faces").click()
    settled(page)
    start.click()


def test_an_evaluation_is_started_found_again_looked_into_and_removed(
    browser: Browser, page: Page, app: str, tmp_path: Path
) -> None:
    open_evaluation(page, app)
    evaluate_upload(page, tmp_path)
    is_at_work = page.get_by_role("button", name="Cancel")
    expect(is_at_work.or_(page.get_by_text("crowd: accuracy")).first).to_be_visible()
    page.reload()
    expect(page.get_by_text("crowd: accuracy")).to_be_visible(timeout=LONG)
    expect(page.get_by_text("Ground truth: the labels of")).to_be_visible()
    settled(page)
    assert axe.findings(page) == []

    stranger = browser.new_context().new_page()
    open_evaluation(stranger, app)
    expect(stranger.get_by_text("crowd on Synthetic drawings")).to_be_visible()

    page.get_by_role("radio", name="Faces", exact=True).click()
    expect(page.get_by_text("Click a cell")).to_be_visible()
    settled(page)
    cell = page.get_by_role("heading", name="surprise, predicted surprise")
    surprise = EMOTIONS.index("surprise")
    click_until(
        page,
        _MIDDLE_OF_CELL,
        [surprise, surprise],
        lambda _: expect(cell).to_be_visible(timeout=A_CLICK_MS),
    )
    settled(page)
    assert axe.findings(page) == []

    page.get_by_role("button", name="Why this answer?").first.click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("Is the map meaningful?")).to_be_visible(timeout=LONG)
    expect(dialog.get_by_role("img", name="Class activation map for surprise")).to_be_visible()
    assert axe.findings(page) == []
    dialog.get_by_role("button", name="Close").click()

    page.get_by_role("radio", name="Export", exact=True).click()
    with page.expect_download() as download:
        page.get_by_role("button", name="HTML report", exact=True).click()
    text = Path(download.value.path()).read_text("utf-8")
    assert "Evaluation of crowd" in text and "<img " not in text.split("</head>")[1]

    page.get_by_role("button", name="Remove", exact=True).click()
    expect(page.get_by_text(re.compile("^crowd on "))).to_be_visible()


def test_a_face_of_a_photo_is_explained(page: Page, app: str) -> None:
    page.goto(f"{app}/photos")
    page.get_by_role("button", name="Try a sample").click()
    page.get_by_role("button", name="Why this answer?").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("img", name="Occlusion map for happy")).to_be_visible(timeout=LONG)
    expect(dialog.get_by_text("The occlusion map does better than chance")).to_be_visible()
