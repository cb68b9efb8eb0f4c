"""Model folders: published whole or not at all, checked when opened, activated and undone."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from fer import registry
from fer.errors import BadModel, UnknownModel
from fer.model_card import InputSpec
from tests.helpers import make_card, publish_tiny


def test_what_is_published_can_be_listed_and_loaded(tiny_models: Path) -> None:
    assert registry.names() == ["other", "tiny"]
    model = registry.load("other")
    assert model.card.uncertain_below == 0.99
    answer = model.probabilities(np.zeros((3, 48, 48, 1), np.uint8))
    assert np.allclose(answer, 1 / 7)
    assert registry.load("other") is model


def test_any_number_of_faces_is_answered(tiny_models: Path) -> None:
    model = registry.load("tiny")
    for n in (0, 1, registry.BATCH, registry.BATCH + 1):
        assert model.probabilities(np.zeros((n, 48, 48, 1), np.uint8)).shape == (n, 7)


def test_a_card_survives_its_file(tiny_models: Path) -> None:
    spec = InputSpec(64, 64, 3, 0.2, False, "threshold:90")
    card = publish_tiny("odd", spec=spec, temperature=1.7)
    assert registry.card_dict(registry.card("odd")) == registry.card_dict(card)


def test_the_temperature_of_the_card_is_applied(tiny_models: Path) -> None:
    publish_tiny("hot", temperature=4.0)
    white = np.full((1, 48, 48, 1), 255, np.uint8)
    sharp, flat = (
        registry.load("tiny").probabilities(white),
        registry.load("hot").probabilities(white),
    )
    powers = sharp ** (1 / 4)
    assert np.allclose(flat, powers / powers.sum(), atol=1e-5)


def test_publishing_never_overwrites(tiny_models: Path) -> None:
    before = (tiny_models / "tiny" / "card.json").read_bytes()
    with pytest.raises(BadModel, match="already"):
        publish_tiny("tiny")
    assert (tiny_models / "tiny" / "card.json").read_bytes() == before


def test_where_a_name_is_taken_the_next_free_one_is_published(tiny_models: Path) -> None:
    engine = {"model.onnx": tiny_models / "tiny" / "model.onnx"}
    names = [registry.publish_beside(make_card("tiny"), engine).name for _ in range(2)]
    assert names == ["tiny-2", "tiny-3"]
    assert registry.card("tiny-3").name == "tiny-3"
    longest = "x" * registry.MAX_NAME
    registry.publish(make_card(longest), engine)
    assert registry.publish_beside(make_card(longest), engine).name == longest[:-2] + "-2"


def test_of_two_that_publish_at_once_one_gets_the_name(
    tiny_models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = {"model.onnx": tiny_models / "tiny" / "model.onnx"}
    hashed = registry.file_hash

    def meanwhile(path: Path) -> str:
        monkeypatch.setattr(registry, "file_hash", hashed)
        registry.publish(make_card("wanted", temperature=2.0), engine)
        return hashed(path)

    monkeypatch.setattr(registry, "file_hash", meanwhile)
    assert registry.publish_beside(make_card("wanted"), engine).name == "wanted-2"
    assert registry.card("wanted").temperature == 2.0
    assert not list(tiny_models.glob(".wanted*"))


def test_a_failed_publication_leaves_nothing(models_folder: Path) -> None:
    with pytest.raises(BadModel, match="could not be published"):
        registry.publish(make_card("half"), {"model.onnx": Path("missing.onnx")})
    assert list(models_folder.iterdir()) == []


@pytest.mark.parametrize("name", ["", "Big", "../evil", "a/b", "a b", "-a", "x" * 65, "a\n"])
def test_names_that_are_no_names_are_refused(models_folder: Path, name: str) -> None:
    with pytest.raises(BadModel):
        registry.check_name(name)
    with pytest.raises(UnknownModel):
        registry.load(name)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("My faces!", "my-faces"),
        ("  Grün_2 ", "grun_2"),
        ("a" * 80, "a" * 64),
        ("  ", ""),
        ("-x-", "x"),
    ],
)
def test_a_name_as_people_write_it_becomes_one(text: str, name: str) -> None:
    assert registry.name_from(text) == name


def test_a_wrong_name_comes_with_one_that_is_possible() -> None:
    with pytest.raises(BadModel, match="such as my-faces"):
        registry.check_name("My faces!")
    with pytest.raises(BadModel, match="'笑' cannot name a model"):
        registry.name_from("笑")


def test_activation_is_followed_and_undone(tiny_models: Path) -> None:
    assert registry.active() == "tiny"
    assert registry.previous() is None
    registry.activate("other")
    assert registry.active() == "other"
    assert registry.load().card.name == "other"
    record = json.loads((tiny_models / "active.json").read_text())
    assert record == {"active": "other", "previous": "tiny"}
    assert registry.go_back() == "tiny"
    assert registry.active() == "tiny"


def test_without_an_activation_there_is_no_way_back(tiny_models: Path) -> None:
    with pytest.raises(BadModel, match="go back"):
        registry.go_back()


@pytest.mark.parametrize("text", ["", "{", "[]", '"x"', '{"active": "gone"}', '{"active": 3}'])
def test_a_broken_activation_means_the_default(tiny_models: Path, text: str) -> None:
    (tiny_models / "active.json").write_text(text)
    assert registry.active() == "tiny"


def test_a_folder_that_cannot_be_written_is_a_sentence(
    tiny_models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", full)
    with pytest.raises(BadModel, match="cannot be written: No space left"):
        registry.activate("other")
    assert registry.active() == "tiny"
    assert not list(tiny_models.glob(".active*"))


@pytest.mark.parametrize("row", [[0, 0, 0, 0, 0, 0, 5], [1.2, -0.2, 0, 0, 0, 0, 0], [np.nan] * 7])
def test_answers_that_are_no_probabilities_are_refused(row: list[float]) -> None:
    class Session:
        def get_outputs(self) -> list[SimpleNamespace]:
            return [SimpleNamespace(name="probabilities")]

        def get_inputs(self) -> list[SimpleNamespace]:
            return [SimpleNamespace(name="pixels")]

        def run(self, names: list[str], given: dict[str, np.ndarray], _: Any) -> list[np.ndarray]:
            return [np.array([row], np.float32)]

    model = registry.Model(make_card(), Session(), make_card().prior())
    with pytest.raises(BadModel, match="does not return seven finite probabilities"):
        model.probabilities(np.zeros((1, 48, 48, 1), np.uint8))


def test_a_broken_model_cannot_be_activated(tiny_models: Path) -> None:
    (tiny_models / "other" / "model.onnx").write_bytes(b"no network")
    with pytest.raises(BadModel, match="not the file"):
        registry.activate("other")
    assert registry.active() == "tiny"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"labels": ["sad"]}, "labels"),
        ({"temperature": 0}, "temperature"),
        ({"input": {"height": 2}}, "input"),
        ({"files": {}}, "not the file"),
        ({"files": {"model.onnx": 5}}, "files"),
        ({"input": {"channels": True}}, "channels"),
        ({"input": {"channels": 1.0}}, "channels"),
        ({"input": {"align": "yes"}}, "align"),
        ({"input": {"margin": True}}, "margin"),
        ({"input": {"height": 10**18}}, "side"),
        ({"parameters": True}, "parameters"),
        ({"multiply_adds": 10**18}, "multiply_adds"),
        ({"temperature": "1"}, "temperature"),
        ({"uncertain_below": True}, "uncertain_below"),
        ({"network": "\ud800"}, "surrogate"),
        ({"settings": {"a": [[]] * 2 + [10**400]}}, "integer"),
        ({"input": InputSpec(width=64).as_dict()}, "another input"),
    ],
)
def test_a_card_that_lies_is_a_sentence(
    tiny_models: Path, change: dict[str, object], words: str
) -> None:
    path = tiny_models / "other" / "card.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    with pytest.raises(BadModel, match=words):
        registry.load("other")


@pytest.mark.parametrize("name", ["card.json", "active.json"])
def test_deeply_nested_json_takes_nothing_down(tiny_models: Path, name: str) -> None:
    folder = tiny_models / "other" if name == "card.json" else tiny_models
    (folder / name).write_text('{"active": ' + "[" * 100_000 + "]" * 100_000 + "}")
    assert registry.active() == "tiny"
    if name == "card.json":
        with pytest.raises(BadModel, match="nested too deeply"):
            registry.card("other")


def test_nothing_is_activated_by_an_empty_name(tiny_models: Path) -> None:
    with pytest.raises(UnknownModel, match="unknown model ''"):
        registry.activate("")
    assert not (tiny_models / "active.json").exists()


def age(path: Path) -> None:
    """Makes a file or folder look as if nobody had touched it for two hours."""
    before = time.time() - 7200
    os.utime(path, (before, before), follow_symlinks=False)


def test_what_killed_processes_left_is_removed(tiny_models: Path) -> None:
    names = (".making-0123abcd", ".tiny.0123abcd", ".deleted-0123abcd", ".active.json.0123abcd")
    for name in names:
        (tiny_models / name).mkdir()
        (tiny_models / name / "model.onnx").write_bytes(b"half")
        age(tiny_models / name)
    (tiny_models / ".making-76543210").mkdir()  # somebody is at it
    (tiny_models / ".gitkeep").touch()
    age(tiny_models / ".gitkeep")
    publish_tiny("new")
    hidden = {path.name for path in tiny_models.glob(".*")}
    assert hidden == {".gitkeep", ".making-76543210"}


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no locks of folders")
def test_a_clock_that_is_set_forward_removes_nothing_that_is_being_made(
    tiny_models: Path,
) -> None:
    with registry.workshop() as making:
        (making / "model.onnx").write_bytes(b"half")
        age(making)
        publish_tiny("meanwhile")
        assert (making / "model.onnx").exists()
    assert not making.exists()


def test_a_model_that_is_a_link_is_left_alone(tiny_models: Path, tmp_path: Path) -> None:
    (tiny_models / "other").rename(tmp_path / "elsewhere")
    (tiny_models / "other").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(BadModel, match="is a link"):
        registry.delete("other")
    assert registry.load("other").card.name == "other"
    assert not list(tiny_models.glob(".deleted-*"))


def test_the_folders_of_the_server_are_not_told(
    tiny_models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(BadModel, match="No such file") as raised:
        registry.publish(make_card("half"), {"model.onnx": Path("/there/is/no/such.onnx")})
    assert "/" not in str(raised.value)


def test_a_missing_engine_is_a_sentence(tiny_models: Path) -> None:
    (tiny_models / "other" / "model.onnx").unlink()
    with pytest.raises(BadModel, match=r"model\.onnx"):
        registry.load("other")


@pytest.mark.parametrize("name", ["metrics", "parameters", "created", "files", "data"])
def test_a_card_with_a_hole_is_a_sentence(tiny_models: Path, name: str) -> None:
    path = tiny_models / "other" / "card.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), name: None}))
    with pytest.raises(BadModel, match=name):
        registry.card("other")


def test_a_model_goes_by_its_folders_name(tiny_models: Path) -> None:
    (tiny_models / "other").rename(tiny_models / "renamed")
    assert registry.load("renamed").card.name == "renamed"


def test_without_models_the_folder_is_named(models_folder: Path) -> None:
    with pytest.raises(UnknownModel, match=str(models_folder)):
        registry.load("any")


def test_a_model_deleted_between_listing_and_opening_is_a_sentence(
    tiny_models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = registry.path_of

    def deleted_meanwhile(name: str) -> Path:
        path = real(name)
        for file in path.iterdir():
            file.unlink()
        return path

    for ask in (registry.load, registry.card):
        publish_tiny("fleeting")
        with monkeypatch.context() as patch:
            patch.setattr(registry, "path_of", deleted_meanwhile)
            with pytest.raises(UnknownModel, match="'fleeting'"):
                ask("fleeting")
        (tiny_models / "fleeting").rmdir()
    publish_tiny("fleeting")
    (tiny_models / "fleeting" / "model.onnx").unlink()
    assert registry.engine_bytes("fleeting") == 0


@pytest.mark.parametrize("name", registry.SHIPPED)
def test_every_shipped_model_has_its_network(name: str) -> None:
    """`crowd-small` does not repeat the network of `crowd`."""
    assert registry.keras_file(name).is_file()
