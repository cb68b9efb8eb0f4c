"""Every format, every mode, every limit, every broken file."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import PIL.Image
import pytest
from hypothesis import given, strategies as st

from fer import images
from fer.errors import BadImage
from tests.helpers import astronaut
from tests.memory import CAN_MEASURE, growth_megabytes

UPRIGHT = PIL.Image.fromarray(astronaut()[:120, :200])


def encoded(picture: PIL.Image.Image, format: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, format, **options)
    return buffer.getvalue()


def difference(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.abs(a.astype(float) - b.astype(float)).mean())


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "BMP", "TIFF", "AVIF", "HEIF"])
def test_every_format_gives_the_same_picture(format: str) -> None:
    options = {} if format in ("PNG", "BMP", "TIFF") else {"quality": 95}
    image = images.decode(encoded(UPRIGHT, format, **options))
    assert image.dtype == np.uint8
    assert difference(image, np.asarray(UPRIGHT)) < 6


def test_an_animated_gif_gives_its_first_frame() -> None:
    first, second = UPRIGHT.quantize(64), UPRIGHT.rotate(180).quantize(64)
    data = encoded(first, "GIF", save_all=True, append_images=[second])
    assert difference(images.decode(data), np.asarray(UPRIGHT)) < 12


@pytest.mark.parametrize("as_bytes", [False, True])  # HEIF: in EXIF alone, or in its container too
@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF", "HEIF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_is_applied_for_every_format(
    format: str, orientation: int, as_bytes: bool
) -> None:
    undo = {
        1: None,
        2: PIL.Image.Transpose.FLIP_LEFT_RIGHT,
        3: PIL.Image.Transpose.ROTATE_180,
        4: PIL.Image.Transpose.FLIP_TOP_BOTTOM,
        5: PIL.Image.Transpose.TRANSPOSE,
        6: PIL.Image.Transpose.ROTATE_90,
        7: PIL.Image.Transpose.TRANSVERSE,
        8: PIL.Image.Transpose.ROTATE_270,
    }[orientation]
    stored = UPRIGHT if undo is None else UPRIGHT.transpose(undo)
    exif = PIL.Image.Exif()
    exif[0x0112] = orientation
    image = images.decode(encoded(stored, format, exif=exif.tobytes() if as_bytes else exif))
    assert image.shape == (120, 200, 3)
    assert difference(image, np.asarray(UPRIGHT)) < 12


def test_grey_stays_grey_exactly() -> None:
    grey = UPRIGHT.convert("L")
    image = images.decode(encoded(grey, "PNG"))
    assert (image == np.asarray(grey)[:, :, None]).all()


@pytest.mark.parametrize("format", ["PNG", "TIFF"])
def test_sixteen_bit_grey_is_scaled(format: str) -> None:
    eight = np.arange(256, dtype=np.uint8).reshape(16, 16)
    sixteen = PIL.Image.fromarray(eight.astype(np.uint16) * 257)
    assert (images.decode(encoded(sixteen, format))[:, :, 0] == eight).all()


def test_sixteen_bit_colour_is_scaled() -> None:
    import cv2

    eight = np.asarray(UPRIGHT)
    done, data = cv2.imencode(".png", eight[:, :, ::-1].astype(np.uint16) * 257)
    assert done
    assert difference(images.decode(data.tobytes()), eight) <= 1


def test_transparency_is_laid_over_white() -> None:
    layer = UPRIGHT.convert("RGBA")
    layer.putalpha(PIL.Image.new("L", layer.size, 0))
    assert (images.decode(encoded(layer, "PNG")) == 255).all()


@pytest.mark.skipif(not CAN_MEASURE, reason="reads Linux's own count")
def test_a_large_transparent_picture_is_held_twice_at_the_most() -> None:
    """12 megapixels: 48 MB as RGBA, 36 MB as RGB."""
    before = """
import io, PIL.Image
from fer import images
buffer = io.BytesIO()
PIL.Image.new("RGBA", (4000, 3000), (9, 9, 9, 9)).save(buffer, "PNG", compress_level=1)
data = buffer.getvalue()
"""
    assert growth_megabytes(before, "images.decode(data)") < 80  # beside the 48 of making it


def test_a_palette_with_a_transparent_colour_is_laid_over_white() -> None:
    picture = PIL.Image.new("P", (8, 8), 0)
    picture.putpalette([10, 20, 30] * 256)
    assert (images.decode(encoded(picture, "PNG", transparency=0)) == 255).all()


def test_cmyk_keeps_its_colours() -> None:
    data = encoded(UPRIGHT.convert("CMYK"), "JPEG", quality=95)
    assert difference(images.decode(data), np.asarray(UPRIGHT)) < 8


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "BMP", "TIFF", "GIF", "AVIF", "HEIF"])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_truncated_file_is_one_sentence(format: str, share: float) -> None:
    data = encoded(UPRIGHT, format)
    with pytest.raises(BadImage, match="holiday"):
        images.decode(data[: int(len(data) * share)], "holiday." + format.lower())


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"hello, I am a text", "not a picture"),
        (b"<html><body>no picture</body></html>", "not a picture"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n", "not a picture"),
    ],
)
def test_what_is_no_picture_is_one_sentence(data: bytes, words: str) -> None:
    with pytest.raises(BadImage, match=words) as caught:
        images.decode(data, "me.jpg")
    assert "\n" not in str(caught.value)
    assert "me.jpg" in str(caught.value)


def png_header(width: int, height: int) -> bytes:
    """A PNG that claims a size, with next to no data behind it: a decompression bomb."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = zlib.compress(b"\0" * 100_000)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("side", [7_072, 9_000, 60_000])
def test_too_many_pixels_are_refused_before_they_are_decoded(side: int) -> None:
    with pytest.raises(BadImage, match="megapixels"):
        images.decode(png_header(side, side), "bomb.png")


def test_too_many_bytes_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadImage, match="160 MB"):
        images.decode(b"\0" * (images.MAX_BYTES + 1), "large.png")
    path = tmp_path / "large.png"
    with path.open("wb") as file:
        file.truncate(images.MAX_BYTES + 1)
    with pytest.raises(BadImage, match="160 MB"):
        images.read(path)


def test_one_pixel_is_a_picture() -> None:
    assert images.decode(encoded(PIL.Image.new("RGB", (1, 1)), "PNG")).shape == (1, 1, 3)


def test_missing_files_folders_and_null_bytes_are_sentences(tmp_path: Path) -> None:
    for path in (tmp_path / "none.png", tmp_path, "a\0b.png", tmp_path / ("x" * 300)):
        with pytest.raises(BadImage):
            images.read(path)


@given(st.binary(max_size=300))
def test_random_bytes_never_raise_anything_else(data: bytes) -> None:
    for start in (b"", b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"BM", b"II*\0"):
        try:
            images.decode(start + data)
        except BadImage as error:
            assert "\n" not in str(error)


@given(st.text(max_size=400))
def test_names_are_short_and_printable(name: str) -> None:
    shown = images.display_name(name)
    assert 0 < len(shown) <= 60
    assert shown.isprintable()


def test_names_lose_their_folders() -> None:
    assert images.display_name("../../etc/passwd") == "passwd"
    assert images.display_name("C:\\pictures\\me.jpg") == "me.jpg"
