"""Home and about show the model that answers."""

from __future__ import annotations

from dashboard.samples import SAMPLES
from fer import registry
from fer.inference.recognizer import Recognizer
from tests.pages.conftest import Open


def test_home_reads_the_sample_at_once(open_page: Open) -> None:
    page = open_page("home")
    assert page.title[0].value == "Read the expression on any face"
    assert any("Model **tiny**" in caption.value for caption in page.caption)
    assert len(page.get("image")) == 1
    told = page.markdown[0].value
    assert "the computer that runs this app" in told and "this computer" not in told


def test_home_shows_the_sample_that_is_chosen(open_page: Open) -> None:
    page = open_page("home")
    page.button_group[0].set_value(2).run()
    assert not page.exception
    assert any("nobody is in it" in caption.value for caption in page.caption)


def test_the_default_model_is_sure_of_the_portrait_and_unsure_of_it_behind_a_mask() -> None:
    recognizer = Recognizer(registry.DEFAULT)
    found = [recognizer.analyze(sample.make()).faces for sample in SAMPLES]
    assert [len(faces) for faces in found] == [1, 1, 1, 1]
    portrait, masked, *_ = found
    assert portrait[0].prediction.display_label == "happy"
    assert masked[0].prediction.uncertain


def test_home_follows_an_activation(open_page: Open) -> None:
    registry.activate("other")
    page = open_page("home")
    assert any("Model **other**" in caption.value for caption in page.caption)
    assert any("unsure" in text.value for text in page.markdown)


def test_about_states_limits_and_law(open_page: Open) -> None:
    page = open_page("about")
    shown = "\n".join(text.value for text in page.markdown)
    for needed in (
        "not what somebody feels",
        "Art. 50",
        "Art. 5(1)(f)",
        "10.1177/1529100619832930",
        "some minutes after you close the browser tab",
    ):
        assert needed in shown
