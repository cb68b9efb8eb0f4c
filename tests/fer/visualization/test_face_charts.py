"""Charts of single faces, and cells that can be picked."""

from __future__ import annotations

import numpy as np
import pytest

from fer.emotions import EMOTIONS
from fer.visualization import face_charts
from fer.visualization.evaluation_charts import CONFUSION_VIEWS
from tests.helpers import make_prediction


@pytest.mark.parametrize("view", CONFUSION_VIEWS)
def test_every_cell_can_be_picked_and_says_which_it_is(view: str) -> None:
    table = np.arange(49).reshape(7, 7).tolist()
    marks = face_charts.pickable_confusion(table, view).data[1]
    assert len(marks.customdata) == 49
    for x, y, (true, said, faces) in zip(marks.x, marks.y, marks.customdata, strict=True):
        assert (EMOTIONS[true], EMOTIONS[said]) == (y, x)
        assert int(faces) == table[true][said]
    if view == "counts":
        assert list(marks.text) == [str(number) for number in range(49)]
    else:
        assert all(text.endswith("%") for text in marks.text)


def test_the_crowds_mix_stands_beside_the_models_where_there_are_votes() -> None:
    crowd = np.array([0, 0, 0, 0.7, 0, 0, 0.3])
    bars, marks = face_charts.mixes(make_prediction(), crowd).data
    assert list(bars.y) == list(marks.y)
    assert list(marks.x) == crowd.tolist()
    for nothing in (None, np.full(7, np.nan)):
        assert len(face_charts.mixes(make_prediction(), nothing).data) == 1
