"""A film as a visitor brings it: uploaded, watched, looked into, taken home."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from dashboard.video import example
from fer.video import reading
from tests.browser import axe
from tests.browser.clicks import A_CLICK_MS, click_until
from tests.browser.test_app import settled

pytestmark = pytest.mark.browser

LONG = 240_000
_POINT = """(from) => {
    const plot = document.querySelector('.js-plotly-plot'), layout = plot?._fullLayout;
    if (!layout?.xaxis) return;
    plot.scrollIntoView({block: 'center', behavior: 'instant'});
    const box = plot.getBoundingClientRect();
    const curve = plot.data.find(one => one.name == 'happy' && one.type == 'scatter');
    const points = curve.x.map((time, index) => [
        box.x + layout.xaxis._offset + layout.xaxis.d2p(time),
        box.y + layout.yaxis._offset + layout.yaxis.d2p(curve.y[index]),
        curve.customdata[index]]);
    return points.slice(from).find(point => point.every(Number.isFinite));
}"""
_PLAYS = """() => {
    const film = document.querySelector('video');
    return film && film.readyState >= 2 && !film.error && film.videoWidth;
}"""


@pytest.fixture
def film(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Four seconds of the example."""
    monkeypatch.setattr(example, "SECONDS_EACH", 1.0)
    example.write(tmp_path / "faces.mp4")
    return tmp_path / "faces.mp4"


def taken_home(page: Page, button: str, folder: Path) -> Path:
    with page.expect_download() as download:
        page.get_by_role("button", name=button, exact=True).click()
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    return path


def test_a_film_is_uploaded_watched_looked_into_and_taken_home(
    page: Page, app: str, film: Path, tmp_path: Path
) -> None:
    page.goto(f"{app}/video")
    expect(page.get_by_role("button", name="Try the example")).to_be_visible(timeout=LONG)
    settled(page)
    page.locator("input[type=file]").set_input_files(film)
    start = page.get_by_role("button", name="Analyse film")
    expect(start).to_be_enabled()
    start.click()
    expect(page.get_by_text("Length", exact=True)).to_be_visible(timeout=LONG)
    settled(page)

    moment = page.get_by_test_id("stSliderThumbValue")
    click_until(
        page,
        _POINT,
        8,
        lambda point: expect(moment).to_have_text(f"{point[2]:.2f}", timeout=A_CLICK_MS),
    )
    before = moment.inner_text()
    page.get_by_role("button", name="· happy").first.click()
    expect(moment).not_to_have_text(before)
    settled(page)
    expect(page.get_by_alt_text("The film at 0:0")).to_be_visible()

    with taken_home(page, "CSV", tmp_path).open(encoding="utf-8", newline="") as table:
        rows = list(csv.DictReader(table))
    assert {row["file"] for row in rows} == {film.name} and len(rows) > 60
    (record,) = json.loads(taken_home(page, "JSON", tmp_path).read_text("utf-8"))
    assert record["analysed"] == 48 and len(record["people"]) == 2
    assert taken_home(page, "Subtitles", tmp_path).read_text("utf-8").startswith("WEBVTT")
    report = taken_home(page, "HTML report", tmp_path).read_text("utf-8")
    assert film.name in report

    page.get_by_role("button", name="Make the annotated film").click()
    expect(page.locator("video")).to_be_visible(timeout=LONG)
    page.wait_for_function(_PLAYS, timeout=LONG)
    settled(page)
    assert axe.findings(page) == []
    annotated = taken_home(page, "Annotated film", tmp_path)
    with reading.opened(annotated) as opened:
        assert sum(1 for _ in opened.frames()) == 48

    page.get_by_role("button", name="Remove film").click()
    expect(page.get_by_text("A timeline for each person")).to_be_visible()
