"""Small files that unpack to a lot or take very long: readers count what they read, and can be
stopped."""

from __future__ import annotations

import contextlib
import itertools
import json
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow
import pyarrow.parquet
import pytest
from hypothesis import given, strategies as st

from fer import images
from fer.data import budget, loading, selection
from fer.data.budget import Budget
from fer.data.formats import delimited, pixel_tables, table_files
from fer.data.formats.parquet import pages
from fer.errors import BadDataset, OverBudget, Stopped
from tests.fer.data import hostile, odd_data_sets as odd
from tests.fer.data.hostile import MB

Forms = Callable[[Path], Path]


def as_csv(folder: Path) -> Path:
    return odd.label_table(folder / "faces.csv", [n % 7 for n in range(40)])


def as_votes(folder: Path) -> Path:
    names = (*("neutral", "happiness", "surprise", "sadness", "anger"),)
    names += (*("disgust", "fear", "contempt", "unknown", "NF"),)
    odd.table(folder / "fer2013new.csv", ("Usage", *names), [("Training", *[1] * 10)] * 40)
    return as_csv(folder)


def as_parquet(folder: Path) -> Path:
    return hostile.cells(folder / "faces.parquet", [odd.encoded() for _ in range(40)])


def as_folder(folder: Path) -> Path:
    return odd.class_folders(folder / "faces")


def as_zip(folder: Path) -> Path:
    files = [f"{name}/{n}.png" for name in ("happy", "sad") for n in range(20)]
    return odd.zip_of(folder / "faces.zip", files)


def as_zipped_csv(folder: Path) -> Path:
    return hostile.packed(folder / "faces.zip", {"faces.csv": as_csv(folder).read_bytes()})


def as_zipped_parquet(folder: Path) -> Path:
    return hostile.packed(folder / "faces.zip", {"faces.parquet": as_parquet(folder).read_bytes()})


def as_label_list(folder: Path) -> Path:
    rows = [(f"{number}.png", ("happy", "sad")[number % 2]) for number in range(40)]
    for file, _ in rows:
        odd.save(folder / file)
    return odd.table(folder / "labels.csv", ("file", "label"), rows)


def as_raf_db(folder: Path) -> Path:
    rows = []
    for number in range(40):
        odd.save(folder / "raf" / f"train_{number}.jpg")
        rows.append((f"train_{number}.jpg {1 + number % 7}",))
    odd.table(folder / "raf" / "list_patition_label.txt", rows[0], rows[1:])
    return folder / "raf"


FORMS = [
    *(as_csv, as_votes, as_parquet, as_folder, as_zip, as_zipped_csv, as_zipped_parquet),
    *(as_label_list, as_raf_db),
]


@pytest.mark.parametrize("form", FORMS)
def test_every_reader_hears_that_it_should_stop(tmp_path: Path, form: Forms) -> None:
    path = form(tmp_path)
    with pytest.raises(Stopped):
        loading.load(path, budget=Budget(lambda: True))
    asked = itertools.count()
    loading.load(path, budget=Budget(lambda: next(asked) < 0))
    total = next(asked)
    assert total > 2
    for after in (1, total - 1):
        asked = itertools.count()
        with pytest.raises(Stopped):
            loading.load(path, budget=Budget(lambda: next(asked) >= after))  # noqa: B023


@pytest.mark.parametrize("form", FORMS)
def test_every_reader_has_limited_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: Forms
) -> None:
    path = form(tmp_path)
    monkeypatch.setattr(budget, "MAX_SECONDS", 0.0)
    with pytest.raises(OverBudget, match="takes more than 0 minutes to read"):
        loading.load(path)
    with pytest.raises(OverBudget, match="takes more than 0 minutes"), loading.opened(path):
        pass


@pytest.mark.parametrize("form", [as_csv, as_parquet, as_folder, as_zip, as_zipped_parquet])
def test_every_reader_has_limited_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: Forms
) -> None:
    path = form(tmp_path)
    monkeypatch.setattr(budget, "MEMORY", 20 * 48 * 48)
    with pytest.raises(OverBudget, match="of memory"):
        loading.load(path)


def test_a_large_data_set_is_told_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    monkeypatch.setattr(budget, "LARGE", 10 * 48 * 48)
    loading.load(as_csv(tmp_path), budget=Budget(on_large=lambda: told.append("large")))
    assert told == ["large"]
    monkeypatch.setattr(budget, "LARGE", 40 * 48 * 48)
    loading.load(as_csv(tmp_path), budget=Budget(on_large=lambda: told.append("large")))
    assert told == ["large"]


def test_faces_are_searched_until_it_should_stop(tmp_path: Path) -> None:
    told: list[str] = []
    path = str(odd.class_folders(tmp_path / "faces"))
    with pytest.raises(Stopped):
        stop = Budget(lambda: "exact duplicates" in " ".join(told))
        selection.prepared(path, report=told.append, budget=stop)


@pytest.mark.parametrize("is_packed", [True, False])
def test_large_pictures_are_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_packed: bool
) -> None:
    cell = hostile.encoded(1000, 1000)
    if is_packed:
        path = hostile.packed(
            tmp_path / "faces.zip",
            {f"{name}/{n}.png": cell for name in ("happy", "sad") for n in range(10)},
        )
    else:
        path = hostile.one_cell(tmp_path / "faces.parquet", cell, rows=20)
    monkeypatch.setattr(budget, "MAX_PIXELS", 5_500_000)
    with pytest.raises(OverBudget, match="gigapixels together"):
        loading.load(path)
    with loading.opened(path) as data:
        assert len(data) == 20
        for row in range(5):
            assert data.pictures[row].size
        with pytest.raises(OverBudget, match="gigapixels together"):
            data.pictures[5]


def test_cells_that_unpack_to_far_more_than_pictures_are_refused(tmp_path: Path) -> None:
    path = hostile.cells(tmp_path / "faces.parquet", [bytes(80 * MB)])
    assert path.stat().st_size < 0.1 * MB
    with pytest.raises(BadDataset, match="would unpack to 80 MB"):
        loading.load(path)


def test_rows_that_name_one_cell_are_read_a_few_at_a_time(tmp_path: Path) -> None:
    path = hostile.one_cell(tmp_path / "faces.parquet", bytes(4 * MB), rows=256)
    assert path.stat().st_size < 0.1 * MB
    tracemalloc.start()
    try:
        with pytest.raises(BadDataset, match="all 256 are wrong"):
            loading.load(path)
        assert tracemalloc.get_traced_memory()[1] < 300 * MB  # all rows have 1,024 MB
    finally:
        tracemalloc.stop()


def test_a_cell_that_many_rows_name_is_kept_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cell = images.encode_png(np.random.default_rng(0).integers(0, 256, (90, 90, 3), np.uint8))
    path = hostile.one_cell(tmp_path / "faces.parquet", cell, rows=700)
    monkeypatch.setattr(budget, "MEMORY", 2 * len(cell))
    with loading.opened(path) as data:
        assert len(data) == 700
        assert data.pictures[699].shape == (90, 90, 3)


def test_long_lists_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = hostile.long_list(tmp_path / "faces.parquet", values=22_000_000)
    assert path.stat().st_size < 0.1 * MB
    with pytest.raises(BadDataset, match="row 1: its cells are larger than 160 MB"):
        loading.load(path)
    monkeypatch.setattr(pages, "MAX_LIST_VALUES", 21_000_000)
    with pytest.raises(BadDataset, match="22,000,000 values in the lists of one row group"):
        loading.load(path)


def test_a_huge_footer_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "MAX_FOOTER", 200)
    with pytest.raises(BadDataset, match=r"describes its columns in .* Write it with fewer"):
        loading.load(as_parquet(tmp_path))


def test_a_parquet_file_in_a_zip_is_held_in_memory_only_if_small(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table_files, "MAX_PACKED_PARQUET", 1000)
    with pytest.raises(BadDataset, match="Take it out of the zip"):
        loading.load(as_zipped_parquet(tmp_path))


@pytest.mark.parametrize("form", [as_label_list, as_raf_db])
def test_a_list_may_not_name_pictures_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: Forms
) -> None:
    path = form(tmp_path)
    monkeypatch.setattr(delimited, "MAX_FACES", 30)
    with pytest.raises(BadDataset, match="more than 30 lines"):
        loading.load(path)


def test_a_table_may_not_have_rows_or_labels_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pixels = " ".join(["1"] * 64)
    labels = [f"class number {n} of many" for n in range(pixel_tables.MAX_CLASSES + 1)]
    path = odd.table(tmp_path / "a.csv", ("label", "pixels"), [(name, pixels) for name in labels])
    with pytest.raises(BadDataset, match="more than 1,000 different labels"):
        loading.load(path)
    monkeypatch.setattr(pixel_tables, "MAX_FACES", 30)
    with pytest.raises(BadDataset, match="more than 30 faces"):
        loading.load(as_csv(tmp_path))


def test_deeply_nested_facts_of_a_parquet_file_are_passed_over(tmp_path: Path) -> None:
    facts = {b"huggingface": b"[" * 100_000 + b"]" * 100_000}
    table = pyarrow.parquet.read_table(as_parquet(tmp_path)).replace_schema_metadata(facts)
    pyarrow.parquet.write_table(table, tmp_path / "deep.parquet")
    assert len(loading.load(tmp_path / "deep.parquet")) == 40
    names = {"info": {"features": {"label": {"names": ["happy", "sad", "fear", "angry"] * 2}}}}
    facts = {b"huggingface": json.dumps(names).encode()}
    pyarrow.parquet.write_table(table.replace_schema_metadata(facts), tmp_path / "names.parquet")
    assert set(loading.load(tmp_path / "names.parquet").labels) == {0, 2, 3, 4}


@pytest.mark.parametrize("version", ["1.0", "2.0"])
@pytest.mark.parametrize("compression", ["none", "snappy", "zstd"])
def test_the_sizes_of_pages_are_those_that_the_footer_sums_up(
    tmp_path: Path, version: str, compression: str
) -> None:
    random = np.random.default_rng(0)
    table = pyarrow.table(
        {
            "image": [random.bytes(n) for n in (*[3000] * 400, 300_000, 0)] + [None],
            "label": [n % 7 for n in range(403)],
            "pixels": [[n] * 50 for n in range(403)],
        }
    )
    path = tmp_path / "faces.parquet"
    pyarrow.parquet.write_table(
        table,
        path,
        compression=compression,
        data_page_version=version,
        data_page_size=20_000,
        row_group_size=150,
    )
    metadata = pyarrow.parquet.ParquetFile(path).metadata
    with path.open("rb") as stream:
        for group, column in itertools.product(range(metadata.num_row_groups), range(3)):
            chunk = metadata.row_group(group).column(column)
            read = list(pages._pages(stream, chunk))
            headers = chunk.total_compressed_size - sum(packed for _, packed, _ in read)
            assert sum(page[0] for page in read) == chunk.total_uncompressed_size - headers
            assert sum(page[2] for page in read) == chunk.num_values
        most = pages.largest(stream, metadata, ["image"], "faces", lambda: None)
    assert most >= 300_000


@given(st.binary(max_size=200))
def test_any_bytes_are_a_page_header_or_refused(data: bytes) -> None:
    header = pages._Header(data)
    with contextlib.suppress(ValueError, IndexError):
        assert min(header.sizes()) >= 0
