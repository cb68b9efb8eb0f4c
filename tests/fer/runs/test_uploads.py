"""Uploads: stored once, whole or not at all, listed, and gone with their last run."""

import dataclasses
import errno
import hashlib
import io
import os
import stat
import sys

import pytest

from fer.errors import BadDataset
from fer.runs import store, uploads, weights
from fer.runs.settings import TrainSettings


@pytest.fixture(autouse=True)
def runs_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("FER_RUNS", str(tmp_path / "runs"))
    return tmp_path / "runs"


def stored(data=b"emotion,pixels", name="fer2013.csv"):
    return uploads.save(io.BytesIO(data), name)


def left_in(folder):
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def test_an_upload_is_stored_under_its_hash(runs_folder):
    path = stored(b"abc", "My data (1).CSV")
    digest = hashlib.sha256(b"abc").hexdigest()
    assert path == (runs_folder / "uploads" / digest / "My_data_1.csv").resolve()
    assert path.read_bytes() == b"abc"
    assert left_in(uploads.folder()) == [digest]


@pytest.mark.skipif(os.name != "posix", reason="Windows has other permissions")
def test_nobody_else_may_read_an_upload(runs_folder):
    (runs_folder / "uploads").mkdir(parents=True, mode=0o755)  # as older versions made it
    path = stored()
    modes = [stat.S_IMODE(item.stat().st_mode) for item in (path, path.parent, path.parent.parent)]
    assert modes == [0o600, 0o700, 0o700]


def test_the_same_bytes_are_kept_once():
    assert stored(b"abc", "a.csv") == stored(b"abc", "b.csv")
    assert len(uploads.listing()) == 1


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("../../etc/x.csv", "x.csv"),
        ("C:\\data\\faces.zip", "faces.zip"),
        ("...csv", "upload.csv"),
        ("ünï\ncode\0.parquet", "n_code.parquet"),
        ("a" * 300 + ".zip", "a" * 60 + ".zip"),
    ],
)
def test_names_become_safe(name, safe):
    assert uploads.safe_name(name) == safe


def test_weights_keep_their_double_ending_and_are_used_by_runs():
    path = uploads.save(io.BytesIO(b"\x89HDF"), "My Weights.weights.h5", weights.ENDINGS)
    assert path.name == "My_Weights.weights.h5"
    run = store.create(TrainSettings("drawn", weights=str(path)))
    assert uploads.used_by(uploads.hash_of(path)) == (run.id,)
    with pytest.raises(BadDataset, match=r"ends in .csv"):
        uploads.save(io.BytesIO(b"\x89HDF"), "weights.h5")


@pytest.mark.parametrize("name", ["faces.exe", "faces", "", "faces.csv.py"])
def test_other_kinds_are_refused(name):
    with pytest.raises(
        BadDataset, match=r"Upload a file that ends in .csv, .tsv, .parquet or .zip\."
    ):
        stored(b"abc", name)


@pytest.mark.parametrize(
    ("data", "name", "ending"),
    [(b"PK\x03\x04rest", "faces.csv", ".zip"), (b"PAR1rest", "faces.zip", ".parquet")],
)
def test_what_holds_another_kind_than_its_ending_says_is_refused(data, name, ending):
    with pytest.raises(BadDataset, match=f"the ending {ending}"):
        stored(data, name)
    assert left_in(uploads.folder()) == []
    stored(data, "faces" + ending)


def test_empty_and_oversized_uploads_leave_nothing_behind(monkeypatch):
    monkeypatch.setattr(uploads, "MAX_BYTES", 3)
    with pytest.raises(BadDataset, match="larger than"):
        stored(b"abcd")
    with pytest.raises(BadDataset, match="is empty"):
        stored(b"")
    assert left_in(uploads.folder()) == []


def test_the_stream_is_read_in_pieces():
    class Stream(io.BytesIO):
        largest = 0

        def read(self, size=-1):
            assert 0 < size <= 1 << 20
            return super().read(size)

    uploads.save(Stream(bytes(3 << 20)), "zeros.csv")


def test_a_full_disk_is_a_sentence_and_leaves_nothing_behind(monkeypatch):
    class Full(io.BytesIO):
        def read(self, size=-1):
            raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(
        BadDataset, match=r"fer2013.csv cannot be stored: No space left on device\."
    ):
        uploads.save(Full(b"x"), "fer2013.csv")
    assert left_in(uploads.folder()) == []


def test_runs_that_use_an_upload_are_found_by_data_and_by_votes():
    data, votes = stored(b"data"), stored(b"votes", "fer2013new.csv")
    run = store.create(TrainSettings(data=str(data), votes=str(votes)))
    store.create(TrainSettings(data="drawn"))
    broken = store.folder() / "broken"
    broken.mkdir()
    (broken / "settings.json").write_text("{")
    for path in (data, votes):
        digest = uploads.hash_of(path)
        assert uploads.used_by(digest) == (run.id,)
    assert {upload.used_by for upload in uploads.listing()} == {(run.id,)}
    assert uploads.hash_of("drawn") is None and uploads.hash_of(uploads.folder()) is None


def test_a_working_run_protects_its_upload():
    path = stored()
    digest = uploads.hash_of(path)
    run = store.create(TrainSettings(data=str(path)))
    with pytest.raises(BadDataset, match=f"the run {run.id} uses this upload"):
        uploads.delete(digest)
    run.write_status(dataclasses.replace(run.status(), state="finished"))
    uploads.delete(digest)
    assert left_in(uploads.folder()) == []


@pytest.mark.parametrize("digest", ["..", "", "a" * 64, "../" + "a" * 61, "A" * 64])
def test_only_uploads_can_be_deleted(digest):
    stored()
    with pytest.raises(BadDataset, match="no such upload"):
        uploads.delete(digest)
    assert len(uploads.listing()) == 1


def test_an_upload_goes_with_its_last_run():
    path = stored()
    digest = uploads.hash_of(path)
    first, last = (store.create(TrainSettings(data=str(path))) for _ in range(2))
    (first.path / "settings.json").unlink()
    assert not uploads.delete_if_unused(digest)
    (last.path / "settings.json").unlink()
    assert uploads.delete_if_unused(digest)
    assert not path.exists()


def test_what_nobody_uses_is_cleared_away_after_a_while():
    used, old, young = stored(b"used"), stored(b"old"), stored(b"young")
    store.create(TrainSettings(data=str(used)))
    half = uploads.folder() / ".incoming-0"
    half.mkdir()
    for place in (used.parent, old.parent, half):
        os.utime(place, (1, 1))
    assert uploads.delete_unused() == [uploads.hash_of(old)]
    assert used.exists() and young.exists() and not old.exists() and not half.exists()
    assert uploads.delete_unused(grace_seconds=-1) == [uploads.hash_of(young)]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no locks of folders")
def test_a_clock_that_is_set_forward_removes_no_upload_that_is_arriving():
    class Arriving(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            (incoming,) = uploads.folder().glob(".incoming-*")
            os.utime(incoming, (1, 1))
            uploads.delete_unused()
            return super().read(size)

    assert uploads.save(Arriving(b"path,label"), "a.csv").read_bytes() == b"path,label"


def test_storing_again_makes_an_upload_young():
    path = stored(b"abc")
    os.utime(path.parent, (1, 1))
    stored(b"abc")
    assert uploads.delete_unused() == []


def test_a_missing_folder_lists_nothing():
    assert uploads.listing() == [] and uploads.delete_unused() == []
