"""A face's course as a chart: gaps where nothing is known, and few points however long it is."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from fer.emotions import COLOURS, EMOTIONS
from fer.visualization import expression_charts

HAPPY, SAD, UNSURE = EMOTIONS.index("happy"), EMOTIONS.index("sad"), 7


def course(shown: list[int], rate: float = 10.0, away: tuple[int, int] = (0, 0)) -> SimpleNamespace:
    """Frames with these labels, but for those `away` in between."""
    labels = np.array(shown, np.int64)
    probabilities = np.full((len(labels), 7), 0.05, np.float32)
    probabilities[np.arange(len(labels)), labels % 7] = 0.7
    starts = np.arange(len(labels)) / rate
    kept = np.array([not away[0] <= index < away[1] for index in range(len(labels))], bool)
    return SimpleNamespace(
        starts=starts[kept],
        ends=(starts + 1 / rate)[kept],
        probabilities=probabilities[kept],
        shown=labels[kept],
    )


def curve(figure: object, name: str) -> list[tuple[float, float | None]]:
    (trace,) = (one for one in figure.data if one.type == "scatter" and one.name == name)  # type: ignore[attr-defined]
    return list(zip(trace.customdata, trace.y, strict=True))


def test_unsure_and_absent_stretches_are_gaps() -> None:
    shown = [HAPPY] * 20 + [UNSURE] * 10 + [SAD] * 30
    figure = expression_charts.course(course(shown, away=(40, 50)), "lines", 0, 6)
    points = curve(figure, "happy")
    gaps = [time for time, value in points if value is None]
    assert gaps == pytest.approx([2.0, 4.0, 6.0])
    assert not any(2.0 < time < 3.0 or 4.0 < time < 5.0 for time, _ in points)
    assert dict(points)[1.0] == pytest.approx(0.7)


def test_areas_fall_to_zero_in_a_gap_and_are_stacked() -> None:
    figure = expression_charts.course(
        course([HAPPY] * 10 + [UNSURE] * 5 + [SAD] * 5), "areas", 0, 2
    )
    points = curve(figure, "happy")
    assert points[0] == (0.0, 0.0) and points[-1][1] == 0.0
    assert [value for time, value in points if time == pytest.approx(1.0)][-1] == 0.0
    scatters = [one for one in figure.data if one.type == "scatter"]
    assert {one.stackgroup for one in scatters} == {"all"}


def test_the_band_has_a_bar_for_each_stretch_of_a_label_in_its_colour() -> None:
    figure = expression_charts.course(course([HAPPY] * 10 + [SAD] * 10 + [HAPPY] * 5), end=2.5)
    bars = {one.name: one for one in figure.data if one.type == "bar"}
    zero = figure.layout.xaxis.range[0]
    assert [base - zero for base in bars["happy"].base] == pytest.approx([0, 2000])
    assert list(bars["happy"].x) == pytest.approx([1000, 500])
    assert [base - zero for base in bars["sad"].base] == pytest.approx([1000])
    assert bars["sad"].marker.color == COLOURS["sad"]


def test_the_band_tells_unsure_from_absent() -> None:
    shown = [HAPPY] * 10 + [UNSURE] * 10 + [SAD] * 10
    figure = expression_charts.course(course(shown, away=(25, 30)), end=3)
    bars = {one.name: one for one in figure.data if one.type == "bar"}
    zero = figure.layout.xaxis.range[0]
    assert [base - zero for base in bars["unsure"].base] == pytest.approx([1000])
    assert list(bars["unsure"].x) == pytest.approx([1000])
    assert list(bars["sad"].x) == pytest.approx([500])
    assert bars["unsure"].marker.color not in COLOURS.values()
    assert bars["unsure"].marker.line.width > 0


def test_two_hours_are_few_points_with_the_same_mean() -> None:
    shown = ([HAPPY] * 3000 + [SAD] * 3000) * 30
    figure = expression_charts.course(course(shown, rate=25), end=7200)
    points = curve(figure, "happy")
    assert len(points) < 1.5 * expression_charts.MOST_POINTS
    values = [value for _, value in points if value is not None]
    assert np.mean(values) == pytest.approx(0.375, abs=0.01)


def test_a_window_shows_its_own_frames_alone() -> None:
    figure = expression_charts.course(course([HAPPY] * 100), start=4, end=6)
    times = [time for time, _ in curve(figure, "happy")]
    assert min(times) == pytest.approx(4) and max(times) == pytest.approx(6, abs=0.11)


def test_no_time_can_be_taken_for_a_year() -> None:
    """Plotly reads whole numbers of two or four digits on an axis of dates as years."""
    figure = expression_charts.course(course([HAPPY, SAD] * 3000, rate=1000), end=6)
    curves = [time for trace in figure.data if trace.type == "scatter" for time in trace.x]
    bases = [time for trace in figure.data if trace.type == "bar" for time in trace.base]
    assert min(curves) > 1e6 and min(bases) > 1e6


def test_nobody_is_an_empty_chart() -> None:
    figure = expression_charts.course(course([]), end=1)
    assert curve(figure, "happy") == []


def test_shares_are_stacked_bars_with_unsure_last() -> None:
    figure = expression_charts.share_bars(
        {"Ann": {"happy": 0.6, "unsure": 0.4}, "Bo": {"sad": 1.0}}
    )
    assert [trace.name for trace in figure.data] == ["happy", "sad", "unsure"]
    assert list(figure.data[0].x) == [0.6, 0.0]
    assert list(figure.data[0].y) == ["Ann", "Bo"]
    assert all(trace.textangle == 0 for trace in figure.data)  # else it is turned on narrow bars
    assert figure.layout.uniformtext.mode == "hide"


def test_shares_can_be_read_on_every_colour() -> None:
    labels = (*EMOTIONS, "unsure")
    for bar in expression_charts.share_bars({"Ann": dict.fromkeys(labels, 1 / 8)}).data:
        lighter, darker = sorted(map(light, (bar.marker.color, bar.insidetextfont.color)))[::-1]
        assert (lighter + 0.05) / (darker + 0.05) >= 4.5, bar.name


def light(colour: str) -> float:
    """Relative luminance as WCAG has it."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
