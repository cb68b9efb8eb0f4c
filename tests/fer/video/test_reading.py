"""Films of every kind as frames at their own times; a sentence for each that cannot be read."""

from __future__ import annotations

import os
import struct
import wave
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np
import PIL.Image
import pytest

from fer import images
from fer.errors import BadFilm
from fer.geometry import Image
from fer.video import reading
from fer.video.reading import FilmClock, FilmFrame
from tests import films

COUNT = 12


def numbered(number: int, width: int = 96, height: int = 64) -> Image:
    """A picture that tells its number by its brightness, with a light upper left corner."""
    picture = np.full((height, width, 3), 15 * number, np.uint8)
    picture[: height // 4, : width // 4] = 250
    return picture


def number_of(frame: FilmFrame) -> int:
    picture = frame.image(640)
    return round(float(picture[picture.shape[0] // 2, picture.shape[1] // 2].mean()) / 15)


def frames(path: Path) -> list[FilmFrame]:
    with reading.opened(path) as film:
        return list(film.frames())


@pytest.mark.parametrize("ending", [".mp4", ".mov", ".mkv", ".webm", ".avi", ".gif", ".webp"])
def test_every_container_gives_its_frames_at_their_times(tmp_path: Path, ending: str) -> None:
    path = films.write(tmp_path / f"clip{ending}", map(numbered, range(COUNT)), rate=10)
    found = frames(path)
    assert [frame.index for frame in found] == list(range(COUNT))
    assert [frame.time for frame in found] == pytest.approx([n / 10 for n in range(COUNT)])
    assert [number_of(frame) for frame in found] == list(range(COUNT))
    assert found[-1].seconds == pytest.approx(0.1)
    assert all(0 <= a.read <= b.read <= 1 for a, b in pairwise(found))


def test_the_ending_of_the_name_does_not_matter(tmp_path: Path) -> None:
    path = films.write(tmp_path / "clip.webm", map(numbered, range(3)), rate=10)
    assert len(frames(path.rename(tmp_path / "clip.mp4"))) == 3


@pytest.mark.parametrize("ending", [".mp4", ".mkv", ".webm"])
def test_variable_frame_times_are_kept(tmp_path: Path, ending: str) -> None:
    times = [0, 40, 80, 500, 510, 2000, 2040]
    path = films.write(tmp_path / f"clip{ending}", map(numbered, range(7)), times=times)
    assert [frame.time for frame in frames(path)] == pytest.approx([t / 1000 for t in times])


@pytest.mark.parametrize(("degrees", "corner"), [(90, "right"), (180, "right")])
def test_frames_are_upright(tmp_path: Path, degrees: int, corner: str) -> None:
    path = films.write(tmp_path / "clip.mp4", [numbered(5)] * 2)
    frame = frames(films.turned(path, degrees))[0]
    picture = frame.image(640)
    assert frame.size == ((64, 96) if degrees == 90 else (96, 64))
    assert picture.shape[:2] == frame.size[::-1]
    row = 4 if degrees == 90 else -4
    assert picture[row, -4].mean() > 200 and picture[row, 4].mean() < 150
    assert picture[-row, -4].mean() < 150


@pytest.mark.parametrize(
    ("pixel", "size"),
    [
        (Fraction(64, 45), (137, 64)),  # a DVD's
        (Fraction(8, 9), (96, 72)),
        (Fraction(900, 1), (96, 64)),
        (None, (96, 64)),
    ],
)
def test_pixels_that_are_not_square_become_square(
    tmp_path: Path, pixel: Fraction | None, size: tuple[int, int]
) -> None:
    path = films.write(tmp_path / "clip.mp4", [numbered(5)] * 2, pixel=pixel)
    frame = frames(path)[0]
    assert frame.size == size
    assert frame.image(640).shape[:2] == size[::-1]
    assert max(frame.image(48).shape) == 48
    turned = frames(films.turned(path, 90))[0]
    assert turned.size == size[::-1]
    assert turned.image(640).shape[:2] == size


def test_a_frame_is_found_again_at_its_time(tmp_path: Path) -> None:
    path = films.write(tmp_path / "clip.mp4", (numbered(n % 15) for n in range(100)), rate=25)
    for number in (0, 3, 47, 99):
        found = reading.frame_at(path, number / 25 + 0.02)
        assert (found.time, number_of(found)) == (pytest.approx(number / 25), number % 15)
    assert reading.frame_at(path, 900).time == pytest.approx(99 / 25)
    webp = films.write(tmp_path / "clip.webp", map(numbered, range(9)), rate=10)
    assert number_of(reading.frame_at(webp, 0.55)) == 5


def test_small_large_and_odd_frames(tmp_path: Path) -> None:
    for width, height in ((2, 2), (33, 17), (7680, 4320)):
        picture = np.full((height - height % 2, width - width % 2, 3), 100, np.uint8)
        (frame,) = frames(films.write(tmp_path / "clip.mp4", [picture]))
        assert frame.size == (width - width % 2, height - height % 2)
        assert max(frame.image(640).shape[:2]) == min(640, max(frame.size))
    odd = films.write(tmp_path / "odd.gif", [np.full((17, 33, 3), 90, np.uint8)])
    assert frames(odd)[0].size == (33, 17)


def test_a_thousand_frames_a_second(tmp_path: Path) -> None:
    path = films.write(tmp_path / "clip.mkv", map(numbered, range(15)), times=list(range(15)))
    assert [frame.time for frame in frames(path)] == pytest.approx([n / 1000 for n in range(15)])


def test_a_clock_goes_forwards_whatever_it_is_told() -> None:
    raw = [5.0, 5.1, None, 5.3, 5.3, 4.0, 4.1, 90_000.0, 90_000.1]
    clock = FilmClock(None, step=0.1)
    assert [clock(time) for time in raw] == pytest.approx([n / 10 for n in range(len(raw))])
    assert FilmClock(4.5, 0.1)(5.0) == pytest.approx(0.5)
    assert FilmClock(-1e30, 0.1)(5.0) == 0.0
    assert FilmClock(0.0, 0.1)(None) == 0.0


def patched(path: Path, kind: bytes, offset: int, number: int) -> Path:
    """An MP4 with another 32-bit number in its first part of that kind."""
    data = bytearray(path.read_bytes())
    struct.pack_into(">I", data, data.index(kind) + 4 + offset, number)
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    ("kind", "offset", "number"),
    [
        (b"mdhd", 12, 0),  # no ticks a second
        (b"mvhd", 12, 0),
        (b"mdhd", 16, 0xFFFFFFFF),  # a duration of years
        (b"stts", 12, 0),  # no time from frame to frame
        (b"stts", 8, 0xFFFFFFFE),  # as many frames as a negative number is
    ],
)
def test_odd_numbers_in_the_container_still_give_frames_that_follow_each_other(
    tmp_path: Path, kind: bytes, offset: int, number: int
) -> None:
    path = films.write(tmp_path / "clip.mp4", map(numbered, range(COUNT)), rate=10)
    try:
        found = frames(patched(path, kind, offset, number))
    except BadFilm:
        return
    times = [frame.time for frame in found]
    assert all(b > a for a, b in pairwise(times)) and max(times) < 1e4
    assert all(0 < frame.seconds < 3600 for frame in found)


def test_a_film_without_a_rate(tmp_path: Path) -> None:
    path = films.write(tmp_path / "clip.avi", map(numbered, range(COUNT)), rate=10)
    data = bytearray(path.read_bytes())
    header = data.index(b"avih") + 8
    struct.pack_into("<I", data, header, 0)  # microseconds a frame
    struct.pack_into("<I", data, header + 16, 0xFFFFFFFF)  # frames
    struct.pack_into("<II", data, data.index(b"strh") + 8 + 20, 0, 0)  # scale and rate
    path.write_bytes(data)
    found = frames(path)
    assert [number_of(frame) for frame in found] == list(range(COUNT))
    assert all(b.time > a.time for a, b in pairwise(found))


def test_a_negative_number_of_frames_makes_no_film_incomplete(tmp_path: Path) -> None:
    path = films.write(tmp_path / "clip.avi", map(numbered, range(COUNT)), rate=10)
    data = bytearray(path.read_bytes())
    struct.pack_into("<i", data, data.index(b"strh") + 8 + 32, -5)
    path.write_bytes(data)
    with reading.opened(path) as film:
        assert len(list(film.frames())) == COUNT
        assert not film.is_damaged


def test_what_is_left_of_a_broken_film_is_read(tmp_path: Path) -> None:
    path = films.write(tmp_path / "clip.mkv", map(numbered, range(COUNT)), rate=10)
    path.write_bytes(path.read_bytes()[:-250])
    with reading.opened(path) as film:
        found = list(film.frames())
        assert 1 <= len(found) < COUNT
    avi = films.write(tmp_path / "clip.avi", map(numbered, range(COUNT)), rate=10)
    data = bytearray(avi.read_bytes())
    second = data.index(b"00dc", data.index(b"00dc") + 8)
    length = int.from_bytes(data[second + 4 : second + 8], "little")
    data[second + 8 : second + 8 + length] = bytes(length)
    avi.write_bytes(data)
    with reading.opened(avi) as film:
        assert len(list(film.frames())) == COUNT - 1
        assert film.is_damaged


def bad_files(folder: Path) -> dict[str, Path]:
    """Files that are no films, by what is said of them."""
    whole = films.write(folder / "whole.mp4", map(numbered, range(COUNT)))
    data = whole.read_bytes()
    sound = folder / "sound.wav"
    with wave.open(str(sound), "wb") as file:
        file.setnchannels(1), file.setsampwidth(2), file.setframerate(8000)
        file.writeframes(bytes(16_000))
    playlist = folder / "list.m3u8"
    playlist.write_text(f"#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\n{whole}\n#EXT-X-ENDLIST\n")
    named = {
        "is empty": b"",
        "no film that can be read": b"a text that is no film\n" * 40,
        "is a picture": images.encode_png(numbered(3)),
        "moov": data[: data.index(b"moov") - 4],
        "damaged at its beginning": bytes(4000),
    }
    paths = {"has sound but no picture": sound, "no film that can be read here": playlist}
    for number, (message, content) in enumerate(named.items()):
        paths[message] = folder / f"{number}.mp4"
        paths[message].write_bytes(content)
    if hasattr(os, "mkfifo"):
        paths["is a device or a pipe"] = folder / "pipe.mp4"
        os.mkfifo(folder / "pipe.mp4")
    paths["cannot be read: embedded null byte"] = folder / "a\0b.mp4"
    paths["cannot be read: File name too long"] = folder / ("a" * 5000)
    return {**paths, "is a folder": folder, "cannot be read: No such file": folder / "none.mp4"}


def test_what_is_no_film_is_a_sentence(tmp_path: Path) -> None:
    for message, path in bad_files(tmp_path).items():
        with pytest.raises(BadFilm, match=message) as caught:
            frames(path)
        assert str(caught.value).endswith(".") and str(tmp_path) not in str(caught.value)


def test_a_codec_that_is_missing_is_a_sentence(tmp_path: Path) -> None:
    path = films.write(tmp_path / "clip.avi", map(numbered, range(3)))
    path.write_bytes(path.read_bytes().replace(b"MJPG", b"ZZZZ"))
    with pytest.raises(BadFilm, match="cannot decode"):
        frames(path)


def test_a_picture_that_moves_is_a_film_whatever_it_is_called(tmp_path: Path) -> None:
    path = tmp_path / "loop.png"
    first, *more = [PIL.Image.fromarray(numbered(n)) for n in range(4)]
    first.save(path, "GIF", save_all=True, append_images=more, duration=[50, 200, 100, 40])
    found = frames(path)
    assert [frame.time for frame in found] == pytest.approx([0, 0.05, 0.25, 0.35])
