"""Teaching on its page: before and after, its turn, stop, and what stays of it."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dashboard import navigation
from dashboard.personal import model as personal
from dashboard.server import memory, workspaces
from dashboard.server.children import running
from dashboard.teach.session import TEACH, TeachSession
from fer.errors import BadModel
from fer.teaching.captures import Captures
from fer.teaching.comparison import UNKNOWN
from tests.fer.teaching.conftest import two_emotions
from tests.helpers import within_seconds
from tests.pages.conftest import Open
from tests.pages.test_photos import press, words

SLEEP = "import time; time.sleep(300)"


@pytest.fixture(scope="module")
def captures() -> Captures:
    return two_emotions(3, faces=4)


@pytest.fixture
def asleep(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Commands do nothing until they are ended."""
    (tmp_path / "modules").mkdir()
    (tmp_path / "modules" / "stand_in.py").write_text(SLEEP)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "modules"))
    monkeypatch.setattr(running, "MODULE", "stand_in")
    yield
    for child in list(running._running):
        child.end()


def opened() -> AppTest:
    """The page with the shipped models."""
    page = AppTest.from_file(str(navigation.ROOT / "pages" / "teach.py"), default_timeout=120)
    page.run()
    assert not page.exception
    return page


def session(page: AppTest) -> TeachSession:
    found: TeachSession = page.session_state["_teach_session"]
    return found


def ready(page: AppTest, captures: Captures) -> AppTest:
    """The step Teach with these captures."""
    session(page).is_allowed, session(page).step = True, TEACH
    session(page).captures = captures
    page.run()
    assert not page.exception
    return page


def types(page: AppTest) -> dict[str, str]:
    return {button.label: button.proto.type for button in page.button}


def folders() -> list[Path]:
    return sorted(workspaces.folder().glob("*"))


def test_before_and_after_on_held_back_takes_and_the_model_is_used_once_its_owner_says_so(
    at_once: None, captures: Captures
) -> None:
    page = press(ready(opened(), captures), "Teach")
    taught, own = session(page).taught, session(page).own
    assert taught is not None and own is not None
    found = taught.comparison
    assert found.before is not None and found.after is not None
    assert {metric.label: metric.value for metric in page.metric} == {
        "Before: the default model": f"{found.before.accuracy:.1%}",
        "After: your model": f"{found.after.accuracy:.1%}",
    }
    assert len(page.get("plotly_chart")) == 2
    assert len(page.get("image")) == len(found.changed) > 0
    assert types(page)["Use my model"] == ("primary" if found.is_better else "secondary")
    assert own.model.card.taught == ("happy", "sad") and folders() == []
    assert not session(page).is_used and "_personal_model" not in page.session_state
    press(page, "Use my model")
    assert page.session_state[personal.choice_key("live")] == personal.NAME
    press(page, "Go back to crowd")
    assert page.session_state[personal.choice_key("live")] == "crowd"
    deleted = captures.faces[found.changed[0].index].take
    session(page).change(captures.without_take(deleted))
    page.run()
    left = [i for i in taught.faces if captures.faces[i].take != deleted]
    assert len(page.get("image")) == len(left) < len(found.changed)


def test_with_one_take_it_says_how_many_are_missing_and_no_number(at_once: None) -> None:
    page = press(ready(opened(), two_emotions(1, faces=5)), "Teach")
    taught = session(page).taught
    assert taught is not None and taught.comparison.verdict == UNKNOWN
    assert "1 of happy, 1 of sad" in words(page)
    assert not page.metric and not page.get("plotly_chart")
    assert (
        types(page)["Use my model"] == "secondary" and types(page)["Show more takes"] == "primary"
    )


def test_too_little_cannot_be_taught(open_page: Open) -> None:
    page = ready(open_page("teach"), two_emotions(1, faces=3))
    assert next(button for button in page.button if button.label == "Teach").disabled
    assert "needs at least 5 faces" in words(page)
    ready(page, Captures())
    assert "at least two emotions" in words(page)


def test_what_fails_is_a_sentence(open_page: Open, at_once: None, captures: Captures) -> None:
    """The model "tiny" has nothing that could be taught."""
    page = press(ready(open_page("teach"), captures), "Teach")
    assert "tiny" in page.error[0].value and session(page).lesson is None
    assert folders() == []


def test_a_model_that_cannot_be_opened_is_a_sentence_and_teaching_goes_on(
    at_once: None, captures: Captures, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise BadModel("the engine is broken.")

    monkeypatch.setattr(personal, "opened", broken)
    page = press(ready(opened(), captures), "Teach")
    assert "the engine is broken" in page.error[0].value
    assert session(page).lesson is None and folders() == []
    assert not next(button for button in page.button if button.label == "Teach").disabled


def test_the_faces_lie_in_a_private_folder_until_stop(
    open_page: Open, asleep: None, captures: Captures
) -> None:
    page = press(ready(open_page("teach"), captures), "Teach")
    (folder,) = folders()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "captures.zip").stat().st_mode) == 0o600
    press(page, "Stop")
    assert folders() == [] and session(page).lesson is None
    press(page, "Teach")
    assert len(folders()) == 1
    press(page, "Delete everything")
    assert folders() == [] and session(page).captures.faces == ()


def test_a_second_visitor_waits_visibly_for_the_first(
    open_page: Open, asleep: None, captures: Captures
) -> None:
    first = press(ready(open_page("teach"), captures), "Teach")
    second = press(ready(open_page("teach"), captures), "Teach")
    assert "Teaching …" in words(first) and "Waiting" not in words(first)
    assert "Waiting for other commands" in words(second)
    press(first, "Stop")
    second.run()
    assert "Waiting" not in words(second)


def test_the_faces_go_with_a_session_that_ends_while_it_is_taught(
    open_page: Open, asleep: None, captures: Captures
) -> None:
    page = press(ready(open_page("teach"), captures), "Teach")
    assert len(folders()) == 1
    del page
    memory.collect_and_freeze()
    within_seconds(60, lambda: folders() == [])
