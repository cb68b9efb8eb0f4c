"""“Why this answer?” on the photo page, driven headless."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.photos import following
from fer import images
from tests.helpers import group_photo
from tests.pages.conftest import Open
from tests.pages.test_photos import mine, press, upload, words


def test_nothing_is_explained_until_it_is_asked_for(open_page: Open) -> None:
    page = press(open_page("photos"), "Try a sample")
    assert "_explanations" not in page.session_state
    press(page, "Why this answer?")
    shown = words(page)
    assert "What the network saw" in shown
    assert "48×48 pixels, grey" in shown
    assert "no class activation map" in shown
    assert "than chance" in shown
    assert len(page.session_state["_explanations"]) == 1


def test_another_emotion_can_be_explained(tiny_models: Path) -> None:
    page = AppTest.from_function(explain_a_grey_face, default_timeout=60).run()
    assert page.selectbox[0].value == "neutral"
    page.selectbox[0].select("sad").run()
    assert not page.exception
    assert "takes sad away" in words(page)


def explain_a_grey_face() -> None:
    import numpy as np

    from dashboard import explanation_view
    from fer import registry
    from fer.results import Prediction

    pixels = np.full((48, 48, 1), 120, np.uint8)
    prediction = Prediction(registry.load("tiny").probabilities(pixels[None])[0], uncertain=False)
    question = explanation_view.Question("tiny", "training", pixels, prediction)
    explanation_view.section(question, "grey")


def test_every_face_keeps_its_own_input(open_page: Open) -> None:
    page = open_page("photos")
    upload(page, ("group.png", images.encode_png(group_photo())))
    (picture,) = mine(page).pictures
    pixels = [face.pixels for face in picture.result.faces]
    assert {seen.shape for seen in pixels if seen is not None} == {(48, 48, 1)}
    assert len({seen.tobytes() for seen in pixels if seen is not None}) == 6


def test_a_model_that_is_gone_is_a_sentence(
    open_page: Open, tiny_models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "AUTOMATIC_SECONDS", 0.0)
    page = open_page("photos")
    page.selectbox[0].select("other").run()
    press(page, "Try a sample")
    (tiny_models / "other" / "card.json").unlink()
    press(page, "Why this answer?")
    assert "unknown model" in words(page)
