"""The evaluation page, driven headless, with real evaluations of a few grey pictures."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from dashboard import navigation
from dashboard.evaluate import downloads as evaluate_downloads, session as evaluations
from dashboard.evaluate.evaluation import Evaluation
from dashboard.text import escape_markdown
from fer import registry
from fer.emotions import EMOTIONS
from tests.helpers import labelled_zip, publish_tiny
from tests.pages.conftest import Open, go, looked_at
from tests.pages.test_photos import press, words

usefixtures = pytest.mark.usefixtures
LABELS = [*range(7)] * 3 + [3] * 15
SAID = [*range(7)] * 2 + [6, 5, 4, 3, 2, 1, 0] + [3] * 15


@pytest.fixture(autouse=True)
def nothing_kept(tiny_models: Path) -> Iterator[None]:
    publish_tiny("reads", reads_levels=3.0, question="fer2013")
    publish_tiny("neutral", question="fer2013")
    evaluations._evaluations.clear()
    yield
    for one in list(evaluations._evaluations.values()):
        one.remove()
    evaluations._evaluations.clear()


def asked(open_page: Open, data: bytes, *models: str, name: str = "faces.zip") -> AppTest:
    """The page with a choice made, ready for Start."""
    page = open_page("evaluate")
    page.multiselect[0].set_value(list(models))
    chooser(page, "Evaluation data").set_value("upload").run()
    page.file_uploader[0].set_value((name, data, "application/zip"))
    page.toggle[0].set_value(True).run()
    assert not page.exception
    return looked_at(page)


def chooser(page: AppTest, label: str):  # type: ignore[no-untyped-def]
    return next(one for one in page.selectbox if one.label == label)


def switch(page: AppTest, label: str):  # type: ignore[no-untyped-def]
    return next(one for one in page.toggle if one.label == label)


def finished(page: AppTest) -> AppTest:
    """Waits for the newest evaluation's process, then shows what came of it."""
    newest().task.child.process.wait(240)
    page.run()
    assert not page.exception
    return page


def newest() -> Evaluation:
    return list(evaluations._evaluations.values())[-1]


def evaluated(open_page: Open, *models: str) -> AppTest:
    return finished(
        press(asked(open_page, labelled_zip(LABELS, SAID), *models), "Start evaluation")
    )


def show(page: AppTest, pane: str) -> str:
    """Opens one of the tabs, or one of the panes under “Faces”."""
    is_tab = pane in page.segmented_control[0].options
    page.segmented_control[0].set_value(pane if is_tab else "Faces").run()
    if not is_tab:
        page.pills[0].set_value(pane).run()
    assert not page.exception
    return words(page)


def test_the_first_visit_says_what_to_do_and_stores_nothing(open_page: Open) -> None:
    page = open_page("evaluate")
    assert "Choose one or two models" not in words(page)
    assert escape_markdown("on Synthetic drawings (demo only)") in words(page)
    page.multiselect[0].set_value([]).run()
    assert "Choose one or two models" in words(page)
    assert next(one for one in page.button if one.label == "Start evaluation").disabled
    asked(open_page, labelled_zip([3], [3]), "reads")
    assert not evaluations._evaluations


@usefixtures("at_once")
def test_start_takes_what_was_changed_in_the_same_moment(open_page: Open) -> None:
    page = asked(open_page, labelled_zip([3], [3]), "reads")
    page.multiselect[0].set_value(["neutral", "reads"])
    chooser(page, "Split").set_value("test")
    press(page, "Start evaluation")
    asked_for = " ".join(newest().arguments)
    assert "--model neutral,reads" in asked_for and "--split test" in asked_for
    page.run()
    assert len(evaluations._evaluations) == 1
    page.multiselect[0].set_value(["neutral"])
    press(page, "Start evaluation")
    assert newest().arguments[:2] == ("--model", "neutral")
    assert chooser(page, "Evaluation").value == newest().key
    page.multiselect[0].set_value([])
    press(page, "Start evaluation")
    page.multiselect[0].set_value(["neutral"]).run()
    assert len(evaluations._evaluations) == 2


def test_the_form_is_as_it_was_left(open_app: Open) -> None:
    page = open_app("evaluate")
    page.multiselect[0].set_value(["reads", "neutral"])
    chooser(page, "Evaluation data").set_value("upload")
    chooser(page, "Split").set_value("validation")
    chooser(page, "Ground truth").set_value("own")
    page.toggle[0].set_value(True).run()
    go(go(page, "about"), "evaluate")
    assert page.multiselect[0].value == ["reads", "neutral"]
    assert [one.value for one in page.selectbox] == ["validation", "own", "training", "upload"]
    assert page.toggle[0].value is True
    assert go(page, "train").selectbox[0].value == "drawn"
    registry.delete("neutral")
    go(page, "evaluate")
    assert page.multiselect[0].value == ["reads"]


def test_the_defaults_are_shown_again_as_what_they_are(open_app: Open) -> None:
    page = open_app("evaluate")
    chooser(page, "Split").set_value("test").run()
    chooser(page, "Split").set_value("").run()
    go(go(page, "about"), "evaluate")
    split = chooser(page, "Split").proto
    assert split.HasField("default") and split.options[split.default].startswith("Test if there")


def test_two_models_are_compared_and_every_pane_opens(open_page: Open) -> None:
    page = evaluated(open_page, "reads", "neutral")
    metrics = {one.label: one.value for one in page.metric}
    assert metrics == {"reads: accuracy": "83.3%", "neutral: accuracy": "8.3%", "Faces": "36"}
    assert page.header[0].value == "reads is significantly more accurate than neutral, p < 0.001"
    assert "McNemar" in words(page)
    assert page.table[0].value["metric"].tolist()[:2] == ["Accuracy", "Balanced accuracy"]
    assert page.table[0].value.shape == (7, 3), "without the same accuracy again, and votes"
    assert "cannot be checked" in words(page) and "in eye distances" not in words(page)
    show(page, "Disagreements")
    which = chooser(page, "Which faces")
    assert which.options == [
        "Only reads is correct: 28 faces",
        "Only neutral is correct: 1 face",
        "Both are wrong, with different labels: 4 faces",
    ]
    which.set_value("Only neutral is correct").run()
    assert "neutral: **neutral**" in words(page)
    assert sum(one.label == "Why this answer?" for one in page.button) == 1
    for pane in ("Mistakes", "Suspect labels"):
        show(page, pane)
        assert any(one.label == "Why this answer?" for one in page.button)
    show(page, "Confusion")
    assert len([one for one in page.get("plotly_chart") if "Confusion" in str(one.proto)]) == 2
    panes = ["Confusion", "Disagreements", "Mistakes", "Suspect labels"]
    assert page.pills[0].options == panes
    assert "so this takes longer" in show(page, "Robustness")
    assert chooser(page, "Faces").options == ["all 36"]
    assert chooser(page, "Which models").options == ["reads and neutral", "reads", "neutral"]
    show(page, "Export")
    labels = [one.proto.label for one in page.get("download_button")]
    assert labels == ["JSON", "CSV (a row per face)", "HTML report"]


@usefixtures("at_once")
def test_the_faces_of_a_cell_are_shown_and_explained(open_page: Open) -> None:
    page = evaluated(open_page, "reads")
    show(page, "Confusion")
    chooser(page, "True").set_value(EMOTIONS.index("angry"))
    chooser(page, "Predicted").set_value(EMOTIONS.index("neutral")).run()
    assert page.subheader[0].value == "angry, predicted neutral: 1"
    press(page, "Why this answer?")
    assert "What the network saw" in words(page)
    chooser(page, "Predicted").set_value(EMOTIONS.index("sad")).run()
    assert "No such face" in words(page)
    chooser(page, "True").set_value(EMOTIONS.index("happy"))
    chooser(page, "Predicted").set_value(EMOTIONS.index("happy")).run()
    assert page.subheader[0].value == "happy, predicted happy: 18"
    assert sum(one.label == "Why this answer?" for one in page.button) == 12


@usefixtures("at_once")
@pytest.mark.parametrize(
    ("data", "name", "sentence"),
    [
        (labelled_zip([0], [0], "test").replace(b"angry", b"wrath"), "faces.zip", "wrath"),
        (b"no zip at all", "faces.zip", "no zip that can be read"),
        (b"emotion,pixels,Usage\n9,1 2,PublicTest\n", "fer2013.csv", "expected 2304"),
    ],
)
def test_bad_data_is_a_sentence(open_page: Open, data: bytes, name: str, sentence: str) -> None:
    page = asked(open_page, data, "reads", name=name)
    assert sentence in page.error[0].value.replace("\\", "")
    assert next(button for button in page.button if button.label == "Start evaluation").disabled


@usefixtures("at_once")
def test_the_prior_is_chosen_and_named(open_page: Open) -> None:
    shares = (0.02, 0.02, 0.02, 0.02, 0.02, 0.02, 0.88)
    publish_tiny("skewed", reads_levels=0.3, shares=shares, question="fer2013")
    page = asked(open_page, labelled_zip(list(range(7)), list(range(7))), "skewed")
    chooser(page, "Assume expressions are").set_value("balanced").run()
    finished(press(page, "Start evaluation"))
    assert "--prior balanced" in " ".join(newest().arguments)
    assert page.metric[0].value == "100.0%"
    assert escape_markdown("expressions are equally likely (balanced)") in words(page)
    page.multiselect[0].set_value(["skewed", "reads"]).run()
    assert chooser(page, "Assume expressions are").disabled, "reads knows the training's alone"
    assert "Both are evaluated" not in words(page), "it is the first one's own as well"
    publish_tiny("even", shares=shares, question="fer2013", default_prior="balanced")
    page.multiselect[0].set_value(["even", "reads"]).run()
    assert "reads does not know even's own assumption, equally likely (balanced)" in words(page)


@usefixtures("at_once")
def test_another_question_is_said_and_fer2013_named_only_where_it_is(open_page: Open) -> None:
    publish_tiny("crowds", reads_levels=3.0, question="crowd")
    page = finished(press(asked(open_page, labelled_zip([3], [3]), "crowds"), "Start evaluation"))
    warning = page.warning[0].value.replace("\\", "")
    assert "crowds was trained to predict something other than the labels of faces.zip" in warning
    assert "63%" not in warning and "63%" not in words(page)


@usefixtures("at_once")
def test_an_absent_split_and_absent_votes_are_sentences(open_page: Open) -> None:
    page = asked(open_page, labelled_zip([0, 1], [0, 1]), "reads")
    chooser(page, "Split").set_value("validation").run()
    finished(press(page, "Start evaluation"))
    assert "has no validation split; it has test" in page.error[0].value
    chooser(page, "Split").set_value("")
    chooser(page, "Ground truth").set_value("crowd").run()
    finished(press(page, "Start evaluation"))
    assert escape_markdown("has no FER+ votes") in page.error[0].value


@usefixtures("at_once")
def test_one_class_alone_has_figures_too(open_page: Open) -> None:
    page = asked(open_page, labelled_zip([3] * 4, [3, 3, 3, 4]), "reads")
    finished(press(page, "Start evaluation"))
    assert page.metric[0].value == "75.0%"
    for pane in ("Confusion", "Mistakes", "Results"):
        show(page, pane)


@usefixtures("at_once")
def test_a_model_that_answers_no_numbers_is_a_sentence(open_page: Open) -> None:
    publish_tiny("broken", broken=True)
    page = asked(open_page, labelled_zip([0], [0]), "broken")
    finished(press(page, "Start evaluation"))
    assert "seven finite probabilities" in page.error[0].value


@usefixtures("at_once")
def test_pictures_without_a_face_count_as_wrong_and_can_be_looked_up(open_page: Open) -> None:
    page = asked(open_page, labelled_zip([3, 3], [3, 3]), "reads")
    page.toggle[0].set_value(False).run()
    finished(press(page, "Start evaluation"))
    assert {one.label: one.value for one in page.metric}["Not found (counted as wrong)"] == "2"
    assert "already cropped faces" in page.warning[0].value
    show(page, "Confusion")
    assert "Not found: 2." in words(page)
    chooser(page, "True").set_value(EMOTIONS.index("happy"))
    chooser(page, "Predicted").set_value(7).run()
    assert page.subheader[0].value == "happy, predicted not found: 2"
    assert "no face found" in words(page)


@usefixtures("at_once")
def test_cropped_faces_that_were_searched_for_faces_are_evaluated_again_as_such(
    open_page: Open,
) -> None:
    page = asked(open_page, labelled_zip([3, 3], [3, 3]), "reads")
    page.toggle[0].set_value(False).run()
    finished(press(page, "Start evaluation"))
    assert page.metric[0].value == "0.0%"
    finished(press(page, "Evaluate as cropped faces"))
    assert "--whole-picture" in newest().arguments
    assert page.metric[0].value == "100.0%"
    assert not [one for one in page.warning if "cropped faces" in one.value]


def test_cancelling_and_removing(open_page: Open) -> None:
    page = open_page("evaluate")
    press(page, "Start evaluation")  # the built-in drawings, which take a few seconds
    one = newest()
    assert not one.task.is_done
    press(page, "Cancel")
    assert one.task.is_done
    page.run()
    assert "It was cancelled" in page.error[0].value
    folder = Path(one.task.child.folder.name)
    press(page, "Remove")
    assert not folder.exists() and not evaluations._evaluations


@usefixtures("at_once")
def test_copies_are_shown_with_where_else_they_stand(open_page: Open) -> None:
    there = zipfile.ZipFile(io.BytesIO(labelled_zip([3, 4], [3, 4], "train")))
    both = io.BytesIO(labelled_zip([3, 4, 5], [3, 4, 5]))
    with zipfile.ZipFile(both, "a") as archive:
        for name in there.namelist():
            archive.writestr(name, there.read(name))
    page = asked(open_page, both.getvalue(), "reads")
    assert "exact duplicates, which an evaluation keeps" in words(page)
    finished(press(page, "Start evaluation"))
    show(page, "Duplicates")
    assert {one.label: one.value for one in page.metric}["Also in the train split"] == "2"
    shown = words(page).replace("\\", "")
    assert "0.png (train, happy)" in shown and "1.png (train, sad)" in shown
    assert sum(one.label == "Why this answer?" for one in page.button) == 2


@usefixtures("at_once")
def test_the_report_shows_faces_only_when_asked(open_page: Open) -> None:
    page = evaluated(open_page, "reads")
    show(page, "Export")
    one = newest()
    without = evaluate_downloads._html(one.report(), None)
    with_faces = evaluate_downloads._html(one.report(), one.inputs(0))
    assert "<img " not in without.split("</head>")[1]
    assert with_faces.split("</head>")[1].count("<img ") >= 6
    switch(page, "Show faces in the HTML report").set_value(True).run()
    labels = [button.proto.label for button in page.get("download_button")]
    assert labels[-1] == "HTML report with faces"
    record = json.loads(evaluate_downloads._json(one.report()))
    assert record["models"]["reads"]["n"] == 36
    folder = one.task.child.folder.name
    assert folder in one.report().data["path"] and record["data"]["path"] == "faces.zip"
    assert not [text for text in (json.dumps(record), without, with_faces) if folder in text]
    assert "test/angry/" in without, "files of different classes have the same name"


def test_a_face_is_put_where_the_report_will_cut_it_out() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (48, 48, 1), dtype=np.uint8)
    picture = evaluate_downloads._in_box(pixels, [10, 20, 58, 68])
    assert (picture[20:68, 10:58] == pixels).all()


@usefixtures("at_once")
def test_a_reload_finds_it_again_and_a_stranger_does_not(open_page: Open) -> None:
    page = evaluated(open_page, "reads")
    key = page.query_params["evaluation"]
    stranger = open_page("evaluate")
    assert not stranger.metric
    stranger.query_params["evaluation"] = "guessed"
    assert not stranger.run().metric
    again = AppTest.from_file(str(navigation.ROOT / "pages" / "evaluate.py"), default_timeout=60)
    again.query_params["evaluation"] = key
    again.run()
    assert again.metric[0].label == "reads: accuracy"


@usefixtures("at_once")
def test_an_upload_goes_with_its_evaluation(open_page: Open, runs_folder: Path) -> None:
    page = evaluated(open_page, "reads")
    folder = Path(newest().task.child.folder.name)
    assert [one.name for one in folder.rglob("*.zip")] == ["faces.zip"]
    assert not (runs_folder / "uploads").exists()
    press(page, "Remove")
    assert not folder.exists()


@usefixtures("at_once")
def test_answers_stay_where_the_model_was_deleted_since(open_page: Open, tiny_models: Path) -> None:
    page = evaluated(open_page, "reads")
    (tiny_models / "reads" / "card.json").unlink()
    assert "angry" in show(page, "Mistakes")
    press(page, "Why this answer?")
    assert any("unknown model" in one.value for one in page.error)


@usefixtures("at_once")
def test_robustness_of_a_sample(open_page: Open) -> None:
    page = evaluated(open_page, "reads")
    show(page, "Robustness")
    press(page, "Measure robustness")
    task = newest().robustness
    assert task is not None
    task.child.process.wait(240)
    page.run()
    assert not page.exception
    assert "Accuracy on the clean faces, 36 faces: reads 83.3%" in words(page)
    assert len(page.get("plotly_chart")) == 10
    assert np.isin(page.dataframe[-1].value.columns, ["corruption", "severity 5", "reads"]).all()


def test_an_evaluation_that_is_gone_is_said_to_be(open_page: Open) -> None:
    page = open_page("evaluate")
    assert not page.warning
    page.query_params["evaluation"] = "a-key-of-yesterday"
    page.run()
    assert not page.exception
    assert "The evaluation of this address is gone" in page.warning[0].value
