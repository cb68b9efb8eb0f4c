"""Data that cannot be used, or not wholly: each ends as one sentence, and nothing else escapes."""

import io
import stat
import struct
import zipfile

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from fer import images
from fer.data import archives, loading
from fer.data.class_names import ClassNames
from fer.data.formats import fer_plus, pixel_tables
from fer.errors import BadDataset

patiently = settings(
    deadline=None, max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture]
)

PIXELS = " ".join(["7"] * 2304)
HEADER = "emotion,pixels,Usage\n"
GOOD = "".join(f"{n % 7},{n} {PIXELS[2:]},Training\n" for n in range(20))
PNG = images.encode_png(np.zeros((48, 48, 3), np.uint8))


def load_text(tmp_path, text, name="faces.csv"):
    (tmp_path / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return loading.load(tmp_path / name)


def refused(path, match, **options):
    """The message of the `BadDataset` that loading raises: one line, short, with a full stop."""
    with pytest.raises(BadDataset, match=match) as caught:
        loading.load(path, **options)
    message = str(caught.value)
    assert "\n" not in message and len(message) < 500 and message.endswith(".")
    return message


def write(tmp_path, text, name="faces.csv"):
    (tmp_path / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return tmp_path / name


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("", "lacks the columns emotion, pixels; its first line has nothing"),
        ("a,b,c\n1,2,3\n", "lacks the columns emotion, pixels; its first line has a, b, c"),
        ("emotion,Usage\n1,Training\n", "lacks the column pixels"),
        (HEADER, "no face that can be used; it has no rows"),
        (HEADER + "3,1 2 3,Training\n", "all 1 are wrong, the first: row 2: it has 3 pixels"),
        (HEADER + f"3,{PIXELS} 7,Training\n", "has 2,305 pixels; expected 2304"),
        (HEADER + f"3,{PIXELS[:-1]}nan,Training\n", "pixels hold '.*nan'"),
        (HEADER + f"3,{PIXELS[:-1]}256,Training\n", "a pixel of 256"),
        (HEADER + f"3,{PIXELS[:-1]}-1,Training\n", "pixels hold '.*-1'"),
        (HEADER + f"3,{PIXELS[:-1]}{'9' * 60},Training\n", "a pixel of "),
        (HEADER + "3,,Training\n", "it has 0 pixels"),
        (HEADER + f"8,{PIXELS},Training\n", "'8' is not one of the seven"),
        (HEADER + f"NaN,{PIXELS},Training\n", "'NaN' is not one of the seven"),
        (HEADER + f"3,{PIXELS},Sometimes\n", "its usage is 'Sometimes'"),
        (HEADER + f"3,{PIXELS}\n", "it has 2 columns; expected at least 3"),
        (HEADER + f"3,{PIXELS},Training\n" * 3, "one emotion only, happy"),
        (HEADER + "x" * 600_000 + "\n", "the line is no row of a table"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8, "is a PNG picture, not a table"),
    ],
)
def test_a_csv_that_cannot_be_used(tmp_path, text, match):
    refused(write(tmp_path, text), match)


def test_wrong_rows_are_counted_and_the_first_five_kept(tmp_path):
    wrong = "".join(f"3,{n},Training\n" for n in range(9))
    data = load_text(tmp_path, HEADER + wrong + GOOD)
    assert len(data) == 20 and data.num_problems == 9
    assert [problem.where for problem in data.problems] == [f"row {n}" for n in range(2, 7)]


def test_a_stray_quote_spoils_only_its_own_row(tmp_path):
    data = load_text(tmp_path, HEADER + f'3,"{PIXELS},Training\n' + GOOD)
    assert len(data) == 20 and data.num_problems == 1


def test_an_endless_line_spoils_only_itself(tmp_path):
    data = load_text(tmp_path, HEADER + "3," + "1 " * 300_000 + ",Training\n" + GOOD)
    assert len(data) == 20
    assert [problem.where for problem in data.problems] == ["row 2"]


def test_votes_that_do_not_belong(tmp_path):
    counts = ",0,7,1,0,0,0,0,1,0,0\n"
    names = "neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF"
    head = f"Usage,Image name,{names}\n"
    faces = write(tmp_path, HEADER + GOOD)
    few = write(tmp_path, head + ("Training,a.png" + counts) * 19, "few.csv")
    many = write(tmp_path, head + ("Training,a.png" + counts) * 21, "many.csv")
    other = write(tmp_path, head + ("PublicTest,a.png" + counts) * 20, "other.csv")
    lacking = write(tmp_path, head.replace("fear,", "") + "Training,a.png" + counts, "lacking.csv")
    refused(faces, "few.csv does not belong to faces.csv row by row", votes=few)
    refused(faces, "it has 21 rows beside 20", votes=many)
    refused(faces, "validation beside train in row 2", votes=other)
    refused(faces, "lacks the column fear", votes=lacking)
    refused(faces, "does not exist", votes=tmp_path / "none.csv")


def test_paths_that_lead_to_no_data(tmp_path):
    refused(tmp_path / "none.csv", "does not exist")
    refused(tmp_path / ("x" * 5000 + ".csv"), "does not exist")
    refused(f"{tmp_path}/a\0b.csv", "does not exist")
    refused(write(tmp_path, "hello", "notes.txt"), "no data set that can be read")
    refused(write(tmp_path, "hello", "faces.parquet"), "no parquet file that can be read")
    (tmp_path / "empty").mkdir()
    refused(tmp_path / "empty", "holds no pictures in class folders")


def test_parquet_with_wrong_columns_or_rows(tmp_path):
    file = tmp_path / "faces.parquet"
    pd.DataFrame({"face": [PNG], "what": [1]}).to_parquet(file)
    refused(file, "lacks the columns png, emotion; it has face, what")
    pd.DataFrame(
        {"png": [PNG, b"x", None, PNG, PNG], "emotion": [1, 2, 3, 99, 2], "usage": ["Training"] * 5}
    ).to_parquet(file)
    data = loading.load(file)
    assert [problem.where for problem in data.problems] == ["row 2", "row 3", "row 4"]
    pd.DataFrame({"png": [1], "emotion": ["x"], "usage": [None]}).to_parquet(file)
    refused(file, "no face that can be used")


def folder_with(tmp_path, *files):
    for file in files:
        path = tmp_path / "faces" / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(PNG)
    return tmp_path / "faces"


def test_folders_with_unknown_names(tmp_path):
    root = folder_with(tmp_path, "happy/1.png", "bored/1.png", "contempt/1.png")
    refused(root, r"one emotion only, happy.*2 faces \(bored 1, contempt 1\)")


def test_folders_with_unknown_names_only(tmp_path):
    root = folder_with(tmp_path, "bored/1.png", "tired/1.png")
    refused(root, "not named by one of the seven emotions: bored, tired. Rename")


def test_folders_half_inside_a_split(tmp_path):
    root = folder_with(tmp_path, "happy/1.png", "train/sad/1.png")
    refused(root, "pictures inside train and others outside")


def test_folders_without_classes_or_with_one(tmp_path):
    refused(folder_with(tmp_path, "train/1.png", "2.png"), "holds no pictures in class folders")
    refused(folder_with(tmp_path, "train/happy/1.png"), "one emotion only")


def test_links_in_folders_are_not_followed(tmp_path):
    secret = tmp_path / "secret.png"
    secret.write_bytes(PNG)
    root = folder_with(tmp_path, "happy/1.png", "sad/2.png")
    (root / "sad" / "link.png").symlink_to(secret)
    (root / "angry").symlink_to(tmp_path)
    data = loading.load(root)
    assert len(data) == 2 and {problem.where for problem in data.problems} == {
        "angry",
        "sad/link.png",
    }


def test_folders_with_too_many_files(tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "MAX_FOLDER_FILES", 3)
    root = folder_with(tmp_path, *(f"happy/{n}.png" for n in range(4)))
    refused(root, "more than 3 files")


def zip_of(tmp_path, *entries, method=zipfile.ZIP_DEFLATED):
    path = tmp_path / "faces.zip"
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in (("happy/1.png", PNG), ("sad/1.png", PNG), *entries):
            archive.writestr(name, data)
    return path


@pytest.mark.parametrize("name", ["../evil.png", "happy/../../evil.png", "..\\evil.png"])
def test_a_zip_that_leads_out_of_itself(tmp_path, name):
    refused(zip_of(tmp_path, (name, PNG)), "faces.zip holds a path with '..'")


@pytest.mark.parametrize("name", ["/etc/evil.png", "C:\\evil.png", "\\evil.png"])
def test_a_zip_with_absolute_names(tmp_path, name):
    refused(zip_of(tmp_path, (name, PNG)), "absolute path")


def test_a_zip_with_a_link(tmp_path):
    link = zipfile.ZipInfo("happy/link.png")
    link.create_system = 3
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    refused(zip_of(tmp_path, (link, "/etc/passwd")), "a link or device")


def test_a_zip_of_fifty_thousand_files(tmp_path):
    path = tmp_path / "faces.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for n in range(50_000):
            archive.writestr(f"happy/{n}.png", b"")
    refused(path, "holds 50,000 files; the limit is 40,000")


def test_a_zip_whose_list_of_files_is_forged(tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "_MAX_DIRECTORY", 1000)
    path = zip_of(tmp_path, *((f"fear/{n}.png", b"") for n in range(100)))
    refused(path, "lists far more files")


def test_a_zip_with_a_bomb(tmp_path):
    path = zip_of(tmp_path, ("happy/2.png", bytes(100 * 1024**2)))
    refused(path, "would unpack to 100 MB")


def test_a_zip_that_lies_about_a_size(tmp_path):
    path = zip_of(tmp_path, ("sad/2.png", bytes(1024**2)))
    forged = path.read_bytes().replace(struct.pack("<L", 1024**2), struct.pack("<L", 1000))
    path.write_bytes(forged)
    data = loading.load(path)
    assert len(data) == 2 and data.problems[0].where == "sad/2.png"


def test_a_zip_that_is_none_is_cut_short_or_has_a_password(tmp_path):
    path = zip_of(tmp_path)
    data = bytearray(path.read_bytes())
    path.write_bytes(data[: len(data) // 2])
    refused(path, "no zip that can be read")
    directory = data.index(b"PK\x01\x02")
    data[directory + 8] |= 1
    path.write_bytes(data)
    refused(path, "password")
    refused(zip_of(tmp_path, method=zipfile.ZIP_LZMA), "packed in an unusual way")
    refused(write(tmp_path, "hello", "none.zip"), "no zip that can be read: its list of files")


def test_a_zip_of_nothing(tmp_path):
    path = tmp_path / "empty.zip"
    zipfile.ZipFile(path, "w").close()
    refused(path, "holds no pictures in class folders")


def test_a_broken_csv_in_a_zip(tmp_path):
    path = tmp_path / "faces.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("fer2013.csv", HEADER + GOOD)
    data = bytearray(path.read_bytes())
    data[500] ^= 1
    path.write_bytes(data)
    refused(path, "faces.zip is (damaged|no zip that can be read)")


def test_a_folder_with_several_tables(tmp_path):
    (tmp_path / "box").mkdir()
    for name in ("a.csv", "b.csv"):
        (tmp_path / "box" / name).write_text(HEADER + GOOD)
    refused(tmp_path / "box", "several tables")


def test_votes_for_what_has_no_rows(tmp_path):
    root = folder_with(tmp_path, "happy/1.png", "sad/1.png")
    refused(root, "belong to the rows of a CSV", votes=write(tmp_path, "x", "votes.csv"))


@patiently
@given(st.text())
def test_any_text_for_pixels_is_a_picture_or_a_reason(text):
    try:
        assert pixel_tables.pixels(text, 48).shape == (48, 48)
    except BadDataset as error:
        assert len(str(error)) < 200


@patiently
@given(position=st.integers(0, len(PIXELS) - 1), put=st.text(max_size=30), cut=st.integers(0, 40))
def test_any_corrupted_pixels_are_a_picture_or_a_reason(position, put, cut):
    text = PIXELS[:position] + put + PIXELS[position + cut :]
    try:
        assert pixel_tables.pixels(text).dtype == np.uint8
    except BadDataset as error:
        assert len(str(error)) < 200


@patiently
@given(st.binary(max_size=300), st.sampled_from(["", HEADER, HEADER + GOOD]))
def test_any_bytes_after_any_header_are_faces_or_a_sentence(data, before):
    try:
        found = pixel_tables.read(io.BytesIO(before.encode() + data), "faces.csv", ClassNames())
    except BadDataset as error:
        assert "faces.csv" in str(error)
    else:
        assert len(found.problems) <= 5
        assert len(found.pictures) >= (20 if GOOD in before else 0)


@patiently
@given(st.binary(max_size=300))
def test_any_bytes_for_votes_are_votes_or_a_sentence(data):
    head = ",".join(fer_plus.COUNTS).encode() + b"\n"
    assert fer_plus.read_votes(io.BytesIO(head + data), "votes.csv").counts.shape[1] == 10


@patiently
@given(data=st.data())
def test_any_damage_to_a_zip_or_parquet_is_a_sentence(tmp_path, data):
    name = data.draw(st.sampled_from(["faces.zip", "faces.parquet"]))
    whole = tmp_path / f"whole-{name}"
    if not whole.exists():
        zip_of(tmp_path).rename(tmp_path / "whole-faces.zip")
        table = {"png": [PNG] * 2, "emotion": [1, 2], "usage": ["Training"] * 2}
        pd.DataFrame(table).to_parquet(tmp_path / "whole-faces.parquet")
    content = bytearray(whole.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(content) - 1))
        content[at] = data.draw(st.integers(0, 255))
    target = tmp_path / name
    target.write_bytes(content[: data.draw(st.integers(len(content) // 2, len(content)))])
    try:
        loading.load(target)
    except BadDataset as error:
        assert "\n" not in str(error)
