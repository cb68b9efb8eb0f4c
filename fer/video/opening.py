"""Film files opened with care: what each can hold, and a sentence for each that cannot be read."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

import av
import PIL.Image
from av.container import InputContainer
from av.video.stream import VideoStream

from fer.errors import BadFilm
from fer.images import MAX_PIXELS, display_name
from fer.storage import files

ENDINGS = (
    *(".mp4", ".m4v", ".mov", ".webm", ".mkv", ".avi", ".gif", ".webp"),
    *(".3gp", ".3g2", ".mpg", ".mpeg", ".ts", ".mts", ".m2ts", ".wmv", ".flv", ".ogv"),
)
"""Lower-case endings by which films are known."""

_FORMATS = (
    *("mov", "mp4", "m4a", "3gp", "3g2", "mj2", "matroska", "webm", "avi", "gif", "flv", "asf"),
    *("mpegts", "mpeg", "mpegvideo", "ogg", "mxf", "nut", "h264", "hevc", "ivf", "yuv4mpegpipe"),
    *("wav", "mp3", "flac", "aac", "aiff", "amr"),
)
"""What ffmpeg may take a file for: playlists, which name other files and servers, are not here."""
_OPTIONS = {"format_whitelist": ",".join(_FORMATS), "protocol_whitelist": "none"}
_MOST_BOXES = 10_000


@contextmanager
def container(path: Path) -> Iterator[tuple[InputContainer, VideoStream]]:
    """An open film and its video stream. Raises `BadFilm` with a sentence where there is none."""
    name = display_name(str(path))
    with _file(path, name) as file:
        try:
            opened = av.open(file, "r", options=_OPTIONS, metadata_errors="replace")
        except (av.FFmpegError, ValueError, OSError) as error:
            raise BadFilm(_why_unreadable(path, name, error)) from None
        with opened:
            yield opened, _video_stream(opened, name)


def is_webp(path: Path) -> bool:
    """Whether a file is a WebP, which ffmpeg cannot read where it moves."""
    with suppress(OSError, ValueError):
        if path.is_file():
            with path.open("rb") as file:
                head = file.read(12)
            return head[:4] == b"RIFF" and head[8:] == b"WEBP"
    return False


def _file(path: Path, name: str) -> IO[bytes]:
    try:
        if path.is_dir():
            raise BadFilm(f"{name} is a folder, not a film.")
        size = os.stat(path).st_size
        if not path.is_file():
            raise BadFilm(f"{name} is a device or a pipe, not a film.")
        if size == 0:
            raise BadFilm(f"{name} is empty.")
        return path.open("rb")
    except (OSError, ValueError) as error:
        raise BadFilm(f"{name} cannot be read: {files.reason_of(error)}.") from None


def _video_stream(opened: InputContainer, name: str) -> VideoStream:
    streams = [
        stream
        for stream in opened.streams.video
        if "attached_pic" not in str(stream.disposition.name).lower()
    ]
    if not streams:
        sound = "sound but no picture" if opened.streams.audio else "no picture in it"
        raise BadFilm(f"{name} has {sound}: there are no faces to look for.")
    stream = streams[0]
    if stream.codec_context is None:
        raise BadFilm(
            f"{name} is coded in a way that this installation cannot decode. Convert it to H.264, "
            "such as with ffmpeg or HandBrake."
        )
    if stream.codec_context.width * stream.codec_context.height > MAX_PIXELS:
        size = f"{stream.codec_context.width}×{stream.codec_context.height}"
        raise BadFilm(f"{name} has frames of {size} pixels; at most {MAX_PIXELS:,} are read.")
    stream.thread_type = "AUTO"
    return stream


def _why_unreadable(path: Path, name: str, error: Exception) -> str:
    with suppress(Exception), PIL.Image.open(path) as picture:
        return f"{name} is a picture ({picture.format}), not a film."
    if _is_without_index(path):
        return (
            f"{name} is incomplete: its index (the “moov” part) is missing, as after a "
            "recording or a download that was broken off."
        )
    if isinstance(error, OSError) and not isinstance(error, av.FFmpegError):
        return f"{name} cannot be read: {files.reason_of(error)}."
    return f"{name} is no film that can be read here, or it is damaged at its beginning."


def _is_without_index(path: Path) -> bool:
    """Whether this is an MP4 or QuickTime file without its "moov" part."""
    kinds: list[bytes] = []
    try:
        size, position = path.stat().st_size, 0
        with path.open("rb") as file:
            while position < size and len(kinds) < _MOST_BOXES:
                file.seek(position)
                head = file.read(16)
                length = int.from_bytes(head[:4])
                if length == 1:
                    length = int.from_bytes(head[8:16])
                kinds.append(head[4:8])
                if length < 8:
                    break
                position += length
    except OSError:
        return False
    return kinds[:1] in ([b"ftyp"], [b"mdat"], [b"wide"]) and b"moov" not in kinds
