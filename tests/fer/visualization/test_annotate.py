"""What is drawn: frames in the emotions' colours, labels that can be read, nothing else."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, strategies as st

from fer.emotions import COLOURS
from fer.geometry import clip_box
from fer.results import Face, FaceResult, FrameResult, Quality
from fer.visualization import annotate, charts, glyphs
from tests.helpers import astronaut, make_prediction

QUALITY = Quality(40, 100.0, 128.0)


def result_at(
    *corners: tuple[int, int, int], label: str = "happy", uncertain: bool = False, side: int = 400
) -> FrameResult:
    faces = []
    for left, top, size in corners:
        box = clip_box(left, top, left + size, top + size, side, side)
        assert box is not None
        prediction = make_prediction(label, 0.87, uncertain)
        faces.append(FaceResult(Face(box, 0.9), prediction, QUALITY))
    return FrameResult(tuple(faces), side, side)


def has_colour(picture: np.ndarray, colour: str) -> bool:
    rgb = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
    return bool((picture == rgb).all(axis=2).any())


@pytest.mark.parametrize("style", annotate.STYLES)
def test_a_face_is_framed_in_its_emotions_colour(style: str) -> None:
    blank = np.zeros((400, 400, 3), np.uint8)
    drawn = annotate.draw(blank, result_at((150, 150, 100), label="sad"), style)
    assert has_colour(drawn, COLOURS["sad"])
    assert not blank.any()


@pytest.mark.parametrize("style", annotate.STYLES)
def test_an_unsure_face_gets_no_emotions_colour(style: str) -> None:
    blank = np.zeros((400, 400, 3), np.uint8)
    drawn = annotate.draw(blank, result_at((150, 150, 100), uncertain=True), style)
    assert not any(has_colour(drawn, colour) for colour in COLOURS.values())
    assert has_colour(drawn, annotate.UNSURE_COLOUR)


def test_the_face_itself_stays_visible() -> None:
    image = astronaut()
    result = result_at((180, 70, 100), side=512)
    drawn = annotate.draw(image, result)
    assert (drawn[90:150, 200:260] == image[90:150, 200:260]).all()


def test_without_faces_nothing_is_drawn() -> None:
    assert (annotate.draw(astronaut(), FrameResult((), 512, 512)) == astronaut()).all()


def test_labels_of_neighbours_do_not_overlap() -> None:
    blank = np.zeros((400, 400, 3), np.uint8)
    places: list[tuple[int, int, int, int]] = []
    for face in result_at((100, 200, 40), (130, 200, 40), (160, 205, 40)).faces:
        places.append(annotate._label(blank, face, "1 ", 2, places))
    for number, one in enumerate(places):
        assert not any(annotate._overlap(one, other) for other in places[:number])


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[tuple[np.ndarray, annotate._Rectangle]]:
    """The texts that are written, with where that is."""
    found: list[tuple[np.ndarray, annotate._Rectangle]] = []
    monkeypatch.setattr(
        annotate, "_write", lambda _, mask, place, prediction: found.append((mask, place))
    )
    return found


def test_brief_labels_of_a_crowd_are_large_and_do_not_overlap(
    written: list[tuple[np.ndarray, annotate._Rectangle]],
) -> None:
    crowd = result_at(
        *((60 + 200 * column, 150 + 200 * row, 70) for row in range(5) for column in range(8)),
        side=1600,
    )
    annotate.draw(np.zeros((1600, 1600, 3), np.uint8), crowd, numbered=True, brief=True)
    assert len(written) == 40
    places = [place for _, place in written]
    for number, one in enumerate(places):
        assert not any(annotate._overlap(one, other) for other in places[:number])
    on_a_phone = 358 / 1600
    assert min(len(mask) for mask, _ in written) * on_a_phone >= 12


def test_a_brief_label_is_shortened_only_where_it_has_no_room(
    written: list[tuple[np.ndarray, annotate._Rectangle]],
) -> None:
    row = ((70 + 75 * column, 300, 60) for column in range(12))
    faces = result_at((500, 800, 60), *row, side=1000)
    annotate.draw(np.zeros((1000, 1000, 3), np.uint8), faces, numbered=True, brief=True)
    size = 1000 // annotate._LEGIBLE
    alone, *others = (mask for mask, _ in written)
    assert np.array_equal(alone, glyphs.with_text("happy", "1 happy 87%", size))
    assert min(mask.shape[1] for mask in others) < alone.shape[1] / 2


@given(
    st.integers(1, 90),
    st.integers(1, 90),
    st.lists(st.tuples(st.integers(0, 80), st.integers(0, 80), st.integers(1, 90)), max_size=4),
    st.sampled_from(annotate.STYLES),
    st.booleans(),
)
def test_anything_can_be_drawn_on_any_size(
    width: int, height: int, corners: list[tuple[int, int, int]], style: str, brief: bool
) -> None:
    inside = [c for c in corners if c[0] < width and c[1] < height]
    result = result_at(*inside, side=90).scaled(width, height)
    image = np.zeros((height, width, 3), np.uint8)
    assert annotate.draw(image, result, style, True, brief).shape == image.shape


@pytest.mark.parametrize(
    ("share", "words"), [(1.0, ">99%"), (0.996, ">99%"), (0.93, "93%"), (0.004, "<1%"), (0, "<1%")]
)
def test_percentages_never_claim_certainty(share: float, words: str) -> None:
    assert annotate.percent(share) == words


def test_bars_show_the_seven_probabilities_in_their_colours() -> None:
    prediction = make_prediction("fear", 0.7)
    (bars,) = charts.probability_bars(prediction).data
    assert list(bars.y) == list(COLOURS)
    assert list(bars.marker.color) == list(COLOURS.values())
    assert np.allclose(bars.x, prediction.probabilities)


def test_bars_of_an_unsure_face_are_pale() -> None:
    (bars,) = charts.probability_bars(make_prediction(uncertain=True)).data
    assert bars.marker.opacity < 0.5
