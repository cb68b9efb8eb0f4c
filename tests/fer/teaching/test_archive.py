"""Captures as a zip: there and back, and sentences for what is broken or from elsewhere."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from fer import images
from fer.emotions import EMOTIONS
from fer.errors import BadCaptures
from fer.teaching import archive
from fer.teaching.captures import Captures

SECONDS = st.floats(0, 100).map(lambda value: round(value, 3))
FACES = st.lists(st.tuples(st.integers(16, 60), SECONDS, st.integers(0, 2**32 - 1)), max_size=4)
TAKES = st.lists(st.tuples(st.sampled_from(EMOTIONS), SECONDS, FACES), max_size=5)


def face(side: int = 48, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (side, side, 3), np.uint8)


def captures() -> Captures:
    return (
        Captures()
        .with_take("happy", 2.5, [(face(seed=seed), seed / 4) for seed in range(3)])
        .with_take("sad", 1.0, [(face(seed=9), 0.0)])
    )


def rezipped(change: dict[str, bytes | None]) -> bytes:
    """An export with files replaced, or left out where None."""
    files = {}
    with zipfile.ZipFile(io.BytesIO(archive.to_zip(captures()))) as given_zip:
        files = {name: given_zip.read(name) for name in given_zip.namelist()}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as new:
        for name, data in {**files, **change}.items():
            if data is not None:
                new.writestr(name, data)
    return buffer.getvalue()


def index(**change: object) -> bytes:
    with zipfile.ZipFile(io.BytesIO(archive.to_zip(captures()))) as given_zip:
        record = json.loads(given_zip.read(archive.INDEX))
    return json.dumps({**record, **change}).encode()


@settings(max_examples=20, deadline=None)
@given(TAKES, st.randoms())
def test_captures_come_back_as_they_went(takes: list, random: object) -> None:
    before = Captures()
    for emotion, seconds, faces in takes:
        crops = [(face(side, seed), time) for side, time, seed in faces]
        before = before.with_take(emotion, seconds, crops)
    relabelled = {i for i in range(len(before.faces)) if random.random() < 0.3}  # type: ignore[attr-defined]
    before = before.relabelled_faces(relabelled, "fear")
    after = archive.from_zip(archive.to_zip(before))
    assert after.takes == before.takes
    assert [(f.emotion, f.take, f.time) for f in after.faces] == [
        (f.emotion, f.take, f.time) for f in before.faces
    ]
    assert all(map(np.array_equal, *([f.crop for f in c.faces] for c in (before, after))))


def test_the_zip_is_as_the_contract_says(tmp_path: Path) -> None:
    path = tmp_path / "captures.zip"
    path.write_bytes(archive.to_zip(captures()))
    with zipfile.ZipFile(path) as given_zip:
        record = json.loads(given_zip.read("captures.json"))
        assert record["takes"][0] == {"take": 1, "emotion": "happy", "seconds": 2.5}
        entry = record["faces"][1]
        assert set(entry) == {"file", "emotion", "take", "time"}
        assert np.array_equal(images.decode(given_zip.read(entry["file"])), face(seed=1))
    assert archive.from_zip(path).counts()["happy"] == 3


BIG = images.encode_png(np.zeros((1100, 20, 3), np.uint8))
FACE = "faces/take-001-0001.png"


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "is no zip"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "is no zip"),
        (archive.to_zip(captures())[:900], "is no zip"),
        (rezipped({archive.INDEX: None}), "holds no captures.json"),
        (rezipped({archive.INDEX: b"[1, 2"}), "captures.json in captures.zip cannot be used"),
        (rezipped({archive.INDEX: b"[]"}), "cannot be used"),
        (rezipped({archive.INDEX: index(schema=2)}), "newer version"),
        (rezipped({archive.INDEX: index(takes=[])}), "takes that do not exist"),
        (
            rezipped({archive.INDEX: index(takes=[{"take": 1, "emotion": "x", "seconds": 1}])}),
            "unknown emotion 'x'",
        ),
        (rezipped({FACE: None}), "lacks the face"),
        (rezipped({FACE: b"GIF89a" + bytes(99)}), "is no PNG"),
        (rezipped({FACE: BIG}), "more than 1024 pixels"),
        (rezipped({FACE: images.encode_png(face())[:500]}), "cannot be read"),
        (rezipped({"../escape.png": b""}), "leads out of it"),
    ],
)
def test_what_is_no_export_gets_a_sentence(data: bytes, sentence: str) -> None:
    with pytest.raises(BadCaptures, match=sentence):
        archive.from_zip(data)


def test_a_damaged_face_gets_a_sentence() -> None:
    data = bytearray(archive.to_zip(captures()))
    middle = data.index(b"IDAT") + 200
    data[middle : middle + 40] = bytes(40)
    with pytest.raises(BadCaptures, match="is damaged"):
        archive.from_zip(bytes(data))


def test_ten_thousand_faces_are_counted_before_any_is_read() -> None:
    entry = {"file": "x.png", "emotion": "happy", "take": 1, "time": 0}
    data = rezipped({archive.INDEX: index(faces=[entry] * 10_000)})
    with pytest.raises(BadCaptures, match="10,000 faces are more than the 3,000"):
        archive.from_zip(data)


def test_a_missing_file_and_a_folder_get_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(BadCaptures, match="does not exist"):
        archive.from_zip(tmp_path / "none.zip")
    with pytest.raises(BadCaptures, match=r"holds no captures\.json"):
        archive.from_zip(tmp_path)


def test_larger_faces_of_other_programs_are_made_smaller() -> None:
    data = rezipped({FACE: images.encode_png(face(600))})
    assert archive.from_zip(data).faces[1].crop.shape == (144, 144, 3)
