"""Films for tests, encoded with PyAV: any pictures at any times, turned, with a tone."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import PIL.Image

from fer.geometry import Image

TICKS = 1000
"""Times of films are whole milliseconds."""

_CODECS = {
    **{".mp4": "libx264", ".mov": "libx264", ".mkv": "libx264", ".webm": "libvpx"},
    ".avi": "mjpeg",
}
_SOUNDS = {".webm": "libopus", ".avi": "pcm_s16le"}
_SOUND_RATE = 48_000
_QUARTER_TURN = (0, 1 << 16, 0, -(1 << 16), 0, 0)
_HALF_TURN = (-(1 << 16), 0, 0, 0, -(1 << 16), 0)
TURNS = {90: _QUARTER_TURN, 180: _HALF_TURN}
"""What a phone writes for a film to be shown so many degrees clockwise."""


def write(
    path: Path,
    pictures: Iterable[Image],
    rate: int = 25,
    times: Sequence[int] | None = None,
    tone: bool = False,
    pixel: Fraction | None = None,
) -> Path:
    """A film of pictures of one size, at `rate` a second or at `times` in milliseconds, its pixels
    `pixel` as wide as they are high."""
    if path.suffix in (".gif", ".webp"):
        first, *more = [PIL.Image.fromarray(picture) for picture in pictures]
        first.save(path, save_all=True, append_images=more, duration=1000 // rate, lossless=True)
        return path
    codec = _CODECS[path.suffix]
    with av.open(path, "w") as film:
        options = {"preset": "ultrafast", "crf": "18"} if codec == "libx264" else {}
        stream = film.add_stream(codec, rate=rate, options=options)
        stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
        if times is not None:
            stream.codec_context.time_base = Fraction(1, TICKS)
        if pixel is not None:
            stream.codec_context.sample_aspect_ratio = pixel
        codec = _SOUNDS.get(path.suffix, "aac")
        sound = film.add_stream(codec, rate=_SOUND_RATE, layout="mono") if tone else None
        count = 0
        for number, picture in enumerate(pictures):
            if not number:
                stream.height, stream.width = picture.shape[:2]
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            if times is not None:
                frame.pts, frame.time_base = times[number], Fraction(1, TICKS)
            film.mux(stream.encode(frame))
            count = number + 1
        film.mux(stream.encode(None))
        if sound is not None:
            _add_tone(film, sound, times[-1] / TICKS if times else count / rate)
    return path


def turned(path: Path, degrees: int) -> Path:
    """The same MP4 with a flag that says how to turn its frames."""
    data = bytearray(path.read_bytes())
    start = data.index(b"tkhd") + 4 + 40
    struct.pack_into(">6i", data, start, *TURNS[degrees])
    path.write_bytes(data)
    return path


def _add_tone(film: av.container.OutputContainer, stream: av.AudioStream, seconds: float) -> None:
    samples = np.arange(int(seconds * _SOUND_RATE))
    wave = (0.3 * np.sin(samples * 2 * np.pi * 440 / _SOUND_RATE)).astype(np.float32)[None]
    frame = av.AudioFrame.from_ndarray(wave, format="fltp", layout="mono")
    frame.sample_rate = _SOUND_RATE
    film.mux(stream.encode(frame))
    film.mux(stream.encode(None))
