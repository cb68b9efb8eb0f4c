"""What a picture may cost: large JPEGs at a reduced size, scans, rotation boxes, raw files."""

from __future__ import annotations

import contextlib
import io
import os
import struct
import time
import tracemalloc
import zlib
from pathlib import Path

import numpy as np
import PIL.Image
import PIL.TiffImagePlugin
import pytest

from fer import images
from fer.errors import BadImage
from fer.images import decoding, heif, jpeg
from tests.helpers import astronaut

UPRIGHT = PIL.Image.fromarray(astronaut()[:120, :200])


def encoded(picture: PIL.Image.Image, format: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, format, **options)
    return buffer.getvalue()


def with_scans(number: int, side: int = 64) -> bytes:
    """A progressive JPEG whose last scan is repeated until it has so many."""
    data = encoded(PIL.Image.fromarray(astronaut()[:side, :side]), "JPEG", progressive=True)
    at = data.rindex(b"\xff\xda")
    present = jpeg.cost(data, 1000)
    assert present is not None
    return data[:-2] + data[at:-2] * (number - present.scans) + data[-2:]


def test_a_jpeg_of_thousands_of_scans_is_refused_before_it_is_decoded() -> None:
    data = with_scans(2000)
    with pytest.raises(BadImage, match="more than 64 scans"):
        images.decode(data, "slow.jpg")


@pytest.mark.parametrize(
    "filling", [b"\xff", b"\xff\x00", b"\xff\x01", b"\xff\xd0", b"\xff\xe0\0\2"]
)
@pytest.mark.parametrize("ending", [b"", encoded(UPRIGHT, "JPEG")[2:]])
def test_a_jpeg_of_filling_or_countless_markers_takes_no_time(
    filling: bytes, ending: bytes
) -> None:
    data = b"\xff\xd8" + filling * (8_000_000 // len(filling)) + ending
    started = time.process_time()
    with pytest.raises(BadImage):
        images.decode(data)
    assert time.process_time() - started < 1


def test_a_png_of_countless_chunks_takes_no_time() -> None:
    data = encoded(UPRIGHT, "PNG")
    empty = struct.pack(">I4sI", 0, b"teSt", zlib.crc32(b"teSt"))
    started = time.process_time()
    with pytest.raises(BadImage, match="chunks"):
        images.decode(data[:33] + empty * 1_000_000 + data[33:])
    assert time.process_time() - started < 1
    assert images.decode(data[:33] + empty * 1000 + data[33:]).shape == (120, 200, 3)


def test_a_large_gif_is_refused() -> None:
    """Blocks of one byte each."""
    data = encoded(UPRIGHT, "GIF")
    comment = b"\x21\xfe" + b"\x01x" * (11 * 1024**2) + b"\0"
    with pytest.raises(BadImage, match="the limit is 20 MB"):
        images.decode(data[:-1] + comment + data[-1:])


@pytest.mark.parametrize("progressive", [False, True])
def test_scans_are_counted_and_ordinary_ones_are_read(progressive: bool) -> None:
    data = encoded(UPRIGHT, "JPEG", progressive=progressive)
    cost = jpeg.cost(data, 1000)
    assert cost is not None
    assert (cost.width, cost.height) == UPRIGHT.size
    assert cost.scans == (10 if progressive else 1)
    assert (cost.coefficient_bytes > 0) == progressive
    assert images.decode(data).shape == (120, 200, 3)


def test_scans_of_a_thumbnail_do_not_count() -> None:
    exif = PIL.Image.Exif()
    exif[0x010E] = encoded(UPRIGHT, "JPEG", progressive=True).decode("latin-1")
    data = encoded(UPRIGHT, "JPEG", exif=exif.tobytes())
    cost = jpeg.cost(data, 1000)
    assert cost is not None
    assert cost.scans == 1


def test_a_progressive_jpeg_that_needs_too_much_memory_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(decoding, "MAX_COEFFICIENT_BYTES", 1000)
    with pytest.raises(BadImage, match="progressive"):
        images.decode(encoded(UPRIGHT, "JPEG", progressive=True))
    assert images.decode(encoded(UPRIGHT, "JPEG")).shape == (120, 200, 3)


@pytest.mark.parametrize("orientation", [1, 6])
def test_a_large_jpeg_is_read_at_a_reduced_size(
    orientation: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decoding, "MAX_PIXELS", 120 * 200 // 2)
    exif = PIL.Image.Exif()
    exif[0x0112] = orientation
    photo = images.decode_photo(encoded(UPRIGHT, "JPEG", exif=exif, quality=95))
    if orientation == 1:
        assert (photo.width, photo.height) == (200, 120)
        assert photo.image.shape == (60, 100, 3)
    else:
        assert (photo.width, photo.height) == (120, 200)
        assert photo.image.shape == (100, 60, 3)


def test_two_hundred_megapixels_pass() -> None:
    """More than twice what Pillow calls a decompression bomb; a plain picture keeps it short."""
    data = encoded(PIL.Image.new("L", (16_320, 12_240), 90), "JPEG")
    photo = images.decode_photo(data, "phone.jpg")
    assert (photo.width, photo.height) == (16_320, 12_240)
    assert photo.image.shape == (6120, 8160, 3)


def test_a_jpeg_that_is_too_large_even_so_is_refused() -> None:
    data = bytearray(encoded(UPRIGHT, "JPEG"))
    at = data.index(b"\xff\xc0")
    data[at + 5 : at + 9] = struct.pack(">HH", 60_000, 60_000)
    with pytest.raises(BadImage, match="megapixels"):
        images.decode(bytes(data), "bomb.jpg")


def test_many_bytes_of_few_pixels_pass() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (2700, 2700, 3), np.uint8)
    data = encoded(PIL.Image.fromarray(noise), "BMP")
    assert len(data) > 20 * 1024**2
    assert (images.decode(data) == noise).all()


def heic(orientation: int, in_container: bool) -> bytes:
    """A sideways picture that says so in EXIF, and with `in_container` in its own boxes too."""
    exif = PIL.Image.Exif()
    exif[0x0112] = orientation
    stored = UPRIGHT.transpose(PIL.Image.Transpose.ROTATE_90)
    return encoded(stored, "HEIF", exif=exif.tobytes() if in_container else exif, quality=95)


@pytest.mark.parametrize("letters", [b"irot", b"imir"])
def test_letters_by_chance_in_a_heic_do_not_stop_its_rotation(letters: bytes) -> None:
    data = heic(6, in_container=False) + struct.pack(">I4s", 16, b"free") + b"...." + letters
    assert not heif.turns_in_container(data)
    assert images.decode(data).shape == (120, 200, 3)


@pytest.mark.parametrize("orientation", [2, 3, 6, 8])
def test_a_rotation_in_the_container_is_seen(orientation: int) -> None:
    assert heif.turns_in_container(heic(orientation, in_container=True))
    assert not heif.turns_in_container(heic(orientation, in_container=False))


@pytest.mark.parametrize("length", range(0, 400, 7))
def test_a_heic_cut_anywhere_is_no_traceback(length: int) -> None:
    assert heif.turns_in_container(heic(6, in_container=True)[:length]) in (True, False)


def tiff_pages(*pages: tuple[PIL.Image.Image, dict[int, object]]) -> bytes:
    buffer = io.BytesIO()
    with PIL.TiffImagePlugin.AppendingTiffWriter(buffer, True) as writer:
        for picture, tags in pages:
            info = PIL.TiffImagePlugin.ImageFileDirectory_v2()
            for tag, value in tags.items():
                info[tag] = value
            picture.save(writer, "TIFF", tiffinfo=info)
            writer.newFrame()
    return buffer.getvalue()


THUMBNAIL = UPRIGHT.resize((50, 30))


def test_the_thumbnail_of_a_tiff_is_not_taken_for_its_picture() -> None:
    data = tiff_pages((THUMBNAIL, {254: 1}), (UPRIGHT, {254: 0}))
    assert images.decode(data).shape == (120, 200, 3)


def test_a_tiff_of_previews_alone_is_a_sentence() -> None:
    with pytest.raises(BadImage, match="previews"):
        images.decode(tiff_pages((THUMBNAIL, {254: 1})), "a.tif")


@pytest.mark.parametrize("tags", [{50706: b"\1\4\0\0"}, {254: 1, 50706: b"\1\4\0\0"}])
def test_a_raw_file_is_a_sentence(tags: dict[int, object]) -> None:
    with pytest.raises(BadImage, match="raw file"):
        images.decode(tiff_pages((THUMBNAIL, tags)), "a.dng")


def test_a_larger_picture_in_a_sub_directory_is_a_raw_file() -> None:
    """As in Nikon's and Sony's files: a small picture first, the sensor's pixels below it."""
    data = encoded(THUMBNAIL, "TIFF", tiffinfo={330: 0xABCDEF})
    entries = [(256, 4, 6000), (257, 4, 4000), (262, 4, 32803)]
    offset = len(data)
    directory = struct.pack("<H", len(entries))
    directory += b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in entries)
    data = data.replace(struct.pack("<I", 0xABCDEF), struct.pack("<I", offset)) + directory
    with pytest.raises(BadImage, match="raw file"):
        images.decode(data + b"\0\0\0\0", "a.nef")


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_child_forked_while_a_large_picture_is_decoded_can_decode(tmp_path: Path) -> None:
    path = tmp_path / "done"
    with decoding._large_turn:
        child = os.fork()
        if not child:
            with decoding._large_turn:
                path.touch()
            os._exit(0)
    os.waitpid(child, 0)
    assert path.exists()


def tags(number: int, size: int, kind: int = 1) -> bytes:
    """A TIFF's directory whose tags all name the same bytes, of which there are about so many."""
    width = {1: 1, 4: 4}[kind]
    entries = [struct.pack("<HHII", 40000 + n, kind, size // width - 8, 2) for n in range(number)]
    data = b"II*\0\x08\0\0\0" + struct.pack("<H", number) + b"".join(entries) + bytes(4)
    return data.ljust(size, b"\0")


@pytest.mark.parametrize("format", ["PNG", "WEBP", "TIFF", "JPEG"])
def test_tags_that_name_the_same_bytes_take_no_memory(format: str) -> None:
    """Before, the PNG of 0.5 MB took 500 MB; one of 1 MB with 65,535 tags, 65 GB."""
    if format == "TIFF":
        data = tags(1000, 500_000)
    else:
        size = 60_000 if format == "JPEG" else 500_000
        data = encoded(UPRIGHT, format, exif=tags(1000, size))
    tracemalloc.start()
    try:
        with contextlib.suppress(BadImage):
            assert images.decode(data).shape == (120, 200, 3)
        assert tracemalloc.get_traced_memory()[1] < 20e6
    finally:
        tracemalloc.stop()


def test_a_tag_of_countless_numbers_is_refused() -> None:
    data = encoded(UPRIGHT, "PNG", exif=tags(1, 2_400_000, kind=4))
    with pytest.raises(BadImage, match="too many numbers"):
        images.decode(data)


def test_a_tiff_of_many_strips_is_read() -> None:
    picture = PIL.Image.new("L", (8, 20_000), 7)
    data = encoded(picture, "TIFF", tiffinfo={278: 1}, compression="raw")
    assert images.decode(data).shape == (20_000, 8, 3)


def pixmap(kind: int, side: int, most: int = 255) -> bytes:
    body = b"0 " * side * side if kind == 2 else bytes(side * side)
    return b"P%d\n%d %d\n%d\n" % (kind, side, side, most) + body


@pytest.mark.parametrize("data", [pixmap(2, 2100), pixmap(5, 2100, most=100)])
def test_large_pictures_that_are_decoded_in_python_are_refused(data: bytes) -> None:
    with pytest.raises(BadImage, match="Save it as PNG"):
        images.decode(data)


def test_small_pixmaps_and_large_usual_ones_are_read() -> None:
    assert images.decode(pixmap(2, 50)).shape == (50, 50, 3)
    assert images.decode(pixmap(5, 50, most=100)).shape == (50, 50, 3)
    assert images.decode(pixmap(5, 2100)).shape == (2100, 2100, 3)
    commented = b"P5\n# made by hand\n50 50\n255\n" + b"#" * 2500
    assert images.decode(commented).shape == (50, 50, 3)


@pytest.mark.parametrize(
    "data",
    [
        b"P2\n50 50\n255\n" + b"#\n" * 5000 + b"0 " * 2500,
        b"P5\n#" + b"a" * 9000 + pixmap(5, 50)[2:],
    ],
)
def test_pixmaps_of_comments_are_refused(data: bytes) -> None:
    """Before, 10 MB of empty comments took 95 seconds."""
    with pytest.raises(BadImage, match="many or long comments"):
        images.decode(data)


def test_many_large_scans_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    data = with_scans(60)
    assert images.decode(data).size
    monkeypatch.setattr(decoding, "MAX_SCANNED_BYTES", 60 * 64 * 64)
    with pytest.raises(BadImage, match="many and large ones"):
        images.decode(data)
    assert images.decode(encoded(UPRIGHT, "JPEG")).size
