"""Charts of sweeps."""

from __future__ import annotations

import pytest

from fer.visualization import sweep_charts as charts
from fer.visualization.sweep_charts import TrialPoint

TRIALS = [
    TrialPoint("trial 1", {"learning_rate": 0.001, "batch_size": 32, "network": "mlp"}, 0.3),
    TrialPoint("trial 2", {"learning_rate": 0.1, "batch_size": 32, "network": "cnn4"}, 0.5),
    TrialPoint("trial 3", {"learning_rate": 0.01, "batch_size": 32, "network": "mlp"}, 0.4),
]


def test_the_best_so_far_never_falls() -> None:
    line, points = charts.best_so_far(TRIALS).data
    assert list(line.y) == [0.3, 0.5, 0.5]
    assert list(points.y) == [0.3, 0.5, 0.4]


def test_each_trial_is_a_line_from_its_settings_to_its_accuracy() -> None:
    chart = charts.parallel(TRIALS)
    worst, middle, best = chart.data
    assert list(worst.y) == pytest.approx([0, 0.5, 1, 0])  # cnn4 is below mlp
    assert list(middle.y) == pytest.approx([0.5, 0.5, 1, 0.5]), "learning rates are logarithmic"
    assert list(best.y) == pytest.approx([1, 0.5, 0, 1])
    assert best.line.color == charts.BEST_COLOUR != worst.line.color
    texts = [note.text for note in chart.layout.annotations]
    assert texts == ["0.001", "0.1", "32", "cnn4", "mlp", "30.0%", "50.0%"]
    assert "trial 2: 50.0% with learning rate 0.1, batch size 32" in best.hovertemplate


def test_no_line_runs_through_the_values_of_an_axis() -> None:
    notes = {note.text: note for note in charts.parallel(TRIALS).layout.annotations}
    for highest in ("0.1", "mlp", "50.0%"):
        assert notes[highest].y == 1 and notes[highest].yanchor == "bottom"
    for lowest in ("0.001", "cnn4", "30.0%"):
        assert notes[lowest].y == 0 and notes[lowest].yanchor == "top"
    assert notes["32"].xanchor == "left" and notes["32"].xshift > 0


def test_one_trial_alone_is_drawn() -> None:
    assert list(charts.parallel(TRIALS[:1]).data[0].y) == [0.5] * 4
