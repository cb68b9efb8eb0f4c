"""JSON files that others wrote: whatever is in them, a value or a `ValueError` comes of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from fer.storage import files

DEEP = "[" * 100_000 + "]" * 100_000
HOSTILE = {
    "deep": '{"a": ' + DEEP + "}",
    "rather deep": '{"a": ' + "[" * 500 + "]" * 500 + "}",
    "huge integer": '{"a": ' + "9" * 400 + "}",
    "half a surrogate": '{"a": "\\ud800"}',
    "half a surrogate as a key": '{"\\udfff": 1}',
    "no UTF-8": b'{"a": "\xff"}',
    "nothing": "",
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_json_is_a_value_error(kind: str, tmp_path: Path) -> None:
    data = HOSTILE[kind]
    data = data.encode() if isinstance(data, str) else data
    (tmp_path / "x.json").write_bytes(data)
    with pytest.raises(ValueError, match=r"JSON|decode|Expecting"):
        files.json_object(tmp_path / "x.json")
    assert files.json_rows(b'{"a": 1}\n' + data + b"\n")[0] == [{"a": 1}]


def test_a_file_of_any_size_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MOST_JSON_BYTES", 10)
    (tmp_path / "x.json").write_text('{"a": "long text"}')
    with pytest.raises(ValueError, match="larger than"):
        files.json_object(tmp_path / "x.json")


def test_ordinary_json_is_read_as_it_is() -> None:
    text = '{"n": -9223372036854775807, "x": [1.5, null, true], "s": "\\ud83d\\ude00 ü"}'
    assert files.parse_json(text) == {"n": 1 - 2**63, "x": [1.5, None, True], "s": "😀 ü"}
