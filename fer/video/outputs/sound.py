"""The sound of a film taken over into another one: as it is where MP4 can hold it, else as AAC."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, suppress
from fractions import Fraction
from pathlib import Path
from typing import Final

import av
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container import InputContainer, OutputContainer

from fer.video import opening, reading

KEPT = ("aac", "mp3", "opus", "flac")
"""Codecs that MP4 files in a browser may have."""

_CODEC: Final = "aac"
_RATE = 48_000


class Sound:
    """The first sound of a film, written piece by piece beside the picture.

    Where it cannot be read on, the film is silent from there.
    """

    def __init__(self, path: Path, target: OutputContainer, wanted: bool) -> None:
        self._stack, self._target = ExitStack(), target
        self._pieces: Iterator[tuple[float, av.Packet[AudioStream]]] = iter(())
        self._next: tuple[float, av.Packet[AudioStream]] | None = None
        if wanted:
            source, _ = self._stack.enter_context(opening.container(path))
            stream = source.streams.audio[0]
            self._start = Fraction(reading.start_of(source) or 0.0).limit_denominator(av.time_base)
            if stream.codec_context is not None:
                kept = stream.codec_context.codec.canonical_name in KEPT
                self._pieces = self._copied(source, stream) if kept else self._coded(source, stream)
                self._next = next(self._pieces, None)

    def __enter__(self) -> Sound:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def write(self, until: float) -> None:
        """Writes all that begins before a time in seconds."""
        while self._next is not None and self._next[0] < until:
            self._target.mux(self._next[1])
            self._next = next(self._pieces, None)

    def _copied(
        self, source: InputContainer, stream: AudioStream
    ) -> Iterator[tuple[float, av.Packet[AudioStream]]]:
        out = self._target.add_stream_from_template(stream)
        with suppress(av.FFmpegError):
            for packet in source.demux(stream):
                if packet.dts is None or packet.pts is None or not packet.time_base:
                    continue
                shift = round(self._start / packet.time_base)
                packet.pts, packet.dts = packet.pts - shift, packet.dts - shift
                time = float(packet.pts * packet.time_base)
                packet.stream = out
                yield time, packet

    def _coded(
        self, source: InputContainer, stream: AudioStream
    ) -> Iterator[tuple[float, av.Packet[AudioStream]]]:
        out = self._target.add_stream(_CODEC, rate=_RATE)
        resampler = AudioResampler(format="fltp", layout=out.codec_context.layout, rate=_RATE)
        with suppress(av.FFmpegError):
            for frame in source.decode(stream):
                for piece in resampler.resample(frame):
                    if piece.pts is not None and piece.time_base:
                        piece.pts -= round(self._start / piece.time_base)
                    yield from _timed(out.encode(piece))
        yield from _timed(out.encode(None))


def _timed(
    packets: list[av.Packet[AudioStream]],
) -> Iterator[tuple[float, av.Packet[AudioStream]]]:
    for packet in packets:
        pts, base = packet.pts, packet.time_base
        yield (0.0 if pts is None or not base else float(pts * base)), packet
