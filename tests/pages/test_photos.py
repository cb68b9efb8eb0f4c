"""The photo page, driven headless."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from dashboard.photos import following, session as photo_session, strip
from dashboard.text import escape_markdown
from fer import images, registry
from tests.helpers import astronaut, cut_face, group_photo, publish_tiny
from tests.pages.conftest import Open, go


def press(page: AppTest, label: str) -> AppTest:
    next(button for button in page.button if button.label == label).click()
    page.run()
    assert not page.exception
    return page


def words(page: AppTest) -> str:
    kinds = (
        page.markdown,
        page.caption,
        page.info,
        page.warning,
        page.error,
        page.title,
        page.header,
        page.subheader,
    )
    return "\n".join(str(element.value) for kind in kinds for element in kind)


def upload(page: AppTest, *files: tuple[str, bytes]) -> AppTest:
    page.file_uploader[0].set_value([(name, data, "image/png") for name, data in files])
    page.run()
    assert not page.exception
    return page


def mine(page: AppTest) -> photo_session.PhotoSession:
    return page.session_state["_photo_session"]


def test_the_sample_is_read_in_one_click(open_page: Open) -> None:
    page = press(open_page("photos"), "Try a sample")
    assert escape_markdown("astronaut.png") in words(page)
    assert "1 face**" in words(page)
    assert len(page.dataframe[0].value) == 1


def test_uploads_are_read_and_bad_ones_reported(open_page: Open) -> None:
    page = open_page("photos")
    upload(
        page,
        ("group.png", images.encode_png(group_photo())),
        ("broken.png", b"<html>"),
        ("empty.png", b""),
    )
    shown = words(page)
    assert "6 faces**" in shown
    assert "2 files could not be read" in shown
    assert escape_markdown("broken.png is not a picture") in shown
    assert escape_markdown("empty.png is empty") in shown


def test_no_face_says_what_to_try_and_offers_the_whole_picture(open_page: Open) -> None:
    page = open_page("photos")
    upload(page, ("wall.png", images.encode_png(astronaut()[300:, :120])))
    assert "No face found" in words(page)
    press(page, "This image is already a cropped face")
    assert "1 face**" in words(page)


def test_a_picture_is_turned_by_a_button(open_page: Open) -> None:
    page = open_page("photos")
    upload(page, ("sideways.png", images.encode_png(images.turned(astronaut(), -1)[:300])))
    press(page, "Rotate")
    result = mine(page).pictures[0].result
    assert (result.width, result.height) == (300, 512)


def test_a_model_that_is_unsure_says_so(open_page: Open) -> None:
    page = open_page("photos")
    page.selectbox[0].select("other").run()
    press(page, "Try a sample")
    assert "**unsure**" in words(page)


def test_results_follow_the_settings(open_page: Open) -> None:
    page = open_page("photos")
    upload(
        page, ("a.png", images.encode_png(astronaut())), ("b.png", images.encode_png(astronaut()))
    )
    page.selectbox[0].select("other").run()
    assert not page.exception
    assert {picture.reader.model for picture in mine(page).pictures} == {"other"}
    assert {picture.read_by["model"] for picture in mine(page).pictures} == {"other"}
    page.toggle[0].set_value(True).run()
    assert all(picture.result.searched is None for picture in mine(page).pictures)


def test_what_takes_long_is_offered_in_one_banner(
    open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "AUTOMATIC_SECONDS", 0.0)
    page = open_page("photos")
    upload(
        page, ("a.png", images.encode_png(astronaut())), ("b.png", images.encode_png(astronaut()))
    )
    page.selectbox[0].select("other").run()
    assert {picture.reader.model for picture in mine(page).pictures} == {"tiny"}
    assert "**2 pictures** were analysed with earlier settings" in words(page)
    (button,) = [button for button in page.button if button.label.startswith("Re-analyse (about")]
    button.click().run()
    assert not page.exception
    assert {picture.reader.model for picture in mine(page).pictures} == {"other"}
    assert "analysed with earlier settings" not in words(page)


def test_one_picture_that_is_a_cropped_face_stays_one(open_page: Open) -> None:
    page = open_page("photos")
    upload(page, ("wall.png", images.encode_png(astronaut()[300:, :120])))
    press(page, "This image is already a cropped face")
    page.selectbox[0].select("other").run()
    (picture,) = mine(page).pictures
    assert (picture.reader.model, picture.reader.whole_picture) == ("other", True)


def test_pictures_stay_in_the_order_of_upload_and_the_first_new_one_is_shown(
    open_page: Open,
) -> None:
    page = open_page("photos")
    face = images.encode_png(cut_face())
    upload(page, ("c.png", face), ("a.png", face))
    upload(page, ("b.png", face), ("d.png", face))
    assert [picture.name for picture in mine(page).pictures] == ["c.png", "a.png", "b.png", "d.png"]
    assert mine(page).shown().name == "b.png"
    assert escape_markdown("b.png") in words(page)


def test_the_same_sample_is_not_added_twice(open_page: Open) -> None:
    page = press(press(open_page("photos"), "Try a sample"), "Try a sample")
    assert len(mine(page).pictures) == 1


def test_two_hundred_pictures_are_read_and_paged(open_page: Open) -> None:
    page = open_page("photos")
    page.toggle[0].set_value(True).run()
    face = images.encode_png(cut_face())
    upload(page, *((f"{number}.png", face) for number in range(200)))
    assert len(mine(page).pictures) == 200
    assert len(page.get("image")) == 2, "one picture and its one face"
    (shown,) = [
        json.loads(one.proto.json)
        for one in page.get("bidi_component")
        if one.proto.component_name == "fer_strip"
    ]
    assert [picture["name"] for picture in shown["pictures"]] == [f"{n}.png" for n in range(24)]
    assert shown["chosen"] == mine(page).pictures[0].key
    assert page.get("pagination")


def test_a_damaged_model_is_a_sentence(open_page: Open, tiny_models: Path) -> None:
    (tiny_models / "tiny" / "model.onnx").write_bytes(b"")
    page = open_page("photos")
    assert "is not the file that its card describes" in words(page).replace("\\", "")


def test_downloads_hold_what_the_command_line_gives(open_page: Open) -> None:
    page = press(open_page("photos"), "Try a sample")
    record = mine(page).pictures[0].record()
    assert json.loads(json.dumps(record))["faces"][0]["box"]
    labels = [button.proto.label for button in page.get("download_button")]
    assert labels == ["CSV", "JSON", "PNG"]


def test_removing_all_leaves_nothing(open_page: Open) -> None:
    page = press(open_page("photos"), "Try a sample")
    press(page, "Remove all")
    assert mine(page).pictures == []


def test_removing_can_be_undone_for_a_minute(
    open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = open_page("photos")
    face = images.encode_png(cut_face())
    upload(page, ("a.png", face), ("b.png", face), ("c.png", face))
    press(page, "Remove")
    assert [picture.name for picture in mine(page).pictures] == ["b.png", "c.png"]
    press(page, "Undo")
    assert [picture.name for picture in mine(page).pictures] == ["a.png", "b.png", "c.png"]
    press(press(page, "Remove"), "Remove")
    press(page, "Remove all")
    for removed in ("c.png", "b.png", "a.png"):
        assert f"Brings back {escape_markdown(removed)}" in page.button(key="photo-undo").help
        press(page, "Undo")
    assert [picture.name for picture in mine(page).pictures] == ["a.png", "b.png", "c.png"]
    assert "Undo" not in [button.label for button in page.button]
    press(page, "Remove all")
    assert "Brings back 3 pictures" in page.button(key="photo-undo").help
    page.selectbox[0].select("other").run()
    press(page, "Undo")
    assert [picture.read_by["model"] for picture in mine(page).pictures] == 3 * ["other"]
    press(page, "Remove all")
    monkeypatch.setattr(photo_session, "UNDO_SECONDS", 0.0)
    page.run()
    assert not mine(page).removals
    assert "Undo" not in [button.label for button in page.button]


def test_an_upload_that_is_too_large_is_named_and_the_others_are_read(open_page: Open) -> None:
    page = open_page("photos")
    large = b"\0" * (images.MAX_BYTES + 1)
    upload(page, ("large.png", large), ("good.png", images.encode_png(astronaut())))
    assert escape_markdown("large.png has 160 MB") in words(page)
    assert len(mine(page).pictures) == 1


def test_names_are_shown_as_they_are(open_page: Open) -> None:
    page = open_page("photos")
    name = "![x](http:&#47;&#47;example.org) **b** :red[r] $a$.png"
    upload(page, (name, images.encode_png(astronaut())), (f"bad {name}", b"x"))
    shown = words(page)
    assert escape_markdown(mine(page).pictures[0].name) in shown
    assert "![x]" not in shown
    assert ":red[" not in shown


def test_choices_in_the_sidebar_are_kept_for_the_session(open_app: Open) -> None:
    page = open_app("photos")
    page.selectbox[0].select("other")
    page.selectbox[1].select("haar")
    page.sidebar.segmented_control[-1].set_value("circle")
    page.toggle[0].set_value(True).run()
    assert go(page, "about").title[0].value == "About"
    go(page, "photos")
    assert [one.value for one in page.selectbox] == ["other", "haar", "training"]
    assert page.sidebar.segmented_control[-1].value == "circle"
    assert page.toggle[0].value is True


def test_every_choice_takes_effect_time_after_time(open_page: Open) -> None:
    page = open_page("photos")
    for model, detector, whole, style in (
        ("other", "haar", True, "circle"),
        ("tiny", "mtcnn", False, "box"),
        ("other", "haar", True, "circle"),
    ):
        page.selectbox[0].select(model).run()
        page.selectbox[1].select(detector).run()
        page.toggle[0].set_value(whole).run()
        page.sidebar.segmented_control[-1].set_value(style).run()
        assert not page.exception
        assert (page.selectbox[0].value, page.selectbox[1].value) == (model, detector)
        assert (page.toggle[0].value, page.sidebar.segmented_control[-1].value) == (whole, style)
        assert f"Model **{model}**" in words(press(page, "Try a sample"))
        (newest,) = [picture.reader for picture in mine(page).pictures]
        assert (newest.model, newest.detector, newest.whole_picture) == (model, detector, whole)


def test_a_thorough_search_is_offered_for_a_large_picture(open_page: Open) -> None:
    large = images.encode_png(np.zeros((1100, 2300, 3), np.uint8))
    page = open_page("photos")
    upload(page, ("large.png", large))
    assert "smaller than about 45 pixels" in words(page)
    assert "Choose *Thorough*" in words(page)
    assert "faces by mtcnn, fast search" in words(page)
    page.sidebar.segmented_control[0].set_value("thorough").run()
    assert "Choose *Thorough*" not in words(page)
    searched = mine(page).pictures[0].result.searched
    assert searched is not None
    assert (searched.search, searched.smallest_face) == ("thorough", 20)
    assert mine(page).pictures[0].record()["search"] == "thorough"


def test_the_identity_of_a_choice_does_not_follow_what_was_chosen(open_page: Open) -> None:
    page = open_page("photos")

    def identities() -> list[str]:
        widgets = (*page.selectbox[:2], *page.toggle, page.sidebar.segmented_control[-1])
        return [one.proto.id for one in widgets]

    before = identities()
    page.selectbox[0].select("other")
    page.selectbox[1].select("haar")
    page.toggle[0].set_value(True)
    page.sidebar.segmented_control[-1].set_value("circle").run()
    assert identities() == before
    assert page.run() and identities() == before


def test_the_model_follows_the_active_one_until_another_is_chosen(
    open_page: Open, tiny_models: Path
) -> None:
    publish_tiny("third")
    page = open_page("photos")
    assert page.selectbox[0].value == "tiny"
    registry.activate("other")
    assert page.run().selectbox[0].value == "other"
    page.selectbox[0].select("third").run()
    registry.activate("tiny")
    assert page.run().selectbox[0].value == "third"
    assert not page.exception


def test_a_chosen_model_that_is_gone_gives_way_to_the_active_one(
    open_page: Open, tiny_models: Path
) -> None:
    page = open_page("photos")
    page.selectbox[0].select("other").run()
    shutil.rmtree(tiny_models / "other")
    page.run()
    assert not page.exception
    assert page.selectbox[0].value == "tiny"
    assert "Model **tiny**" in words(press(page, "Try a sample"))


def test_unsure_faces_have_no_emotion_in_the_table(open_page: Open) -> None:
    page = open_page("photos")
    page.selectbox[0].select("other").run()
    press(page, "Try a sample")
    assert list(page.dataframe[0].value["expression"]) == ["unsure"]


def test_another_model_can_be_chosen_where_the_active_one_is_damaged(
    open_page: Open, tiny_models: Path
) -> None:
    (tiny_models / "tiny" / "model.onnx").write_bytes(b"")
    page = open_page("photos")
    page.selectbox[0].select("other").run()
    assert not page.error
    press(page, "Try a sample")
    assert len(mine(page).pictures) == 1


SKEWED = (0.3, 0.3, 0.3, 0.025, 0.025, 0.025, 0.025)


def test_how_common_expressions_are_can_be_assumed_otherwise(open_page: Open) -> None:
    publish_tiny("skewed", shares=SKEWED)
    page = open_page("photos")
    control = next(box for box in page.selectbox if box.label == "Assume expressions are")
    assert control.disabled, "tiny's card has no shares"
    assert "does not say how common" in words(page)
    page.selectbox[0].select("skewed").run()
    press(page, "Try a sample")
    assert "expressions as common as in the training data" in words(page)
    control = next(box for box in page.selectbox if box.label == "Assume expressions are")
    assert control.help.count(".") == 3, "three sentences"
    control.select("balanced").run()
    assert "model skewed, expressions equally likely (balanced)" in words(page)
    record = mine(page).pictures[0].record()
    assert (record["model"], record["prior"]) == ("skewed", "balanced")
    press(page, "Why this answer?")
    assert "What the network saw" in words(page)


def test_turning_pages_logs_nothing_and_a_page_that_is_gone_gives_the_last(
    open_page: Open, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(strip, "PICTURES_A_PAGE", 4)
    page = open_page("photos")
    data = images.encode_png(astronaut()[:40, :40])
    upload(page, *((f"{number}.png", data) for number in range(9)))
    page.session_state["photo-page-1-of-3"] = 3
    page.run()
    page.run()
    assert mine(page).shown().name == "8.png"
    press(page, "Remove")
    assert mine(page).shown().name == "7.png"
    page.run()
    assert escape_markdown("7.png") in words(page)
    assert not [record for record in caplog.records if "default value" in record.message]


def test_a_quote_in_a_name_is_a_quote(open_page: Open) -> None:
    """Browsers send it as %22."""
    page = upload(open_page("photos"), ("a%22b%22.png", images.encode_png(astronaut()[:40, :40])))
    assert mine(page).pictures[0].name == 'a"b".png'
