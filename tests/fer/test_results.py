"""Values check their own shapes; boxes stay inside their pictures."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, strategies as st

from fer.emotions import EMOTIONS
from fer.geometry import Box, clip_box
from fer.model_card import InputSpec
from fer.results import Face, FrameResult, Prediction
from tests.helpers import make_face, make_face_result, make_prediction

coordinates = st.floats(-1e4, 1e4)
sides = st.integers(1, 4000)


@given(coordinates, coordinates, coordinates, coordinates, sides, sides)
def test_a_clipped_box_lies_inside(
    a: float, b: float, c: float, d: float, width: int, height: int
) -> None:
    box = clip_box(a, b, c, d, width, height)
    if box is not None:
        assert 0 <= box.left < box.right <= width
        assert 0 <= box.top < box.bottom <= height


@given(st.integers(1, 3000), st.integers(1, 3000), st.integers(0, 60), st.integers(1, 200))
def test_scaled_results_stay_inside(width: int, height: int, left: int, side: int) -> None:
    face = make_face(left, 0, side)
    scaled = face.scaled(width / 300, height / 300, width, height)
    assert scaled.box.right <= width
    assert scaled.box.bottom <= height


def test_scaling_doubles_boxes_and_landmarks() -> None:
    face = Face(Box(10, 20, 30, 50), 0.5, np.full((5, 2), 15, np.float32))
    double = face.scaled(2, 2, 1000, 1000)
    assert double.box == Box(20, 40, 60, 100)
    assert double.landmarks is not None
    assert (double.landmarks == 30).all()


@given(st.integers(0, 60), st.integers(1, 40))
def test_mirroring_twice_changes_nothing(left: int, side: int) -> None:
    points = np.random.default_rng(side).uniform(0, 100, (5, 2)).astype(np.float32)
    face = Face(Box(left, 3, left + side, 9), 0.5, points)
    again = face.mirrored(100).mirrored(100)
    assert again.box == face.box
    assert again.landmarks is not None
    np.testing.assert_allclose(again.landmarks, points, atol=1e-4)


def test_a_mirrored_result_fits_the_mirrored_picture() -> None:
    result = FrameResult((make_face_result("happy"), make_face_result("sad")), 100, 80)
    mirrored = result.mirrored()
    assert [face.prediction.label for face in mirrored.faces] == ["sad", "happy"]
    assert mirrored.faces[0].face.box == Box(50, 20, 90, 60)


def test_a_mirrored_face_has_its_left_eye_on_the_left() -> None:
    eyes = np.array([[20, 30], [40, 32], [30, 40], [22, 50], [38, 51]], np.float32)
    mirrored = Face(Box(10, 20, 50, 60), 0.9, eyes).mirrored(100).landmarks
    assert mirrored is not None
    assert mirrored.tolist() == [[59, 32], [79, 30], [69, 40], [61, 51], [77, 50]]


def test_a_frame_scales_with_its_faces() -> None:
    result = FrameResult((make_face_result(),), 100, 100).scaled(200, 50)
    assert (result.width, result.height) == (200, 50)
    assert result.faces[0].face.box == Box(20, 10, 100, 30)


def test_a_face_moves_with_its_landmarks_and_stays_inside() -> None:
    points = np.full((5, 2), 30, np.float32)
    face = Face(Box(10, 20, 50, 60), 0.9, points)
    moved = face.moved(5, -7, 100, 100)
    assert moved.box == Box(15, 13, 55, 53)
    assert moved.landmarks is not None
    assert (moved.landmarks == points + np.array([5, -7])).all()
    assert face.moved(70, 0, 100, 100).box == Box(80, 20, 100, 60)
    assert face.moved(500, 0, 100, 100) is face


@pytest.mark.parametrize(
    "probabilities", [np.full(6, 1 / 6), np.full(7, np.nan), np.full(7, 0.3), -np.full(7, 1 / 7)]
)
def test_what_are_no_probabilities_is_refused(probabilities: np.ndarray) -> None:
    with pytest.raises(ValueError, match="probabilities"):
        Prediction(probabilities.astype(np.float32), False)


def test_predictions_are_read_only() -> None:
    with pytest.raises(ValueError, match="read-only"):
        make_prediction().probabilities[0] = 1


def test_a_held_label_has_its_own_confidence() -> None:
    held = Prediction(make_prediction("happy", 0.4).probabilities, False, EMOTIONS.index("sad"))
    assert (held.label, held.words) == ("sad", "sad")
    assert held.confidence == pytest.approx(0.1)
    with pytest.raises(ValueError, match="below 7"):
        Prediction(held.probabilities, False, 7)


def test_an_uncertain_prediction_says_so() -> None:
    assert make_prediction("sad", 0.4, uncertain=True).words == "unsure"
    assert make_prediction("sad", 0.4).words == "sad"
    assert make_prediction("sad", 0.4, uncertain=True).label == "sad"


@pytest.mark.parametrize("box", [(0, 0, 0, 5), (3, 0, 2, 5), (0, 5, 5, 5)])
def test_an_empty_box_is_refused(box: tuple[int, int, int, int]) -> None:
    with pytest.raises(ValueError, match="box"):
        Box(*box)


@pytest.mark.parametrize(
    "values",
    [
        {"height": 4},
        {"width": 4000},
        {"channels": 2},
        {"margin": 3.0},
        {"preprocessing": "sepia"},
        {"preprocessing": "threshold"},
        {"preprocessing": "threshold:300"},
        {"preprocessing": "none:5"},
    ],
)
def test_an_impossible_input_is_refused(values: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"input|channels|margin|preprocessing"):
        InputSpec(**values)  # type: ignore[arg-type]


def test_an_input_survives_its_dictionary() -> None:
    spec = InputSpec(96, 64, 3, 0.1, False, "threshold:100")
    assert InputSpec(**spec.as_dict()) == spec
