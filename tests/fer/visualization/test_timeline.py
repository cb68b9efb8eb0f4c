"""The last minute as columns that a chart redraws in place."""

from __future__ import annotations

import json

import numpy as np
import pytest

from fer.emotions import COLOURS, EMOTIONS
from fer.visualization import timeline


def test_ten_samples_a_second_are_thinned_to_four() -> None:
    times = [place / 10 for place in range(600)]
    shares = [np.full(7, place / 600, np.float32) for place in range(600)]
    columns = timeline.table(times, shares, now=61.0)
    ago = columns["seconds ago"]
    assert len(ago) == pytest.approx(60 * timeline.POINTS_PER_SECOND, abs=2)
    assert ago[-1] == pytest.approx(59.9 - 61)
    assert (np.diff(ago) > 0).all()
    assert columns["happy"][-1] == pytest.approx(599 / 600)


def test_nobody_is_an_empty_table() -> None:
    assert timeline.table([], [], 3.0) == {name: [] for name in ("seconds ago", *EMOTIONS)}


def test_each_emotion_has_its_own_colour_on_an_axis_that_stays() -> None:
    chart = timeline.specification()
    assert dict(zip(*chart["encoding"]["color"]["scale"].values(), strict=True)) == COLOURS
    assert chart["encoding"]["x"]["scale"]["domain"] == [-60, 0]
    assert json.dumps(chart) == json.dumps(timeline.specification())
