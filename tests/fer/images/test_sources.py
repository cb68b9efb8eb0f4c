"""Pictures in every shape that callers have them."""

from __future__ import annotations

import io
import pathlib
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import PIL.Image
import pytest
from streamlit.proto.Common_pb2 import FileURLs
from streamlit.runtime.uploaded_file_manager import UploadedFile, UploadedFileRec

from fer import images
from fer.errors import BadImage
from tests.helpers import astronaut

EXPECTED = astronaut()[:120, :200]
PICTURE = PIL.Image.fromarray(EXPECTED)
BUFFER = io.BytesIO()
PICTURE.save(BUFFER, "PNG")
DATA = BUFFER.getvalue()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / " with blanks .png"
    path.write_bytes(DATA)
    return path


def test_paths_bytes_files_and_pictures_are_the_same_picture(path: Path) -> None:
    upload = UploadedFile(UploadedFileRec("1", "a.png", "image/png", DATA), FileURLs())
    upload.read()
    written = io.BytesIO()
    PICTURE.save(written, "PNG")
    with path.open("rb") as file:
        for source in (
            *(path, str(path), DATA, bytearray(DATA), memoryview(DATA)),
            *(file, upload, written, PICTURE, EXPECTED),
        ):
            assert (images.as_image(source) == EXPECTED).all(), type(source)


def test_a_tilde_is_the_home_folder(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(path.parent))
    assert (images.as_image(f"~/{path.name}") == EXPECTED).all()


GREY = EXPECTED[:, :, 0]
OPAQUE = np.dstack([EXPECTED, np.full(GREY.shape, 255, np.uint8)])


@pytest.mark.parametrize(
    ("array", "expected"),
    [
        (GREY, np.dstack([GREY] * 3)),
        (GREY[:, :, None], np.dstack([GREY] * 3)),
        (OPAQUE, EXPECTED),
        (EXPECTED.astype(np.float32) / 255, EXPECTED),
        (EXPECTED.astype(np.float64) / 255, EXPECTED),
        (EXPECTED[::-1, ::-1], EXPECTED[::-1, ::-1]),
    ],
)
def test_arrays_of_every_kind(array: np.ndarray, expected: np.ndarray) -> None:
    image = images.as_image(array)
    assert image.dtype == np.uint8
    assert image.flags.c_contiguous
    assert (image == expected).all()


def test_transparent_pixels_of_an_array_are_white() -> None:
    assert (images.as_image(np.zeros((4, 4, 4), np.uint8)) == 255).all()


@pytest.mark.parametrize("code", [cv2.COLOR_RGB2BGR, cv2.COLOR_RGB2BGRA])
def test_opencv_order_is_turned_round_on_request(code: int) -> None:
    assert (images.as_image(cv2.cvtColor(EXPECTED, code), bgr=True) == EXPECTED).all()


@pytest.mark.parametrize("mode", ["L", "LA", "P", "CMYK", "RGBA", "I;16", "1"])
def test_pil_images_of_every_mode(mode: str) -> None:
    picture = (
        PICTURE.convert("I").point(lambda value: value * 257).convert(mode)
        if (mode == "I;16")
        else PICTURE.convert(mode)
    )
    assert images.as_image(picture).shape == EXPECTED.shape


def test_a_pil_image_is_turned_upright() -> None:
    stored = PICTURE.transpose(PIL.Image.Transpose.ROTATE_90)
    stored.getexif()[0x0112] = 6
    assert (images.as_image(stored) == EXPECTED).all()
    assert stored.size == (120, 200)


@pytest.mark.parametrize(
    ("source", "text"),
    [
        (None, "cv2.imread returns None"),
        ("", "empty path"),
        ("https://example.org/a.jpg", "web address"),
        (Path("https://example.org/a.jpg"), "web address"),
        ("s3://bucket/a.jpg", "web address"),
        ("file:///home/me/a.jpg", "file://"),
        (Path("file:///home/me/a.jpg"), "file://"),
        ("data:image/png;base64,iVBOR", "data URI"),
        (5, "an int was given"),
        ({"a": 1}, "a dict was given"),
        ([DATA], "a list was given"),
        (io.StringIO("text"), 'mode "rb"'),
        (pathlib.PurePosixPath("/none/such.jpg"), r"such\.jpg does not exist"),
        (np.zeros((5, 5, 2), np.uint8), "shape"),
        (np.zeros((0, 5, 3), np.uint8), "shape"),
        (np.zeros(5, np.uint8), "shape"),
        (np.zeros((3, 50, 60), np.uint8), "transpose"),
        (np.zeros((2, 50, 60, 3), np.uint8), "as a list"),
        (np.zeros((5, 5, 3), np.int64), "int64 was given"),
        (np.zeros((5, 5, 3), np.uint16), "uint16 was given"),
        (np.zeros((5, 5), bool), "bool was given"),
        (np.full((5, 5, 3), 2.0), "from 2 to 2"),
        (np.full((5, 5, 3), -0.1), "between 0 and 1"),
        (np.full((5, 5, 3), np.nan), "nan"),
        (np.array([["a"]]), "was given"),
    ],
)
def test_what_is_no_picture_is_named(source: Any, text: str) -> None:
    with pytest.raises(BadImage, match=text) as caught:
        images.as_image(source)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["data", "data.png", "file:a.png", "a: b.png", "~x.png"])
def test_names_that_look_like_addresses_are_names(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path(name).write_bytes(DATA)
    assert (images.as_image(name) == EXPECTED).all()


def test_no_blank_is_stripped_from_a_name(path: Path) -> None:
    with pytest.raises(BadImage, match="does not exist"):
        images.as_image(str(path.parent / path.name.strip()))


def test_a_closed_file_is_a_sentence(path: Path) -> None:
    file = path.open("rb")
    file.close()
    with pytest.raises(BadImage, match="closed file"):
        images.as_image(file)


def test_a_damaged_lazy_pil_image_is_a_sentence() -> None:
    picture = PIL.Image.open(io.BytesIO(DATA[: len(DATA) // 2]))
    with pytest.raises(BadImage, match="damaged"):
        images.as_image(picture)


def test_too_many_pixels_of_an_array_are_refused() -> None:
    with pytest.raises(BadImage, match="megapixels"):
        images.as_image(np.broadcast_to(np.uint8(0), (8000, 8000, 3)))
