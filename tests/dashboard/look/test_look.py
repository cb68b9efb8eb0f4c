"""What every page looks like: no emoji, which is an empty box where no emoji font is."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from dashboard import navigation
from dashboard.look import emotion_icons
from fer.emotions import COLOURS, EMOTIONS
from fer.visualization import charts, glyphs

ROOT = Path(__file__).resolve().parents[3]
EMOJI = re.compile("[\u2300-\u23ff\u2600-\u27bf\u2b00-\u2bff\U0001f000-\U0001faff]")


@pytest.mark.parametrize("folder", ["dashboard", "pages", "fer"])
def test_no_text_needs_an_emoji_font(folder: str) -> None:
    found = [
        f"{path.relative_to(ROOT)}: {line.strip()}"
        for path in (ROOT / folder).rglob("*.py")
        for line in path.read_text("utf-8").splitlines()
        if EMOJI.search(line)
    ]
    assert found == []


def test_the_style_sheet_knows_the_ink_of_charts() -> None:
    assert navigation._STYLE.read_text("utf-8").count(charts.INK) == 2


def test_each_emotion_has_a_drawing_of_its_own_in_its_colour() -> None:
    icons = {emotion: emotion_icons.icon(emotion) for emotion in (*EMOTIONS, "unsure")}
    assert len(set(icons.values())) == len(icons)
    assert COLOURS["fear"] in emotion_icons.drawing("fear")


def test_each_emotion_has_a_mark_of_its_own_in_labels_too() -> None:
    """Amber and orange look alike to many; happy and angry do not."""
    masks = [glyphs.mask(name, 16) for name in glyphs.GLYPHS]
    assert set(glyphs.GLYPHS) == {*EMOTIONS, glyphs.UNSURE}
    for index, mask in enumerate(masks):
        assert mask.shape == (16, 16) and mask.max() > 100
        assert all(np.abs(mask.astype(int) - other).mean() > 10 for other in masks[:index])


def page_with_charts() -> None:
    import plotly.graph_objects as go

    from dashboard.look import plots

    plots.show(go.Figure(), "moving", "A moving chart")
    plots.show(go.Figure(), "static", static=True)


def test_no_chart_has_a_toolbar() -> None:
    page = AppTest.from_function(page_with_charts, default_timeout=60).run()
    assert not page.exception
    charts_shown = page.get("plotly_chart")
    assert len(charts_shown) == 2
    assert all('"displayModeBar": false' in chart.proto.config for chart in charts_shown)
