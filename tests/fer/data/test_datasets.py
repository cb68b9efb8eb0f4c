"""Every form of data set that `loading.load` reads, and what is made of it."""

import hashlib
import time
import zipfile
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest

from fer import images
from fer.data import budget, dataset, inspection, loading, selection, server_folder
from fer.data.class_names import ClassNames
from fer.data.formats import pixel_tables
from fer.data.synthetic import faces as synthetic_faces
from fer.emotions import EMOTIONS, OTHER_VOTE_COLUMNS, VOTE_COLUMNS
from fer.errors import BadDataset, BadImage
from fer.model_card import InputSpec

VOTES_HEADER = (
    "Usage,Image name,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF"
)
USAGES = ("Training", "PublicTest", "PrivateTest")


def picture(seed):
    return np.random.default_rng(seed).integers(0, 256, (48, 48)).astype(np.uint8)


def numbers(seed):
    return " ".join(map(str, picture(seed).ravel()))


def write_csv(path, rows=30, header="emotion,pixels,Usage"):
    """Faces 0, 1, 2 … with labels 0…6 in turn; the last two of ten in other splits."""
    lines = [header]
    for n in range(rows):
        usage = USAGES[max(0, n % 10 - 7)]
        cells = {"emotion": str(n % 7), "pixels": numbers(n), "Usage": usage}
        lines.append(",".join(cells[column.strip()] for column in header.split(",")))
    path.write_text("\n".join(lines) + "\n")
    return path


def write_votes(path, rows=30):
    lines = [VOTES_HEADER]
    for n in range(rows):
        lines.append(f"{USAGES[max(0, n % 10 - 7)]},fer{n:07d}.png,{n % 3},7,1,0,0,0,0,1,0,0")
    path.write_text("\n".join(lines) + "\n")
    return path


def write_picture(path, pixels):
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), pixels)


def write_folders(root, splits=("",), names=EMOTIONS, each=10, ending="png"):
    for s, split in enumerate(splits):
        for c, name in enumerate(names):
            for n in range(each):
                seed = (s * len(names) + c) * each + n
                write_picture(root / split / name / f"{n}.{ending}", picture(seed))
    return root


def zipped(root, target):
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(root.rglob("*")):
            archive.write(file, file.relative_to(root.parent))
    return target


def counted(data):
    return {split: int((data.splits == split).sum()) for split in dataset.SPLITS}


def test_kaggles_csv_keeps_its_splits_and_pixels(tmp_path):
    file = write_csv(tmp_path / "fer2013.csv")
    data = loading.load(file)
    assert counted(data) == {"train": 24, "validation": 3, "test": 3}
    assert data.labels.tolist() == [n % 7 for n in range(30)]
    assert all((data.pictures[n] == picture(n)).all() for n in range(30))
    assert data.hash == hashlib.sha256(file.read_bytes()).hexdigest()
    assert data.sources[0] == "row 2" and data.votes is None and data.whole_faces
    assert "FER2013" in data.licence


def test_icml_columns_may_stand_in_another_order_with_spaces(tmp_path):
    data = loading.load(write_csv(tmp_path / "icml_face_data.csv", header="emotion, Usage, pixels"))
    assert len(data) == 30
    assert (data.pictures[29] == picture(29)).all()


def test_quotes_carriage_returns_a_mark_and_empty_lines_do_no_harm(tmp_path):
    lines = ['\ufeff"emotion","pixels","Usage"', ""]
    lines += [f'"{n}","{numbers(n)}","Training"' for n in range(7)]
    file = tmp_path / "odd.csv"
    file.write_bytes("\r\n".join(lines).encode("utf-8"))
    data = loading.load(file)
    assert sorted(data.labels.tolist()) == list(range(7))
    assert data.sources[0] == "row 3"


def test_emotions_of_a_csv_may_be_names_and_usage_may_lack(tmp_path):
    file = tmp_path / "mine.csv"
    names = ["happiness", "Anger", "sad"]
    rows = [f"{names[n % 3]},{numbers(n)}" for n in range(60)]
    file.write_text("\n".join(["emotion,pixels", *rows]))
    data = loading.load(file)
    assert counted(data) == {"train": 48, "validation": 6, "test": 6}
    assert data.labels[:3].tolist() == [3, 0, 4]


def test_votes_are_found_beside_the_csv_and_joined_row_by_row(tmp_path):
    file = write_csv(tmp_path / "fer2013.csv")
    votes = write_votes(tmp_path / "fer2013new.csv")
    data = loading.load(file)
    # In the order of EMOTIONS, then contempt, unknown, NF.
    assert data.votes[2].tolist() == [0, 0, 0, 7, 0, 1, 2, 1, 0, 0]
    assert data.hash == hashlib.sha256(file.read_bytes() + votes.read_bytes()).hexdigest()


def test_votes_may_be_named(tmp_path):
    votes = write_votes(tmp_path / "elsewhere.csv")
    data = loading.load(write_csv(tmp_path / "fer2013.csv"), votes=votes)
    assert data.votes.shape == (30, 10)


def test_a_wrong_row_keeps_the_votes_of_the_others_in_step(tmp_path):
    file = write_csv(tmp_path / "fer2013.csv")
    lines = file.read_text().split("\n")
    lines[5] = "3,1 2 3,Training"
    file.write_text("\n".join(lines))
    write_votes(tmp_path / "fer2013new.csv")
    data = loading.load(file)
    assert len(data) == 29 and data.num_problems == 1
    assert str(data.problems[0]) == "row 6: it has 3 pixels; expected 2304 (48 × 48)"
    assert data.sources[4] == "row 7" and data.votes[4, 6] == 5 % 3


def test_a_wrong_row_of_votes_leaves_a_face_without_votes(tmp_path):
    votes = write_votes(tmp_path / "fer2013new.csv")
    votes.write_text(votes.read_text().replace("fer0000004.png,1", "fer0000004.png,many"))
    data = loading.load(write_csv(tmp_path / "fer2013.csv"))
    assert len(data) == 30 and data.votes[4].sum() == 0
    assert data.problems[0].where == "row 6 of fer2013new.csv"
    assert len(selection.answerable(data, "crowd")) == 29


@pytest.mark.parametrize(
    ("names", "splits"),
    [
        (EMOTIONS, ("train", "validation", "test")),
        (
            ("Anger", "Disgusted", "fearful", "Happiness", "SADNESS", "surprised", "calm"),
            ("training", "val"),
        ),
        (tuple("0123456"), ("Train", "valid", "testing")),
        (
            ("0_angry", "1-disgust", "2 fear", "3_happy", "4_sad", "5_surprise", "6_neutral"),
            ("train", "val"),
        ),
    ],
)
def test_class_folders_by_any_usual_spelling(tmp_path, names, splits):
    data = loading.load(write_folders(tmp_path / "faces", splits, names, each=2))
    assert data.num_problems == 0 and not data.whole_faces
    expected = {"train": 14, "validation": 14, "test": 14 if len(splits) == 3 else 0}
    assert counted(data) == expected
    assert np.bincount(data.labels, minlength=7).tolist() == [2 * len(splits)] * 7


def test_one_root_is_split_by_class_the_same_way_every_time(tmp_path):
    data = loading.load(write_folders(tmp_path / "a", each=20))
    for label in range(7):
        splits = data.splits[data.labels == label].tolist()
        assert [splits.count(split) for split in dataset.SPLITS] == [16, 2, 2]
    again = loading.load(write_folders(tmp_path / "b", names=[*EMOTIONS][::-1][::-1], each=20))
    assert (again.splits == data.splits).all()


def test_copies_stay_on_one_side_of_the_cut(tmp_path):
    root = write_folders(tmp_path / "faces", each=10)
    for n in range(10):
        write_picture(root / "sad" / f"copy{n}.png", picture(n))  # faces of "angry" as well
    data = loading.load(root)
    sides = {}
    for picture_hash, split in zip(data.picture_hashes(), data.splits, strict=True):
        sides.setdefault(picture_hash, set()).add(str(split))
    assert all(len(splits) == 1 for splits in sides.values())


def test_validation_is_carved_out_of_training_where_it_is_missing(tmp_path):
    data = loading.load(write_folders(tmp_path / "faces", ("train", "test"), each=10))
    assert counted(data) == {"train": 63, "validation": 7, "test": 70}
    assert sorted(data.labels[data.splits == "validation"].tolist()) == list(range(7))


def test_wrapping_folders_hidden_files_and_strangers_are_passed_over(tmp_path):
    root = tmp_path / "archive"
    write_folders(root / "images" / "deep", ("train", "test"), each=2)
    (root / "__MACOSX").mkdir()
    (root / "__MACOSX" / "._1.png").write_bytes(b"x")
    (root / "images" / ".DS_Store").write_bytes(b"x")
    (root / "readme.txt").write_text("hello")
    data = loading.load(root)
    assert len(data) == 28 and data.num_problems == 0


def test_pictures_of_folders_are_bounded_and_grey_stays_grey(tmp_path):
    root = write_folders(tmp_path / "faces", names=("happy", "sad"), each=3)
    large = cv2.resize(picture(1), (900, 600))
    write_picture(root / "happy" / "large.jpg", large)
    colour = np.random.default_rng(0).integers(0, 256, (60, 40, 3)).astype(np.uint8)
    write_picture(root / "happy" / "colour.png", colour)
    data = loading.load(root)
    shapes = {source: data.pictures[n].shape for n, source in enumerate(data.sources)}
    assert shapes["happy/large.jpg"] == (149, 224)
    assert shapes["happy/colour.png"] == (60, 40, 3)
    assert shapes["happy/0.png"] == (48, 48)
    assert data.inputs(InputSpec()).shape == (8, 48, 48, 1)


def test_many_pictures_are_kept_smaller():
    assert budget.bounded_side(224, 10_000) == 224
    side = budget.bounded_side(224, 200_000)
    assert 48 <= side < 224
    assert side * side * 3 * 200_000 <= budget.MEMORY


def test_broken_pictures_are_told_and_left_out(tmp_path):
    root = write_folders(tmp_path / "faces", each=2)
    for n in range(7):
        (root / "sad" / f"broken{n}.jpg").write_bytes(b"\xff\xd8 no picture")
    write_picture(root / "stray.png", picture(0))
    data = loading.load(root)
    assert len(data) == 14 and data.num_problems == 8 and len(data.problems) == 5
    assert data.problems[0].where == "stray.png"
    assert "sad/broken0.jpg" in str(data.problems[1])


def test_a_zip_gives_what_the_folder_gives(tmp_path):
    root = write_folders(tmp_path / "faces", ("train", "val"), each=2)
    folder, archive = loading.load(root), loading.load(zipped(root, tmp_path / "faces.zip"))
    assert archive.picture_hashes() == folder.picture_hashes()
    assert (archive.splits == folder.splits).all() and (archive.labels == folder.labels).all()


@pytest.mark.parametrize("form", ["folder", "zip"])
def test_a_folder_or_zip_of_a_csv_with_its_votes(tmp_path, form):
    (tmp_path / "kaggle").mkdir()
    write_csv(tmp_path / "kaggle" / "fer2013.csv")
    write_csv(tmp_path / "kaggle" / "train.csv", rows=5)
    write_votes(tmp_path / "kaggle" / "fer2013new.csv")
    path = tmp_path / "kaggle"
    if form == "zip":
        path = zipped(path, tmp_path / "kaggle.zip")
    data = loading.load(path)
    assert data.name == "fer2013.csv" and data.votes.shape == (30, 10)


def write_parquet(path, votes=True):
    table = pd.DataFrame(
        {
            "png": [images.encode_png(np.dstack([picture(n)] * 3)) for n in range(20)],
            "emotion": [n % 7 for n in range(20)],
            "usage": ["Training"] * 15 + ["PublicTest"] * 5,
        }
    )
    if votes:
        for column, name in enumerate((*VOTE_COLUMNS, *OTHER_VOTE_COLUMNS)):
            table[name] = [column] * 20
    table.to_parquet(path)
    return path


def test_parquet_with_and_without_votes(tmp_path):
    data = loading.load(write_parquet(tmp_path / "with.parquet"))
    assert data.votes[0].tolist() == list(range(10))
    assert data.pictures[3].ndim == 2 and (data.pictures[3] == picture(3)).all()
    assert counted(data) == {"train": 15, "validation": 5, "test": 0}
    assert loading.load(write_parquet(tmp_path / "without.parquet", votes=False)).votes is None


def test_parquet_in_a_zip(tmp_path):
    (tmp_path / "box").mkdir()
    write_parquet(tmp_path / "box" / "faces.parquet")
    assert len(loading.load(zipped(tmp_path / "box", tmp_path / "box.zip"))) == 20


def test_every_form_of_the_same_faces_gives_the_same_pictures(tmp_path):
    csv = loading.load(write_csv(tmp_path / "faces.csv", rows=20))
    parquet = loading.load(write_parquet(tmp_path / "faces.parquet"))
    root = tmp_path / "root"
    for n in range(20):
        write_picture(root / "train" / EMOTIONS[n % 7] / f"{n}.png", picture(n))
    folder = loading.load(root)
    assert csv.picture_hashes() == parquet.picture_hashes()
    assert sorted(folder.picture_hashes()) == sorted(csv.picture_hashes())
    spec = InputSpec()
    assert (csv.inputs(spec) == parquet.inputs(spec)).all()


@pytest.mark.slow
def test_the_word_drawn_needs_no_file():
    assert loading.load("drawn").name.startswith("synthetic drawings")


def with_copies(tmp_path):
    """Rows 0–9; 10 and 11 copy 0 in training, 11 with another label; 12 copies validation."""
    usage = ["Training"] * 8 + ["PublicTest"] * 2 + ["Training"] * 3
    seeds = [*range(10), 0, 0, 9]
    labels = [n % 7 for n in range(10)] + [0, 5, 2]
    rows = [f"{e},{numbers(s)},{u}" for e, s, u in zip(labels, seeds, usage, strict=True)]
    file = tmp_path / "copies.csv"
    file.write_text("\n".join(["emotion,pixels,Usage", *rows]))
    return loading.load(file)


def test_inspection_counts_copies_contradictions_and_classes(tmp_path):
    found = inspection.inspect(with_copies(tmp_path))
    assert (found.copies_inside, found.copies_across, found.contradictions) == (2, 1, 1)
    assert found.num_removed == 3 and found.num_faces == 13 and not found.has_votes
    assert found.counts["validation"]["disgust"] == 1 and "test" not in found.counts
    assert sum(found.counts["train"].values()) == 11


def test_training_leaves_out_what_the_inspection_says(tmp_path):
    data = with_copies(tmp_path)
    clean = selection.without_copies(data)
    assert len(data) - len(clean) == inspection.inspect(data).num_removed
    assert counted(clean) == {"train": 8, "validation": 2, "test": 0}
    assert "row 14" not in clean.sources


def test_contact_sheet_has_a_row_for_each_emotion():
    data = synthetic_faces.dataset(70, 7)
    sheet = inspection.contact_sheet(data, per_emotion=5)
    assert sheet.shape == (7 * 64, 92 + 5 * 64, 3) and sheet.dtype == np.uint8
    assert (sheet[32, 3] == [0xD5, 0x5E, 0x00]).all()
    assert (inspection.contact_sheet(data, per_emotion=5) == sheet).all()
    assert not (inspection.contact_sheet(data, per_emotion=5, seed=1) == sheet).all()


def test_contact_sheet_of_a_class_without_faces(tmp_path):
    data = loading.load(write_folders(tmp_path / "faces", names=("happy", "sad"), each=2))
    sheet = inspection.contact_sheet(data, per_emotion=3)
    assert (sheet[:64, 92:] == 255).all() and not (sheet[3 * 64 : 4 * 64, 92:] == 255).all()


def test_targets_are_the_seven_counts_divided_by_their_sum(tmp_path):
    write_votes(tmp_path / "fer2013new.csv")
    data = loading.load(write_csv(tmp_path / "fer2013.csv"))
    assert selection.targets(data, "crowd")[2].tolist() == pytest.approx(
        [0, 0, 0, 0.7, 0, 0.1, 0.2]
    )
    assert (selection.truth(data, "crowd") == 3).all()
    assert (selection.targets(data, "fer2013").argmax(axis=1) == data.labels).all()


def test_the_other_question_is_the_one_that_is_not_asked(tmp_path):
    write_votes(tmp_path / "fer2013new.csv")
    data = loading.load(write_csv(tmp_path / "fer2013.csv"))
    for asked, other in (("crowd", "fer2013"), ("fer2013", "crowd")):
        expected = selection.targets(data, other)
        np.testing.assert_array_equal(selection.other_targets(data, asked), expected)
    data.votes[0] = 0
    assert (selection.other_targets(data, "fer2013")[0] == 0).all()
    without_votes = replace(data, votes=None)
    with pytest.raises(BadDataset, match="one question alone; set other_question to 0"):
        selection.other_targets(without_votes, "fer2013")


def test_asking_for_a_crowd_that_is_not_there_says_what_to_do(tmp_path):
    file = str(write_csv(tmp_path / "fer2013.csv"))
    with pytest.raises(BadDataset, match=r"no FER\+ votes.*to 'fer2013'.*fer2013new\.csv"):
        selection.prepared(file, labels="crowd")


def test_prepared_takes_votes_and_the_limit(tmp_path):
    votes = write_votes(tmp_path / "votes.csv")
    chosen = str(write_csv(tmp_path / "fer2013.csv")), str(votes), "crowd", 15
    data = selection.prepared(*chosen)
    assert counted(data) == {"train": 15, "validation": 3, "test": 3}
    assert selection.prepared(*chosen).sources == data.sources


def test_offered_data_sets_and_their_paths(tmp_path, monkeypatch):
    monkeypatch.delenv("FER_DATA", raising=False)
    assert server_folder.offered() == []
    with pytest.raises(BadDataset, match="FER_DATA is not set"):
        server_folder.resolve("fer2013.csv")
    root = tmp_path / "data"
    write_folders(root / "some" / "faces", ("train", "test"), each=1)
    write_csv(root / "fer2013.csv")
    write_votes(root / "fer2013new.csv")
    (root / "notes.txt").write_text("x")
    (root / ".hidden.csv").write_text("x")
    (tmp_path / "secret.csv").write_text("x")
    (root / "link.csv").symlink_to(tmp_path / "secret.csv")
    monkeypatch.setenv("FER_DATA", str(root))
    assert list(map(str, server_folder.offered())) == ["fer2013.csv", "some/faces"]
    assert len(loading.load(server_folder.resolve("some/faces"))) == 14
    for name in (
        "../secret.csv",
        str(tmp_path / "secret.csv"),
        "link.csv",
        "some/../../secret.csv",
    ):
        with pytest.raises(BadDataset, match="leads out"):
            server_folder.resolve(name)
    for name in ("missing.csv", "a\0b"):
        with pytest.raises(BadDataset):
            server_folder.resolve(name)


def test_folders_that_may_not_be_read_are_not_offered(tmp_path, monkeypatch):
    write_folders(tmp_path / "faces", ("train", "test"), each=1)
    (tmp_path / "lost+found").mkdir()
    (tmp_path / "faces" / "closed").mkdir()
    monkeypatch.setenv("FER_DATA", str(tmp_path))
    iterdir = Path.iterdir

    def guarded(path):
        if path.name in ("lost+found", "closed"):
            raise PermissionError(13, "Permission denied")
        return iterdir(path)

    monkeypatch.setattr(Path, "iterdir", guarded)
    assert list(map(str, server_folder.offered())) == ["faces"]


def test_a_larger_csv_is_read_in_little_time(tmp_path):
    """At least 600 rows a second of processor time: all 35,887 within a minute."""
    file = tmp_path / "large.csv"
    faces = [f"{n},{numbers(n)},Training\n" for n in range(7)]
    file.write_text("emotion,pixels,Usage\n" + "".join(faces * 200))
    began = time.process_time()
    with file.open("rb") as stream:
        found = pixel_tables.read(stream, file.name, ClassNames())
    assert len(found.pictures) == 1400
    assert time.process_time() - began < 1400 / 600


@pytest.mark.parametrize(("preprocessing", "values"), [("threshold:100", {0, 255}), ("none", None)])
def test_inputs_go_through_the_preprocessing_of_the_spec(preprocessing, values):
    data = synthetic_faces.dataset(14, 7)
    batch = data.inputs(InputSpec(32, 40, 3, preprocessing=preprocessing))
    assert batch.shape == (21, 32, 40, 3) and batch.dtype == np.uint8
    found = set(np.unique(batch).tolist())
    assert found == values if values else len(found) > 50


def test_opened_as_it_is_a_table_keeps_its_own_splits(tmp_path):
    path = write_csv(tmp_path / "faces.csv", header="emotion,pixels")
    with loading.opened(path) as data:
        assert set(data.splits) == {dataset.UNSPLIT} and len(data) == 30
        assert data.hash == loading.load(path).hash
    only = tmp_path / "training.csv"
    write_csv(only, rows=7)
    with loading.opened(only) as data:
        assert set(data.splits) == {"train"}


@pytest.mark.parametrize("packed", [False, True])
def test_opened_as_it_is_pictures_in_folders_are_read_on_demand(tmp_path, packed):
    root = tmp_path / "faces"
    for number in range(3):
        pixels = np.full((300, 250 + number, 3), number, np.uint8)
        write_picture(root / "test" / "happy" / f"{number}.png", pixels)
    (root / "test" / "happy" / "3.png").write_bytes((root / "test/happy/2.png").read_bytes())
    (root / "test" / "happy" / "broken.png").write_bytes(b"no picture")
    write_picture(root / "stray.png", np.zeros((8, 8, 3), np.uint8))
    path = root
    if packed:
        path = tmp_path / "faces.zip"
        with zipfile.ZipFile(path, "w") as archive:
            for file in root.rglob("*.png"):
                archive.write(file, file.relative_to(root))
    with loading.opened(path) as data:
        assert len(data) == 5 and set(data.labels) == {EMOTIONS.index("happy")}
        assert data.pictures[1].shape == (300, 251, 3) and not data.whole_faces
        with pytest.raises(BadImage, match=r"broken\.png"):
            data.pictures[4]
        assert [rows for rows in data.rows_by_picture() if len(rows) > 1] == [[2, 3]]
        assert sum(data.left_out.values()) == 1


def test_opened_the_hash_is_that_of_the_training_set(tmp_path):
    write_folders(tmp_path / "faces", each=2)
    with loading.opened(tmp_path / "faces") as data:
        assert data.hash == loading.load(tmp_path / "faces").hash


def test_opened_what_is_broken_or_missing_is_told_in_a_sentence(tmp_path):
    path = tmp_path / "faces.zip"
    path.write_bytes(b"PK but no zip")
    with pytest.raises(BadDataset, match="no zip that can be read"), loading.opened(path):
        pass
    with pytest.raises(BadDataset, match="does not exist"), loading.opened(tmp_path / "no.csv"):
        pass


def test_rows_that_are_left_out_are_counted_by_split(tmp_path):
    path = write_csv(tmp_path / "faces.csv")
    with path.open("a") as file:
        file.write(f"3,1 2,PublicTest\n8,{numbers(0)},PublicTest\n3,{numbers(0)},Nowhere\n")
    assert dict(loading.load(path).left_out) == {
        ("validation", "unreadable"): 1,
        ("validation", "no usable label"): 1,
        ("", "unreadable"): 1,
    }
