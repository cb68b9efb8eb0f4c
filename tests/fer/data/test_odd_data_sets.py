"""Data sets in the shapes that people have: read rightly, or a question; never wrong in silence."""

import json
import zipfile

import numpy as np
import pyarrow
import pyarrow.parquet
import pytest

from fer.cli import main
from fer.data import inspection, loading
from fer.emotions import EMOTIONS
from fer.errors import BadDataset
from tests.fer.data import odd_data_sets as odd
from tests.fer.data.odd_data_sets import class_folders, label_table, save, table, zip_of

SEVEN = dict.fromkeys(EMOTIONS, 4)
TWICE = dict.fromkeys(EMOTIONS, 2)
LABELS = [n % 7 for n in range(14)]


def looked_at(path, **options):
    return inspection.inspect(loading.load(path, **options))


def total(found):
    sums = dict.fromkeys(EMOTIONS, 0)
    for counts in found.counts.values():
        for emotion, count in counts.items():
            sums[emotion] += count
    return {emotion: count for emotion, count in sums.items() if count}


def notes(found):
    return " ".join(found.notes)


def question(path, *words, **options):
    """The message of the refusal, which names all of the words."""
    with pytest.raises(BadDataset) as caught:
        loading.load(path, **options)
    message = str(caught.value)
    assert "\n" not in message and len(message) < 500 and message.endswith(".")
    for word in words:
        assert word in message, message
    return message


@pytest.mark.parametrize(
    ("train", "other", "split"),
    [
        ("train_set", "test_set", "test"),
        ("Training Set", "Validation Set", "validation"),
        ("train_data", "dev", "validation"),
        ("train", "eval", "validation"),
        ("FER2013Train", "FER2013Test", "test"),
        ("FER2013Train", "FER2013Valid", "validation"),
        ("trainset", "testset", "test"),
        ("TrainImages", "TestImages", "test"),
        ("images_train", "images_val", "validation"),
        ("01-training", "02-testing", "test"),
        ("Training", "PublicTest", "validation"),
        ("Training", "Private Test", "test"),
        ("Traning", "Validaton", "validation"),
        ("TRAIN.", "(test)", "test"),
    ],
)
def test_split_folders_in_any_spelling(tmp_path, train, other, split):
    found = looked_at(class_folders(tmp_path / "set", splits=(train, other)))
    assert found.counts[split] == SEVEN and found.counts["train"] == SEVEN
    assert set(found.counts) == {"train", split}


def test_eval_is_test_beside_a_validation_split(tmp_path):
    found = looked_at(class_folders(tmp_path / "set", splits=("train", "val", "eval"), each=2))
    assert set(found.counts) == {"train", "validation", "test"}


def test_splits_may_lie_below_the_class_or_in_its_name(tmp_path):
    for emotion in EMOTIONS:
        save(tmp_path / "below" / emotion / "train" / "1.png")
        save(tmp_path / "below" / emotion / "test" / "2.png")
        save(tmp_path / "named" / f"train_{emotion}" / "1.png")
        save(tmp_path / "named" / f"test_{emotion}" / "2.png")
    for name in ("below", "named"):
        found = looked_at(tmp_path / name)
        assert found.counts["test"] == dict.fromkeys(EMOTIONS, 1)


@pytest.mark.parametrize(
    "siblings",
    [
        ("left", "right"),
        ("part_a", "part_b"),
        ("fold1", "fold2", "fold3"),
        ("1", "2"),
        ("S1", "S2"),
    ],
)
def test_siblings_with_the_same_classes_that_are_no_splits_are_a_question(tmp_path, siblings):
    root = class_folders(tmp_path / "set", splits=siblings, each=1)
    question(root, *siblings, "same classes", "train, validation and test")


def test_a_split_beside_what_is_none_is_a_question(tmp_path):
    root = class_folders(tmp_path / "set", splits=("train", "extra"), each=1)
    question(root, "train", "extra")


def test_folds_with_splits_of_their_own_are_a_question(tmp_path):
    folds = ("a/train", "a/test", "b/train", "b/test")
    question(class_folders(tmp_path / "set", splits=folds, each=1), "a", "b", "no splits")


def test_groups_of_different_classes_belong_together(tmp_path):
    class_folders(tmp_path / "set" / "pleasant", ("happy", "surprise"))
    class_folders(tmp_path / "set" / "unpleasant", ("sad", "fear"))
    assert total(looked_at(tmp_path / "set")) == dict.fromkeys(
        ("happy", "surprise", "sad", "fear"), 4
    )


@pytest.mark.parametrize(
    "names",
    [
        ("0 - Angry", "1.disgust", "2_fear_faces", "Happiness", "Sadness", "Suprised", "Natural"),
        ("Angery", "Digust", "fearfull", "hapiness", "saddness", "surpirse", "nuetral"),
        ("(0) ANGER", "Disgusted!", "faces of fear", "happy face(s)", "sad-1", "shocked", "calm"),
        ("AngryFace", "DisgustFace", "FearFace", "HappyFace", "SadFace", "SurpriseFace", "Neutral"),
        ("ANG", "DIS", "FEA", "HAP", "SAD", "SUR", "NEU"),
        ("emotion_anger", "emotion_disgust", "afraid", "joy", "sorrow", "surprise", "normal"),
        ("0", "1.0", "02", "class_3", "label 4", "emotion5", "6"),
    ],
)
def test_class_folders_in_any_spelling(tmp_path, names):
    found = looked_at(class_folders(tmp_path / "set", names))
    assert total(found) == SEVEN and found.num_problems == 0


def test_a_reading_that_is_not_obvious_is_a_note(tmp_path):
    found = looked_at(class_folders(tmp_path / "set", ("happy", "2_fear_faces", "Suprised")))
    assert "'2_fear_faces' as fear" in notes(found) and "'Suprised' as surprise" in notes(found)
    assert "'happy'" not in notes(found)


@pytest.mark.parametrize(
    "name", ["happy_sad", "Fear & Surprise", "happily surprised", "sad_contempt"]
)
def test_a_name_that_says_two_things_is_a_question(tmp_path, name):
    root = class_folders(tmp_path / "set", ("angry", "neutral", name))
    question(root, name, "--classes")
    found = looked_at(root, classes=f"{name}=skip")
    assert total(found) == {"angry": 4, "neutral": 4} and name in notes(found)


def test_a_class_inside_another_is_a_question(tmp_path):
    class_folders(tmp_path / "set")
    save(tmp_path / "set" / "happy" / "sad people" / "1.png")
    question(tmp_path / "set", "sad people", "happy")


@pytest.mark.parametrize("name", ["not_happy", "unhappy", "contempt", "bored", "surface"])
def test_classes_beyond_the_seven_are_counted_named_and_left_out(tmp_path, name):
    root = class_folders(tmp_path / "set", (*EMOTIONS[:6], name))
    found = looked_at(root)
    assert total(found) == dict.fromkeys(EMOTIONS[:6], 4) and found.num_problems == 0
    assert found.other_classes == {name: 4} and f"{name} 4" in notes(found)


def test_persons_below_the_class(tmp_path):
    for emotion in EMOTIONS:
        for person in ("S01", "AN", "7"):
            save(tmp_path / "set" / emotion / person / "1.png")
        save(tmp_path / "set" / emotion / "2.png")
    found = looked_at(tmp_path / "set")
    assert total(found) == SEVEN and "one person may be in several splits" in notes(found)


@pytest.mark.parametrize("persons", [("S01", "S02"), ("subject 1", "subject 2"), ("Actor_07",)])
def test_persons_above_the_class(tmp_path, persons):
    found = looked_at(class_folders(tmp_path / "set", splits=persons))
    assert sum(total(found).values()) == 28 * len(persons)
    assert ("one person" in notes(found)) == (len(persons) > 1)


def test_a_folder_around_all_says_nothing_of_the_class(tmp_path):
    class_folders(tmp_path / "set" / "happy and sad faces", ("happy", "sad"))
    save(tmp_path / "set" / "cover.png")
    found = looked_at(tmp_path / "set")
    assert total(found) == {"happy": 4, "sad": 4} and "cover.png" in str(found.problems[0])


@pytest.mark.parametrize(
    ("names", "order"),
    [
        (range(1, 8), "RAF-DB"),
        (range(8), "AffectNet"),
        (range(11), "AffectNet"),
        (range(1, 7), "RAF-DB"),
        ([f"class_{n}" for n in range(1, 8)], "RAF-DB"),
    ],
)
def test_numbers_that_may_mean_anything_are_a_question(tmp_path, names, order):
    root = class_folders(tmp_path / "set", map(str, names), splits=("train", "test"), each=2)
    question(root, order, "--classes")


def test_numbers_are_read_aloud(tmp_path):
    found = looked_at(class_folders(tmp_path / "set", map(str, range(7))))
    assert "0 angry, 1 disgust, 2 fear" in notes(found)


def test_classes_say_what_numbers_mean(tmp_path):
    root = class_folders(tmp_path / "set", map(str, range(1, 8)))
    classes = ",".join(f"{n}={emotion}" for n, emotion in enumerate(odd.RAF_ORDER, 1))
    data = loading.load(root, classes=classes)
    label = {source[0]: EMOTIONS[data.labels[n]] for n, source in enumerate(data.sources)}
    assert label == {str(n): emotion for n, emotion in enumerate(odd.RAF_ORDER, 1)}


@pytest.mark.parametrize(
    ("classes", "words"),
    [
        ("1=surprise", ("2", "Name all")),
        (",".join(f"{n}=sad" for n in range(9)), ("--classes names", "8")),
        ("1=bliss", ("bliss", "none of angry")),
        ("1=happy=sad", ("happy=sad",)),
        ("happy", ("not understood",)),
        ("=happy", ("not understood",)),
    ],
)
def test_classes_that_do_not_fit_are_refused(tmp_path, classes, words):
    root = class_folders(tmp_path / "set", map(str, range(1, 8)), each=1)
    question(root, *words, classes=classes)


@pytest.mark.parametrize("folder", ["Image/aligned", "Image/original", "."])
def test_raf_db_by_its_list(tmp_path, folder):
    lines = []
    for n in range(28):
        split = "train" if n < 21 else "test"
        aligned = "" if folder == "Image/original" else "_aligned"
        save(tmp_path / "raf" / folder / f"{split}_{n:05d}{aligned}.jpg", 100)
        lines.append(f"{split}_{n:05d}.jpg {n % 7 + 1}")
    (tmp_path / "raf" / "EmoLabel").mkdir()
    (tmp_path / "raf" / "EmoLabel" / "list_patition_label.txt").write_text("\n".join(lines))
    data = loading.load(tmp_path / "raf")
    assert EMOTIONS[data.labels[0]] == "surprise" and EMOTIONS[data.labels[6]] == "neutral"
    found = inspection.inspect(data)
    assert sum(found.counts["train"].values()) == 21 and sum(found.counts["test"].values()) == 7


def test_raf_dbs_aligned_pictures_go_before_the_originals(tmp_path):
    for n in range(14):
        save(tmp_path / "raf" / "original" / f"train_{n:05d}.jpg", 120)
        save(tmp_path / "raf" / "aligned" / f"train_{n:05d}_aligned.jpg", 100)
    lines = [f"train_{n:05d}.jpg {n % 7 + 1}" for n in range(15)]
    (tmp_path / "raf" / "list_patition_label.txt").write_text("\n".join(lines))
    data = loading.load(tmp_path / "raf")
    assert {source.partition("/")[0] for source in data.sources} == {"aligned"}
    assert data.num_problems == 1 and "train_00014" in str(data.problems[0])


def test_raf_dbs_compound_expressions_are_refused(tmp_path):
    save(tmp_path / "raf" / "train_00001.jpg")
    (tmp_path / "raf" / "list_patition_label.txt").write_text("train_00001.jpg 11\n")
    question(tmp_path / "raf", "compound")


@pytest.mark.parametrize("header", [False, True])
def test_fer_plus_folders_have_votes_and_no_labels(tmp_path, header):
    for split in ("FER2013Train", "FER2013Valid", "FER2013Test"):
        rows = []
        for n in range(14):
            save(tmp_path / "plus" / split / f"fer{n:07d}.png")
            votes = [0] * 10
            votes[n % 8], votes[(n + 1) % 8] = 7, 3
            rows.append([f"fer{n:07d}.png", "(0, 0, 48, 48)", *votes])
        names = ["file", "box", *"NHSDAGFCUX"]
        rows.append(["gone.png", "(0, 0, 48, 48)", 9, *[0] * 9])
        path = tmp_path / "plus" / split / "label.csv"
        table(path, names if header else rows[0], rows if header else rows[1:])
    data = loading.load(tmp_path / "plus")
    found = inspection.inspect(data)
    assert [sum(counts.values()) for counts in found.counts.values()] == [14, 14, 14]
    assert found.has_votes and found.num_voted == 42 and data.whole_faces
    assert data.votes[1].tolist() == [0, 0, 0, 7, 0, 3, 0, 0, 0, 0]  # happiness 7, surprise 3
    assert found.num_problems == 3 and "gone.png is missing" in str(found.problems[0])


@pytest.mark.parametrize(
    ("header", "make", "where"),
    [
        (("file", "label"), lambda n: (f"{n}.png", EMOTIONS[n % 7]), "images"),
        (("filename", "emotion"), lambda n: (f"images/{n}.png", n % 7), "images"),
        (("label", "image"), lambda n: (EMOTIONS[n % 7].upper(), f"pictures/{n}"), "deep/pictures"),
        (("id", "expression"), lambda n: (str(n), f"{n % 7}.0"), "."),
        (("Image", "Emotion"), lambda n: (f".\\images\\{n}.png", EMOTIONS[n % 7]), "images"),
        (None, lambda n: (f"{n}.png", EMOTIONS[n % 7]), "images"),
    ],
)
def test_lists_of_files_and_labels(tmp_path, header, make, where):
    for n in range(28):
        save(tmp_path / "set" / where / f"{n}.png")
    rows = [make(n) for n in range(28)]
    path = tmp_path / "set" / "labels.csv"
    table(path, header or rows[0], rows if header else rows[1:])
    for given in (tmp_path / "set", path) if header else (tmp_path / "set",):
        found = looked_at(given)
        assert total(found) == SEVEN and found.num_problems == 0
        assert "labels.csv" in notes(found)


def test_a_list_parted_by_blanks(tmp_path):
    for n in range(28):
        save(tmp_path / "set" / f"{n}.png")
    lines = "\n".join(f"{n}.png {EMOTIONS[n % 7]}" for n in range(28))
    (tmp_path / "set" / "list.txt").write_text(lines)
    assert total(looked_at(tmp_path / "set")) == SEVEN


def test_lists_may_say_the_split_or_be_one_each(tmp_path):
    for n in range(28):
        save(tmp_path / "column" / "all" / f"{n}.png")
        save(tmp_path / "each" / ("train" if n < 21 else "test") / f"{n}.png")
    rows = [(f"{n}.png", EMOTIONS[n % 7], "train" if n < 21 else "test") for n in range(28)]
    table(tmp_path / "column" / "all.csv", ("file", "label", "split"), rows)
    for split in ("train", "test"):
        own = [row[:2] for row in rows if row[2] == split]
        table(tmp_path / "each" / f"{split}_labels.csv", ("file", "label"), own)
    for name in ("column", "each"):
        counts = looked_at(tmp_path / name).counts
        assert sum(counts["train"].values()) == 21 and sum(counts["test"].values()) == 7


def test_what_a_list_lacks_or_names_in_vain_is_counted(tmp_path):
    for n in range(14):
        save(tmp_path / "set" / f"{n}.png")
    rows = [(f"{n}.png", EMOTIONS[n % 7]) for n in range(13)] + [("gone.png", "happy")]
    rows += [("0.png", "contempt")]
    table(tmp_path / "set" / "labels.csv", ("file", "label"), rows)
    found = looked_at(tmp_path / "set")
    assert sum(total(found).values()) == 13 and found.num_problems == 3
    shown = " ".join(map(str, found.problems))
    assert "gone.png is missing" in shown and "listed as angry and as contempt" in shown
    assert "no list names it" in shown


def test_numbers_in_a_list_are_read_as_those_of_folders(tmp_path):
    for n in range(14):
        save(tmp_path / "set" / f"{n}.png")
    rows = [(f"{n}.png", n % 7 + 1) for n in range(14)]
    table(tmp_path / "set" / "labels.csv", ("file", "label"), rows)
    question(tmp_path / "set", "RAF-DB", "--classes")


def test_jaffe_and_kdef_by_their_file_names(tmp_path):
    for person in ("KA", "SA"):  # SA is a person, not sad
        for code in ("AN", "DI", "FE", "HA", "SA", "SU", "NE"):
            for n in (1, 2):
                save(tmp_path / "jaffe" / person / f"{person}.{code}{n}.{n}.tiff", 64)
    for person in ("AF01", "BM35"):
        for code in ("AN", "DI", "AF", "HA", "SA", "SU", "NE"):
            for view in ("S", "HL"):
                save(tmp_path / "kdef" / person / f"{person}{code}{view}.JPG", 64)
    for name in ("jaffe", "kdef"):
        found = looked_at(tmp_path / name)
        assert total(found) == SEVEN and name.upper() in notes(found)


def test_words_in_file_names(tmp_path):
    for n, emotion in enumerate(EMOTIONS * 2):
        save(tmp_path / "set" / f"{n}_{emotion}.png")
    found = looked_at(tmp_path / "set")
    assert total(found) == dict.fromkeys(EMOTIONS, 2) and "file names" in notes(found)


def test_pgm_and_ppm_are_pictures_and_the_rest_is_counted_by_ending(tmp_path):
    for n in range(28):
        ending = ("pgm", "png", "ppm", "PGM")[n % 4]
        save(tmp_path / "set" / EMOTIONS[n % 7] / f"{n}.{ending}")
    for name in ("a.npy", "b.npy", "README", ".DS_Store", "happy/Thumbs.db"):
        (tmp_path / "set" / name).write_bytes(b"x")
    found = looked_at(tmp_path / "set")
    assert total(found) == SEVEN
    assert found.passed_over == {".npy": 2, "without ending": 1, "hidden": 2}
    assert ".npy 2" in notes(found)


@pytest.mark.parametrize(
    "labels",
    [
        [f"{n}.0" for n in LABELS],
        [EMOTIONS[n] for n in LABELS],
        [f" {n} " for n in LABELS],
        ["Anger" if n == 0 else EMOTIONS[n].title() for n in LABELS],
    ],
)
@pytest.mark.parametrize("header", ["emotion", "label", "Class"])
def test_labels_of_tables(tmp_path, labels, header):
    assert total(looked_at(label_table(tmp_path / "set.csv", labels, header))) == TWICE


@pytest.mark.parametrize(
    ("name", "how"),
    [
        ("set.tsv", {"delimiter": "\t"}),
        ("set.csv", {"delimiter": "\t"}),
        ("set.csv", {"delimiter": ";"}),
        ("set.csv", {"encoding": "utf-16"}),
        ("set.csv", {"encoding": "utf-16-le"}),
        ("set.csv", {"encoding": "utf-16-be"}),
        ("set.csv", {"encoding": "utf-8-sig"}),
        ("set.tsv", {"encoding": "utf-16", "delimiter": "\t"}),
    ],
)
def test_tables_as_programs_save_them(tmp_path, name, how):
    assert total(looked_at(label_table(tmp_path / name, LABELS, **how))) == TWICE


@pytest.mark.parametrize(
    ("form", "between"),
    [("[{}]", ", "), ("({})", ","), ("{}", ","), ("{} ", "  "), ('"[{}]"', " "), ("{}", "; ")],
)
def test_pixels_in_a_cell_however_they_are_parted(tmp_path, form, between):
    rows = [(n, form.format(odd.pixel_text(between=between))) for n in range(7)]
    data = loading.load(table(tmp_path / "set.csv", ("emotion", "pixels"), rows))
    assert len(data) == 7 and {picture.shape for picture in data.pictures} == {(48, 48)}


def test_pixels_without_quotes_or_in_columns_of_their_own(tmp_path):
    usage = ["Training"] * 7 + ["PublicTest"] * 7
    rows = [(n, *odd.pixel_text().split(), use) for n, use in zip(LABELS, usage, strict=True)]
    unquoted = table(tmp_path / "unquoted.csv", ("emotion", "pixels", "Usage"), rows)
    names = [f"pixel{n}" for n in range(2304)]
    own = table(tmp_path / "own.csv", ("label", *names, "Usage"), rows)
    for path in (unquoted, own):
        data = loading.load(path)
        assert (data.pictures[0].ravel() == np.array(rows[0][1:-1], int)).all()
        assert inspection.inspect(data).counts["validation"] == dict.fromkeys(EMOTIONS, 1)


@pytest.mark.parametrize("side", [32, 64, 100, 224])
def test_other_square_sizes(tmp_path, side):
    rows = [(n, odd.pixel_text(side)) for n in LABELS]
    data = loading.load(table(tmp_path / "set.csv", ("emotion", "pixels"), rows))
    assert {picture.shape for picture in data.pictures} == {(side, side)}


def test_one_size_a_table(tmp_path):
    rows = [(n, odd.pixel_text(48 if n else 47)) for n in (1, 0, 2, 3)]
    found = looked_at(table(tmp_path / "set.csv", ("emotion", "pixels"), rows))
    assert found.num_faces == 3 and "2,209 pixels; expected 2304" in str(found.problems[0])


def test_fractions_are_no_pixels(tmp_path):
    fractions = " ".join(["0.5"] * 2304)
    rows = [(n, fractions) for n in LABELS]
    question(table(tmp_path / "set.csv", ("emotion", "pixels"), rows), "fractions", "0 to 255")


@pytest.mark.parametrize(("first", "order"), [(1, "RAF-DB"), (0, "AffectNet")])
@pytest.mark.parametrize("header", ["emotion", "label"])
def test_numbers_of_tables_that_are_not_fer2013s(tmp_path, first, order, header):
    path = label_table(tmp_path / "set.csv", [*range(first, 8)] * 2, header)
    question(path, order, "--classes")
    order = odd.RAF_ORDER if first else ("neutral", *odd.RAF_ORDER)
    classes = ",".join(f"{n}={emotion}" for n, emotion in enumerate(order, first))
    assert sum(total(looked_at(path, classes=classes)).values()) == 2 * (8 - first)


def test_contempt_in_a_table_is_named(tmp_path):
    labels = [*(EMOTIONS[n] for n in LABELS), "Contempt", "contempt"]
    found = looked_at(label_table(tmp_path / "set.csv", labels))
    assert total(found) == TWICE and found.other_classes == {"Contempt": 1, "contempt": 1}


TAR = b"fer2013/fer2013.csv" + b"\0" * 238 + b"ustar" + b"\0" * 250


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("faces.csv", TAR, ("tar", "unpack")),
        ("faces.zip", TAR, ("tar", "unpack")),
        ("faces.tar", TAR, ("tar", "unpack")),
        ("faces.csv", b"\x1f\x8b\x08" + bytes(50), ("gzip", "unpack")),
        ("faces.rar", b"Rar!\x1a\x07\x00" + bytes(50), ("RAR", "unpack")),
        ("faces.csv", b"<!DOCTYPE html><html>", ("web page", "log in")),
        ("faces.csv", b"PK\x03\x04" + bytes(50), ("zip archive", ".zip")),
        ("faces.csv", b"PK\x03\x04..[Content_Types].xml" + bytes(50), ("Excel", "CSV")),
        ("faces.csv", b"version https://git-lfs.github.com/spec/v1\n", ("Git LFS",)),
    ],
)
def test_files_are_named_for_what_they_are(tmp_path, name, data, words):
    (tmp_path / name).write_bytes(data)
    question(tmp_path / name, name, *words)


def test_an_archive_in_an_archive_is_named(tmp_path):
    inner = zip_of(tmp_path / "faces.zip", ["happy/1.png", "sad/1.png"])
    outer = tmp_path / "outer.zip"
    with zipfile.ZipFile(outer, "w") as archive:
        archive.write(inner, "data/faces.zip")
    question(outer, "another archive", "faces.zip", "Unpack")
    (tmp_path / "box").mkdir()
    (tmp_path / "box" / "fer2013.tar.gz").write_bytes(b"\x1f\x8b\x08" + bytes(50))
    question(tmp_path / "box", "fer2013.tar.gz", "Unpack")


@pytest.mark.parametrize("slash", ["\\", "/"])
def test_zips_from_windows_and_macos(tmp_path, slash):
    files = [f"faces{slash}{emotion}{slash}{n}.png" for emotion in EMOTIONS for n in range(4)]
    extra = {"__MACOSX/faces/happy/._1.png": b"\0\5\x16\7", f"faces{slash}sad{slash}": b""}
    path = zip_of(tmp_path / "set.zip", files, extra)
    found = looked_at(path)
    assert total(found) == SEVEN and found.passed_over == {"hidden": 1}
    with loading.opened(path) as data:
        assert data.pictures[0].shape == (48, 48, 3)


def parquet(path, columns, metadata=None):
    made = pyarrow.table(columns)
    if metadata:
        made = made.replace_schema_metadata({"huggingface": json.dumps(metadata)})
    pyarrow.parquet.write_table(made, path)
    return path


def test_parquet_as_hubs_have_it(tmp_path):
    images = [{"bytes": odd.encoded(), "path": None} for _ in LABELS]
    names = {"names": [*EMOTIONS[::-1]]}
    metadata = {"info": {"features": {"label": {**names, "_type": "ClassLabel"}}}}
    path = parquet(tmp_path / "set.parquet", {"image": images, "label": LABELS}, metadata)
    data = loading.load(path)
    assert [EMOTIONS[label] for label in data.labels[:7]] == [*EMOTIONS[::-1]]
    found = looked_at(parquet(tmp_path / "b.parquet", {"image": images, "label": LABELS}))
    assert total(found) == TWICE and "0 angry" in notes(found)


def test_parquet_with_pixels_and_floats(tmp_path):
    pixels = [[int(value) for value in odd.pixel_text().split()] for _ in LABELS]
    columns = {"pixels": pixels, "emotion": [float(n) for n in LABELS]}
    assert total(looked_at(parquet(tmp_path / "set.parquet", columns))) == TWICE


def test_a_set_without_splits_says_how_it_was_cut(tmp_path):
    found = looked_at(class_folders(tmp_path / "none", each=10))
    assert "no splits of its own" in notes(found) and "80%" in notes(found)
    found = looked_at(class_folders(tmp_path / "some", splits=("train", "test"), each=10))
    assert "no validation split" in notes(found) and "validation" not in found.counts
    found = looked_at(class_folders(tmp_path / "all", splits=("train", "val", "test")))
    assert "split" not in notes(found)


def test_fer2013_itself_needs_no_words(tmp_path):
    rows = [
        (n, odd.pixel_text(), "Training" if row < 7 else "PublicTest")
        for row, n in enumerate(LABELS)
    ]
    rows += [(0, odd.pixel_text(), "PublicTest")]
    assert looked_at(table(tmp_path / "a.csv", ("emotion", "pixels", "Usage"), rows)).notes == ()


def test_the_caller_of_an_opened_zip_keeps_its_own_errors(tmp_path):
    path = zip_of(tmp_path / "set.zip", ["happy/1.png", "sad/1.png"])
    for error in (EOFError, NotImplementedError, zipfile.BadZipFile):
        with pytest.raises(error, match="mine"), loading.opened(path):
            raise error("mine")


def test_inspect_says_all_of_it(tmp_path, capsys):
    root = class_folders(tmp_path / "set", (*map(str, range(7)),))
    (root / "notes.txt").write_text("x")
    assert main(["inspect", "--data", str(root), "--json", "-"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert record["passed_over"] == {".txt": 1} and record["other_classes"] == {}
    assert any("0 angry" in note for note in record["notes"])
    classes = ",".join(f"{n}={emotion}" for n, emotion in enumerate(EMOTIONS[::-1]))
    assert main(["inspect", "--data", str(root), "--classes", classes]) == 0
    shown = capsys.readouterr()
    assert "28 faces" in shown.out and "0 angry" not in shown.err and ".txt 1" in shown.err
    assert main(["inspect", "--data", str(root), "--classes", "0=bliss"]) == 2
