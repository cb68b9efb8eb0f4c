"""The upload of a model that was trained elsewhere: checked, handed to a command, deleted."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.models import import_model
from fer.emotions import EMOTIONS
from tests.pages.conftest import Open, open_page
from tests.pages.test_photos import press, words

__all__ = ["open_page"]


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The commands of imports, which end as `outcome` says."""
    ran: list[list[str]] = []

    def run(key: str, arguments: list[str], message: str) -> SimpleNamespace | None:
        if not ran or ran[-1] != arguments:
            ran.append(arguments)
            assert Path(arguments[-1]).read_bytes() == b"a network"
        made = {"name": "net", "difference": 1e-8, "findings": ["Keras: takes 64×64 pixels."]}
        failure = "it has 8 classes." if "--name" in arguments else None
        return SimpleNamespace(failure=failure, output=json.dumps(made))

    monkeypatch.setattr("dashboard.server.child_commands.run", run)
    return ran


def uploaded(page: AppTest) -> AppTest:
    page.file_uploader[0].set_value([("../My Net.hdf5", b"a network", "")]).run()
    assert not page.exception
    return page


def text_field(page: AppTest, label: str):
    return next(field for field in page.text_input if field.label == label)


def test_an_upload_is_handed_to_a_command_and_deleted(
    open_page: Open, commands: list[list[str]]
) -> None:
    page = uploaded(open_page("models"))
    scale = next(box for box in page.selectbox if box.label.startswith("Pixel scaling"))
    scale.set_value("-1..1").run()
    press(page, "Import")
    (arguments,) = commands
    labels = ",".join(EMOTIONS)
    assert arguments[:-1] == ["import", "--json", "--labels", labels, "--scale=-1..1", "--"]
    file = Path(arguments[-1])
    assert file.name == "My_Net.hdf5" and not file.exists()
    assert "Published as **net**" in page.success[-1].value
    assert "takes 64×64 pixels" in page.success[-1].value


def test_what_is_wrong_is_said(open_page: Open, commands: list[list[str]]) -> None:
    page = uploaded(open_page("models"))
    text_field(page, "Name").set_value("Tiny").run()
    assert "there is a model" in page.error[-1].value
    text_field(page, "Classes, in the order of its outputs").set_value("angry,hungry").run()
    assert "is unknown" in page.error[-1].value
    assert not commands
    text_field(page, "Classes, in the order of its outputs").set_value("angry,happy").run()
    text_field(page, "Name").set_value("My net").run()
    press(page, "Import as my-net")
    assert "it has 8 classes" in page.error[-1].value
    assert not Path(commands[0][-1]).exists()


def test_nothing_is_imported_where_training_is_off(
    open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FER_TRAINING", "off")
    page = open_page("models")
    assert not page.file_uploader and "Import a model" not in words(page)
    assert import_model._KEY not in page.session_state
