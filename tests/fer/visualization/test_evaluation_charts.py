"""Charts of an evaluation: what they hold, and that gaps stay gaps."""

from __future__ import annotations

import numpy as np
import pytest

from fer.emotions import COLOURS, EMOTIONS
from fer.visualization import evaluation_charts as charts

TABLE = [[10 if row == column else row for column in range(7)] for row in range(7)]


@pytest.mark.parametrize(("view", "corner"), [("counts", 10), ("rows", "100%"), ("columns", "32%")])
def test_confusion_in_counts_rows_and_columns(view: str, corner: object) -> None:
    chart = charts.confusion_map(TABLE, view)
    heat = chart.data[0]
    assert heat.text[0][0] == corner and heat.customdata[0][0] == 10
    sums = np.sum(heat.z, axis=0 if view == "columns" else 1)
    assert sums == pytest.approx(np.ones(7))
    assert list(heat.x) == list(heat.y) == list(EMOTIONS)


def test_an_empty_table_is_no_trouble() -> None:
    assert np.sum(charts.confusion_map([[0] * 7] * 7, "rows").data[0].z) == 0


def test_reliability_holds_every_face_in_its_bin() -> None:
    confidence = np.array([0.21, 0.22, 0.9, 1.0])
    chart = charts.reliability({"m": confidence}, {"m": np.array([0.0, 1.0, 1.0, 1.0])})
    dots = chart.data[1]
    assert sum(dots.customdata) == 4
    assert list(dots.x) == pytest.approx([0.215, 0.9, 1.0])
    assert list(dots.y) == pytest.approx([0.5, 1.0, 1.0])


def test_bars_of_one_model_have_the_emotions_colours_and_gaps() -> None:
    values = {emotion: None if emotion == "disgust" else 0.5 for emotion in EMOTIONS}
    reach = {emotion: None if emotion == "disgust" else [0.4, 0.7] for emotion in EMOTIONS}
    chart = charts.class_bars("recall", {"m": values}, {"m": reach})
    bars = chart.data[0]
    assert list(bars.marker.color) == [COLOURS[emotion] for emotion in EMOTIONS]
    assert bars.y[EMOTIONS.index("disgust")] is None
    assert bars.error_y.array[0] == pytest.approx(0.2)
    assert bars.error_y.arrayminus[0] == pytest.approx(0.1)
    assert not chart.layout.showlegend
    two = charts.class_bars("recall", {"a": values, "b": values}, {"a": reach, "b": reach})
    assert two.layout.showlegend and two.data[0].marker.color != two.data[1].marker.color


def test_curves_of_two_models() -> None:
    coverage = charts.coverage({"a": [[0.5, 0.9], [1.0, 0.8]], "b": []})
    assert [len(one.x) for one in coverage.data] == [2, 0]
    assert coverage.layout.xaxis.title.text and coverage.layout.yaxis.title.text == "Accuracy"
    bars = charts.slice_bars("sharpness", {"a": [("0 to 9", 12, 0.5, (0.2, 0.8))]})
    assert list(bars.data[0].customdata) == [12]


def test_many_dots_are_thinned() -> None:
    chart = charts.disagreement_dots(np.linspace(0, 2, 9001), np.linspace(0, 2, 9001))
    assert 1000 < len(chart.data[0].x) <= 2000
    assert len(charts.disagreement_dots(np.zeros(3), np.zeros(3)).data[0].x) == 3
