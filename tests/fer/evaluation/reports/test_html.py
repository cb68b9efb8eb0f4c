"""The HTML report: self-contained, faces only when asked for, every text escaped."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from fer import registry
from fer.data.dataset import Dataset
from fer.evaluation import report
from fer.evaluation.report import Report
from fer.evaluation.reports import html
from fer.geometry import Image
from tests.helpers import level_of, publish_tiny

NASTY = "<img src=x onerror=alert(1)>.png"


@pytest.fixture
def evaluated(models_folder: Path) -> Report:
    publish_tiny("reads", reads_levels=3.0)
    publish_tiny("neutral")
    rows = np.arange(28)
    data = Dataset(
        name="<b>levels</b>",
        hash="0",
        pictures=[np.full((16, 16), level_of(row % 7), np.uint8) for row in rows],
        labels=(rows + (rows % 5 == 0)) % 7,
        votes=np.random.default_rng(0).multinomial(10, np.ones(10) / 10, 28),
        splits=np.array(["test"] * 28),
        sources=(NASTY,) * 28,
        licence="<script>alert(2)</script>",
    )
    models = [registry.load("reads"), registry.load("neutral")]
    return report.evaluate(models, data, "levels", labels="fer2013")


def picture_of(row: int) -> Image:
    return np.full((16, 16, 3), 50 + row, np.uint8)


class _Elements(HTMLParser):
    """All elements with their attributes, and the text outside of scripts and styles."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if self.found and self.found[-1][0] not in ("script", "style"):
            self.words += data


def test_it_asks_for_nothing_and_shows_no_face_unasked(evaluated: Report) -> None:
    elements = _Elements(html.page(evaluated)).found
    tags = [tag for tag, _ in elements]
    assert not {"img", "link", "iframe", "object", "embed", "base"} & set(tags)
    for _, attributes in elements:
        assert not {"src", "href", "srcset", "action", "onerror", "onclick"} & set(attributes)
    policy = next(its["content"] for _, its in elements if "http-equiv" in its)
    assert policy is not None and policy.startswith("default-src 'none'")
    assert "http" not in policy


def test_it_shows_faces_as_data_when_asked(evaluated: Report) -> None:
    elements = _Elements(html.page(evaluated, picture_of)).found
    sources = [its["src"] or "" for tag, its in elements if tag == "img"]
    assert len(sources) > 10
    assert all(re.fullmatch(r"data:image/png;base64,[A-Za-z0-9+/=]+", one) for one in sources)


def test_every_name_is_escaped(evaluated: Report) -> None:
    text = html.page(evaluated, picture_of)
    assert "<script>alert(2)" not in text and "<b>levels" not in text and NASTY not in text
    assert "&lt;img src=x onerror=alert(1)&gt;.png" in text


def test_it_says_and_draws_what_was_found(evaluated: Report) -> None:
    text = html.page(evaluated)
    words = _Elements(text).words
    assert "reads minus neutral" in words and "McNemar" in words
    assert "reads was trained to predict" not in words
    for name, style in (("macro_f1", ".1%"), ("ece", ".1%"), ("brier", ".3f")):
        value, (low, high) = (
            evaluated.models[0].figures[key] for key in (name, f"{name}_interval")
        )
        scale, digits = (100, ".1f") if style == ".1%" else (1, ".3f")
        bounds = f"{scale * low:{digits}} to {scale * high:{digits}}"
        assert f"{value:{style}} ({bounds})" in words
    assert "disputed FER+ votes" in words
    assert "An apparent expression is not a feeling" in words
    assert text.count("Plotly.newPlot(") >= 12


def test_nothing_found_still_makes_a_report(models_folder: Path) -> None:
    publish_tiny("reads", reads_levels=3.0)
    data = Dataset(
        name="dark",
        hash="0",
        pictures=[np.zeros((60, 60), np.uint8)] * 2,
        labels=np.array([3, 3]),
        votes=None,
        splits=np.array(["test"] * 2),
        whole_faces=False,
    )
    found = report.evaluate([registry.load("reads")], data, "dark")
    assert found.models[0].figures["missed"] == 2
    text = html.page(found, picture_of)
    assert "0.0%" in text
    assert "Not found: 2. Faces that were not found have no column" in text
