"""An upload is looked at before anything is started: shown, asked about, and deleted again."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.testing.v1 import AppTest

from fer.emotions import EMOTIONS
from fer.runs import launcher, store
from fer.runs.settings import TrainSettings
from fer.runs.status import RunStatus
from tests.fer.data import odd_data_sets as odd
from tests.helpers import labelled_zip
from tests.pages.conftest import Open, looked_at
from tests.pages.test_photos import press, words

pytestmark = pytest.mark.usefixtures("at_once")
CHOOSERS = {"train": "Training data", "evaluate": "Evaluation data"}


def zip_of_classes(*names: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in names:
            for number in range(4):
                archive.writestr(f"faces/{name}/{number}.png", odd.encoded())
        archive.writestr("faces/notes.txt", "x")
    return buffer.getvalue()


def uploaded(open_page: Open, stem: str, data: bytes, name: str = "my faces.zip") -> AppTest:
    page = open_page(stem)
    assert next(item for item in page.selectbox if item.label == CHOOSERS[stem]).value == "drawn"
    press(page, "Upload")
    page.file_uploader[0].set_value((name, data, "application/zip")).run()
    return looked_at(page)


def is_start_disabled(page: AppTest) -> bool:
    return bool(
        next(button for button in page.button if button.label.startswith("Start ")).disabled
    )


@pytest.mark.parametrize("stem", ["train", "evaluate"])
def test_what_is_in_an_upload_is_shown_and_nothing_is_stored(
    open_page: Open, stem: str, runs_folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    page = uploaded(open_page, stem, zip_of_classes(*EMOTIONS, "contempt"))
    counts = page.dataframe[0].value
    assert (
        int(counts[["train", "validation", "test"] if stem == "train" else ["all"]].sum().sum())
        == 28
    )
    shown = words(page).replace("\\", "")
    assert "contempt 4" in shown and ".txt 1" in shown
    assert "Target: the labels of my_faces.zip" in shown
    assert ("no splits of its own" in shown) == (stem == "train")
    assert not is_start_disabled(page)
    assert list(tmp_path.rglob("my_faces.zip")) == []
    assert not (runs_folder / "uploads").exists() and store.listing() == []


def test_an_upload_of_test_faces_alone_is_not_trained_on(open_page: Open) -> None:
    page = uploaded(open_page, "train", labelled_zip([3, 4], [3, 4]))
    assert "nothing to train on" in page.error[0].value and is_start_disabled(page)


@pytest.mark.parametrize("stem", ["train", "evaluate"])
def test_an_upload_that_cannot_be_used_is_not_started(open_page: Open, stem: str) -> None:
    page = uploaded(open_page, stem, zip_of_classes("happy_sad", "neutral"))
    assert "happy" in page.error[0].value and is_start_disabled(page)
    page = uploaded(open_page, stem, b"no zip at all")
    assert "no zip that can be read" in page.error[0].value and is_start_disabled(page)
    assert not any("faces and counts" in one.label for one in page.expander)


def test_numbers_are_asked_about_and_what_is_said_goes_with_the_run(
    open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[TrainSettings] = []

    def start(settings: TrainSettings) -> store.Run:
        started.append(settings)
        return store.create(settings)

    monkeypatch.setattr(launcher, "start", start)
    page = uploaded(open_page, "train", zip_of_classes(*map(str, range(1, 8))))
    assert "RAF" in page.error[0].value and is_start_disabled(page)
    classes = ",".join(f"{n}={emotion}" for n, emotion in enumerate(odd.RAF_ORDER, 1))
    field = next(item for item in page.text_input if item.label == "What the class names mean")
    field.set_value(classes).run()
    looked_at(page)
    assert not page.error and not is_start_disabled(page)
    next(button for button in page.button if button.label.startswith("Start ")).click().run()
    assert not page.exception
    assert started[0].classes == classes and started[0].labels is None


def test_one_emotion_is_enough_to_evaluate_and_not_to_train(open_page: Open) -> None:
    data = labelled_zip([3, 3], [3, 4])
    assert not is_start_disabled(uploaded(open_page, "evaluate", data))
    page = uploaded(open_page, "train", data)
    assert "one emotion only" in page.error[0].value and is_start_disabled(page)


def inspections(page: AppTest) -> list[Path]:
    """The folders of what has looked at uploads, contact sheets included."""
    return [
        Path(request.folder.name)
        for key, request in page.session_state["_children"].items()
        if key.startswith("inspect") and not key.startswith("inspect drawn None  ")
    ]


@pytest.fixture
def freed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The ids of the uploads that the server let go of."""
    ids: list[str] = []

    def remove_file(manager: object, session_id: str, file_id: str) -> None:
        ids.append(file_id)

    monkeypatch.setattr(MemoryUploadedFileManager, "remove_file", remove_file)
    return ids


@pytest.mark.parametrize("stem", ["train", "evaluate"])
def test_an_upload_that_cannot_be_used_is_let_go_of_at_once(
    open_page: Open, stem: str, freed: list[str]
) -> None:
    page = uploaded(open_page, stem, b"no zip at all")
    assert len(freed) == 1 and inspections(page) == []
    assert "my faces.zip" in page.error[0].value.replace("\\", "")
    assert page.file_uploader[0].value is None
    page.run()
    assert "no zip that can be read" in page.error[0].value, "until there is another one"
    good = labelled_zip([3, 4], [3, 4], "train")
    page.file_uploader[0].set_value(("good.zip", good, "")).run()
    assert not page.error and len(freed) == 1


def test_a_contact_sheet_goes_with_its_upload(open_page: Open) -> None:
    page = uploaded(open_page, "evaluate", labelled_zip([3, 4], [3, 4]))
    (sheet,) = inspections(page)
    assert (sheet / "sheet.png").is_file()
    page.file_uploader[0].set_value(("other.zip", labelled_zip([1], [1]), "")).run()
    assert not sheet.exists()
    looked_at(page)
    (sheet,) = inspections(page)
    page.selectbox(key="evaluate-faces-1").set_value("drawn").run()
    assert not sheet.exists() and inspections(page) == []


def test_a_contact_sheet_goes_with_its_stored_upload(
    open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    def start(settings: TrainSettings) -> store.Run:
        run = store.create(settings)
        run.write_status(RunStatus(state="stopped"))
        return run

    monkeypatch.setattr(launcher, "start", start)
    page = uploaded(open_page, "train", labelled_zip([3, 4], [3, 4], "train"))
    next(button for button in page.button if button.label.startswith("Start ")).click().run()
    page.session_state["train-data"] = True  # the expander with the faces
    sheets = inspections(looked_at(page))
    assert len(sheets) == 1 and (sheets[0] / "sheet.png").is_file()
    next(one for one in page.button if str(one.key).startswith("delete-")).click().run()
    assert not page.exception and not sheets[0].exists()


def test_who_will_see_the_name_of_a_file_is_said_before_it_is_started(open_page: Open) -> None:
    page = uploaded(open_page, "train", labelled_zip([3, 4], [3, 4], "train"))
    assert "Its file name is shown to everybody who opens this page" in words(page)
    page = uploaded(open_page, "evaluate", labelled_zip([3, 4], [3, 4]))
    assert "file name is shown" not in words(page)
