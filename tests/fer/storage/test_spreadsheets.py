"""Exported tables hold no formula, and our own readers see the names as they were."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from fer import cli, images, registry
from fer.data import loading
from fer.emotions import EMOTIONS
from fer.evaluation import report
from fer.evaluation.reports import records
from fer.storage import spreadsheets
from tests.helpers import cut_face

FORMULAS = ("=cmd|calc!A1.png", "+1+1.png", "@SUM(1).png", "-2+3.png", "'=1.png", "＝1.png")
STARTS = tuple("=+-@\t\r\n＝＋－＠")


def read(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text)))


@pytest.mark.parametrize("start", STARTS)
def test_a_text_that_begins_like_a_formula_is_marked_as_text(start: str) -> None:
    assert spreadsheets.safe_cell(f"{start}1+1") == f"'{start}1+1"


@given(st.text("'=+-@\t\r\n ax1", max_size=5))
def test_every_text_comes_back_and_none_is_a_formula(text: str) -> None:
    cell = spreadsheets.safe_cell(text)
    assert isinstance(cell, str) and not cell.startswith(STARTS)
    assert spreadsheets.text_of(cell) == text


def test_numbers_stay_numbers() -> None:
    assert spreadsheets.csv_text(["x"], [[-1.5], [None], ["a"]]) == 'x\n-1.5\n""\na\n'


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for index, name in enumerate(FORMULAS):
        face = cut_face()
        face[0, index] = 0  # no two alike
        (folder / name).write_bytes(images.encode_png(face))
    return folder


def test_analyze_writes_no_formula(
    tiny_models: Path,
    pictures: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(pictures)
    options = ["--whole-picture", "--csv", "-"]
    named = [name for name in FORMULAS if not name.startswith("-")]
    assert cli.main(["analyze", *named, *options]) == 0
    rows = read(capsys.readouterr().out)[1:]
    assert [spreadsheets.text_of(row[0]) for row in rows] == named
    assert all(row[0].startswith("'") for row in rows)


def test_an_evaluation_reads_such_a_list_and_writes_no_formula(
    tiny_models: Path, pictures: Path
) -> None:
    lines = [[name, EMOTIONS[index]] for index, name in enumerate(FORMULAS)]
    (pictures / "labels.csv").write_text(spreadsheets.csv_text(["file", "label"], lines), "utf-8")
    data = loading.load(str(pictures))
    models = [registry.load("tiny")]
    evaluated = report.evaluate(models, data, "labels.csv", "train", whole_picture=True)
    sources = [row[0] for row in read(records.csv_text(evaluated))[1:]]
    assert sorted(map(spreadsheets.text_of, sources)) == sorted(FORMULAS)
    assert all(source.startswith("'") for source in sources)
