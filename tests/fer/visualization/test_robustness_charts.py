"""Charts of corruptions: severities as numbers, one legend, the costliest on top."""

from __future__ import annotations

from fer.visualization import robustness_charts as charts


def test_curves_by_severity_without_a_legend_of_their_own() -> None:
    falls = charts.curves(
        "blur", ["none", "1%", "2%"], {"a": [0.9, 0.5, 0.4], "b": [0.8, 0.6, 0.5]}
    )
    assert list(falls.data[1].y) == [0.8, 0.6, 0.5] and falls.layout.title.text == "Blur"
    assert list(falls.layout.xaxis.tickvals) == list(falls.data[0].x) == [0, 1, 2]
    assert list(falls.data[0].customdata) == ["none", "1%", "2%"]
    assert not falls.layout.showlegend
    names = charts.legend(["a", "b"])
    assert [one.name for one in names.data] == ["a", "b"]
    assert [one.line.color for one in names.data] == [one.line.color for one in falls.data]


def test_bars_of_losses_and_their_intervals() -> None:
    losses = {
        "a": {"blur": (1.0, (0.5, 2.0)), "noise": (3.0, None)},
        "b": {"noise": (2.0, (1.0, 3.0))},
    }
    chart = charts.bars(losses)
    assert [list(one.y) for one in chart.data] == [["blur", "noise"], ["noise"]]
    assert list(chart.data[0].error_x.array) == [1.0, 0.0]
    assert list(chart.data[0].error_x.arrayminus) == [0.5, 0.0]
    assert chart.layout.showlegend and not charts.bars({"a": losses["a"]}).layout.showlegend
