"""Films as frames at their own times, upright, in square pixels, whatever their container says."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import PIL.Image
from av.container import InputContainer
from av.sidedata.sidedata import Type as SideData
from av.video.stream import VideoStream

from fer import images
from fer.errors import BadFilm
from fer.geometry import Image
from fer.storage import files
from fer.video import opening

_USUAL_STEP = 1 / 25
_LONGEST_STEP = 3600.0
_LATEST_START = 60.0
_SECONDS_LIMIT = 1e7
_LEAST_SHARE = 0.9
"""A film with fewer of the frames that its container names is incomplete."""
_MOST_FRAMES = 2**31
"""A container that names more holds a negative number."""
_WIDEST_PIXEL = 4.0
"""A container that names a wider one, or a higher one, is not believed."""

Turn = tuple[bool, bool, bool]
"""How a stored frame becomes upright: first transposed, then mirrored, then turned upside down."""
_UPRIGHT: Turn = (False, False, False)


@dataclass(frozen=True, slots=True, eq=False)
class FilmFrame:
    """A decoded frame: its index, when it comes and how long it stays, in seconds, and how much of
    the film is read by then (0 to 1)."""

    index: int
    time: float
    seconds: float
    read: float
    _pixels: av.VideoFrame | Image = field(repr=False)
    _turn: Turn = _UPRIGHT
    _pixel_width: float = 1.0  # where it is 1 high: not 1 on DVDs and on tape

    @property
    def size(self) -> tuple[int, int]:
        """Width and height when upright, in square pixels."""
        width, height = self._shown
        return (height, width) if self._turn[0] else (width, height)

    @property
    def _shown(self) -> tuple[int, int]:
        if not isinstance(self._pixels, av.VideoFrame):
            return self._pixels.shape[1], self._pixels.shape[0]
        width, height = self._pixels.width, self._pixels.height
        if self._pixel_width >= 1:
            return round(width * self._pixel_width), height
        return width, round(height / self._pixel_width)

    def image(self, longest: int) -> Image:
        """The frame as upright RGB (H, W, 3), its longer side at most `longest` pixels.

        Raises `BadImage`.
        """
        if not isinstance(self._pixels, av.VideoFrame):
            return images.bounded(self._pixels, longest)[0]
        picture = images.from_video_frame(self._pixels, longest, self._shown)
        transposed, mirrored, inverted = self._turn
        picture = picture.transpose(1, 0, 2) if transposed else picture
        picture = picture[:, ::-1] if mirrored else picture
        return np.ascontiguousarray(picture[::-1] if inverted else picture)


class FilmReader:
    """An open film. After `frames`, `is_damaged` says whether some of it could not be decoded."""

    def __init__(self, path: Path, source: tuple[InputContainer, VideoStream] | None) -> None:
        self._path, self._source = path, source
        self.is_damaged = False

    @property
    def has_sound(self) -> bool:
        return self._source is not None and bool(self._source[0].streams.audio)

    def frames(self, since: float = 0.0) -> Iterator[FilmFrame]:
        """All frames, once; with `since`, from a key frame some time before it on, if that can be
        found, and then without an index."""
        if self._source is None:
            yield from _webp_frames(self._path)
            return
        container, stream = self._source
        start, step, turn = start_of(container), _step(stream), _UPRIGHT
        pixel_width = _pixel_width(stream)
        is_sought = since > 1 and _seek(container, stream, since + (start or 0.0))
        clock = FilmClock(start, step, _SECONDS_LIMIT if is_sought else _LATEST_START)
        index, read = 0, 0.0
        for packet in self._packets(container, stream):
            if packet.pos and container.size > 0:
                read = max(read, min(1.0, packet.pos / container.size))
            for frame in self._decoded(packet):
                turn = _turn_of(frame) if index == 0 else turn
                time = clock(_seconds(frame.pts, frame.time_base))
                stays = _seconds(frame.duration, frame.time_base) or step
                stays = stays if 0 < stays < _LONGEST_STEP else step
                yield FilmFrame(index, time, stays, read, frame, turn, pixel_width)
                index += 1
        count = stream.frames if stream.frames <= _MOST_FRAMES else 0
        if not is_sought and index < _LEAST_SHARE * count:
            self.is_damaged = True

    def _packets(
        self, container: InputContainer, stream: VideoStream
    ) -> Iterator[av.Packet[VideoStream]]:
        """The stream's packets, and an empty one at the end, as far as the file can be read."""
        try:
            yield from container.demux(stream)
        except av.EOFError:
            return
        except (av.FFmpegError, ValueError, OSError):
            self.is_damaged = True

    def _decoded(self, packet: av.Packet[VideoStream]) -> list[av.VideoFrame]:
        try:
            return [frame for frame in packet.decode() if isinstance(frame, av.VideoFrame)]
        except (av.FFmpegError, ValueError):
            self.is_damaged = True
            return []


@contextmanager
def opened(path: Path) -> Iterator[FilmReader]:
    """A film to read once, from its beginning. Raises `BadFilm`.

    >>> with reading.opened(Path("clip.mp4")) as film:
    ...     for frame in film.frames():
    ...         print(frame.time, frame.image(640).shape)
    """
    if opening.is_webp(path):
        yield FilmReader(path, None)
        return
    with opening.container(path) as source:
        yield FilmReader(path, source)


def frame_at(path: Path, time: float) -> FilmFrame:
    """The frame that is on screen at that time, or the first one. Raises `BadFilm`."""
    with opened(path) as film:
        shown = None
        for frame in film.frames(since=time):
            if shown is not None and frame.time > time + 1e-6:
                break
            shown = frame
    if shown is None:
        raise BadFilm(f"{images.display_name(str(path))} has no frame that can be decoded.")
    return shown


class FilmClock:
    """Times of frames in seconds from the film's beginning, which go forwards: where a time is
    missing, stands still, turns back or leaps, a frame's usual duration counts instead.

    `start`: the container's own beginning. A first frame that comes more than `latest` seconds
    after it begins the film itself.
    """

    def __init__(self, start: float | None, step: float, latest: float = _LATEST_START) -> None:
        self._start, self._step, self._latest = start, step, latest
        self._last: tuple[float, float] | None = None

    def __call__(self, raw: float | None) -> float:
        if self._last is None:
            raw = raw if raw is not None and abs(raw) < _SECONDS_LIMIT else 0.0
            now = 0.0 if self._start is None else raw - self._start
            now = now if 0 <= now <= self._latest else 0.0
        else:
            before, now = self._last
            passed = 0.0 if raw is None else raw - before
            now += passed if 1e-6 < passed < _LONGEST_STEP else self._step
            raw = before + self._step if raw is None else raw
        self._last = raw, now
        return now


def _webp_frames(path: Path) -> Iterator[FilmFrame]:
    """The frames of a WebP through Pillow: ffmpeg reads none that move."""
    name, time = images.display_name(str(path)), 0.0
    try:
        with PIL.Image.open(path) as film:
            if film.width * film.height > images.MAX_PIXELS:
                raise BadFilm(f"{name} has frames of more than {images.MAX_PIXELS:,} pixels.")
            count = int(getattr(film, "n_frames", 1))
            for index in range(count):
                film.seek(index)
                pixels = np.asarray(film.convert("RGB"), np.uint8)
                stays = float(film.info.get("duration") or 0) / 1000  # known once it is decoded
                stays = stays if 0 < stays < _LONGEST_STEP else _USUAL_STEP
                yield FilmFrame(index, time, stays, (index + 1) / count, pixels)
                time += stays
    except (OSError, ValueError, SyntaxError, PIL.Image.DecompressionBombError) as error:
        raise BadFilm(f"{name} cannot be read: {files.reason_of(error)}.") from None


def _seek(container: InputContainer, stream: VideoStream, time: float) -> bool:
    """Goes to the last key frame before a time of the container's own."""
    if not stream.time_base:
        return False
    try:
        container.seek(int(time / stream.time_base), stream=stream)
    except (av.FFmpegError, ValueError, OverflowError):
        return False
    return True


def start_of(container: InputContainer) -> float | None:
    """The container's own time at which it begins, in seconds."""
    start = container.start_time
    return None if start is None or abs(start) > 1e6 * _SECONDS_LIMIT else start / av.time_base


def _step(stream: VideoStream) -> float:
    """The usual duration of a frame in seconds."""
    rate = stream.average_rate or stream.guessed_rate
    return 1 / float(rate) if rate and 1e-3 < rate < 1e5 else _USUAL_STEP


def _pixel_width(stream: VideoStream) -> float:
    ratio = float(stream.sample_aspect_ratio or 1)
    return ratio if 1 / _WIDEST_PIXEL <= ratio <= _WIDEST_PIXEL else 1.0


def _seconds(ticks: int | None, base: Fraction | None) -> float | None:
    return None if ticks is None or not base else float(ticks * base)


def _turn_of(frame: av.VideoFrame) -> Turn:
    """How a frame becomes upright, from the display matrix that phones write beside it."""
    data: Any = frame.side_data.get(SideData.DISPLAYMATRIX)  # type: ignore[call-overload]
    if data is None:
        return _UPRIGHT
    a, b, _, c, d, *_ = np.frombuffer(bytes(data), np.int32).tolist()
    return (True, c < 0, b < 0) if abs(b) > abs(a) else (False, a < 0, d < 0)
