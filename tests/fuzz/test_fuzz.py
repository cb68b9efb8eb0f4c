"""The beginning of `make fuzz`, and what it found."""

from __future__ import annotations

from pathlib import Path

import pytest

from fer.errors import BadRun, FerError
from fer.runs import store
from tests.fuzz import cases, runner


@pytest.mark.slow
def test_the_first_cases_of_each_kind_are_read_or_refused() -> None:
    result = runner.run((kind, number) for kind in cases.KINDS for number in range(30))
    assert result.cases == 150 and not result.findings


def test_a_case_is_the_same_every_time_and_no_other(tmp_path: Path) -> None:
    def content(number: int) -> tuple[str, bytes]:
        path = cases.write("zip", number, tmp_path)
        return path.name, path.read_bytes()

    assert content(3) == content(3)
    assert len({content(number) for number in range(20)}) > 15


def failing(error: Exception) -> cases.Kind:
    def read(path: Path) -> None:
        raise error

    return cases.Kind(lambda: (("x", b"sound"),), lambda data, others, chance: data, read)


@pytest.mark.parametrize(
    ("error", "is_finding"),
    [(FerError("x is no picture."), False), (FerError("a\nb"), True), (ValueError("x"), True)],
)
def test_only_sentences_are_no_findings(
    error: Exception, is_finding: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(cases.KINDS, "failing", failing(error))
    if is_finding:
        with pytest.raises((AssertionError, ValueError)):
            cases.read("failing", tmp_path)
    else:
        assert cases.read("failing", tmp_path) == "x is no picture."


def test_a_sentence_with_a_folder_of_the_server_is_a_finding(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(cases.KINDS, "telling", failing(FerError(f"{tmp_path}/x is no picture.")))
    with pytest.raises(AssertionError, match="it tells a folder"):
        cases.read("telling", tmp_path / "x")


def test_settings_that_are_gone_tell_no_folder_of_the_server(tmp_path: Path) -> None:
    """As the fuzzer found it."""
    with pytest.raises(BadRun, match="settings of the run one cannot be read: No such") as error:
        store.Run(tmp_path / "one").settings  # noqa: B018 - it reads the file
    assert str(tmp_path) not in str(error.value)


@pytest.mark.parametrize(
    ("answer", "wrong"),
    [
        ({"error": "", "seconds": 0.1, "peak": 200.0}, ""),
        ({"error": "", "seconds": 5.5, "peak": 200.0}, "it took 5.5 s"),
        ({"error": "", "seconds": 0.1, "peak": 9000.0}, "it took 9000 MB"),
        ({"error": "Traceback …", "is_over": True}, "Traceback …"),
    ],
)
def test_time_and_memory_are_findings_too(answer: dict[str, object], wrong: str) -> None:
    assert runner.wrong(answer) == wrong
