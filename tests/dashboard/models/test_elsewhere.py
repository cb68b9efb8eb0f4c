"""What cards say of other datasets, also cards that other programs wrote."""

from __future__ import annotations

import pytest

from dashboard.models import elsewhere
from fer.figures import Elsewhere


@pytest.mark.parametrize(("faces", "is_known"), [(0, False), (50, True)])
def test_an_accuracy_of_no_faces_has_no_interval(faces: int, is_known: bool) -> None:
    bounds = elsewhere._interval(Elsewhere("theirs", faces, "detected", "training", 1.0))
    assert (bounds is not None) == is_known
