"""A film with its faces framed and labelled, or pixelated: H.264 with its own times and sound."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Final

import av
import cv2
import numpy as np
from av.container import OutputContainer
from av.video.stream import VideoStream

from fer import images
from fer.errors import BadFilm
from fer.geometry import Box, Image
from fer.storage import files
from fer.video import reading
from fer.video.analysis import OnProgress, Pace
from fer.video.outputs.sound import Sound
from fer.video.reading import FilmFrame
from fer.video.timeline import Timeline
from fer.video.values import Moment, PersonFace
from fer.visualization import annotate, pixelate as pixelating

CODEC: Final = "libx264"
MOST_SIDE = 1920
"""Larger films are drawn at this size."""

_TICKS = 90_000
_MUXING = {"movflags": "+faststart"}
_CODING = {"preset": "veryfast", "crf": "21"}
_KEY_FRAME_EVERY = 60
_AHEAD_SECONDS = 0.4
_BT601, _LIMITED_RANGE = 6, 1


def draw(
    path: Path,
    timeline: Timeline,
    target: Path,
    pixelate: bool = False,
    on_progress: OnProgress = lambda progress: None,
) -> None:
    """Writes the film at `path` with the faces of its timeline to `target`, an MP4.

    With `pixelate` faces are hidden, also where one may be although none is shown, and those of
    people who are left out. What `on_progress` raises ends it; no part of a film is left then.
    Raises `BadFilm`.
    """
    name = images.display_name(str(target))
    if CODEC not in av.codecs_available:
        raise BadFilm("films cannot be written: this installation's PyAV has no H.264 encoder.")
    try:
        with (
            reading.opened(path) as film,
            files.written_whole(target) as part,
            av.open(part.name, "w", format="mp4", options=_MUXING) as written,
        ):
            video = _video_stream(written, timeline)
            with Sound(path, written, wanted=film.has_sound) as sound:
                pace, frames = Pace(on_progress), 0
                moments = _Moments(timeline)
                for frame in film.frames():
                    moment = moments.at(frame)
                    if moment is None:
                        break
                    picture = _drawn(frame, moment, timeline, video, pixelate)
                    sound.write(until=frame.time)
                    written.mux(_encoded(video, picture, frame.time))
                    frames = frame.index + 1
                    pace(frame.read, frames)
                sound.write(until=timeline.film.seconds)
            written.mux(video.encode(None))
        pace.finish(frames)
    except OSError as error:
        raise BadFilm(f"{name} cannot be written: {files.reason_of(error)}.") from None


class _Moments:
    """What is known of each frame of a film, also of those between the analysed ones."""

    def __init__(self, timeline: Timeline) -> None:
        self._coming = timeline.moments()
        self._cuts = timeline.film.cuts
        self._is_complete = timeline.film.is_complete
        self._ahead: deque[Moment] = deque()
        self._now: Moment | None = None

    def at(self, frame: FilmFrame) -> Moment | None:
        """The faces of a frame; `hidden` has all that come or go about then.

        None where the analysis ended before this frame.
        """
        self._read_to(frame.time + _AHEAD_SECONDS)
        while self._ahead and self._ahead[0].frame <= frame.index:
            self._now = self._ahead.popleft()
            self._read_to(frame.time + _AHEAD_SECONDS)
        now = self._now or Moment(frame.index, frame.time, ())
        if not self._ahead and not self._is_complete and now.frame < frame.index:
            return None
        coming = list(self._before_cut(now.time))
        faces = now.faces
        if coming and now.frame < frame.index:
            faces = tuple(_between(face, now, coming[0], frame.time) for face in now.faces)
        shown = {face.person for face in faces}
        hidden = [box for moment in coming for box in moment.hidden]
        hidden += [face.box for one in coming for face in one.faces if face.person not in shown]
        return replace(now, faces=faces, hidden=(*now.hidden, *hidden))

    def _read_to(self, time: float) -> None:
        """Reads ahead until a moment after that time is there."""
        while not self._ahead or self._ahead[-1].time < time:
            moment = next(self._coming, None)
            if moment is None:
                return
            self._ahead.append(moment)

    def _before_cut(self, time: float) -> Iterator[Moment]:
        """What comes in the same shot."""
        cut = next((cut for cut in self._cuts if cut > time + 1e-6), float("inf"))
        return (moment for moment in self._ahead if moment.time < cut - 1e-6)


def _between(face: PersonFace, before: Moment, after: Moment, time: float) -> PersonFace:
    """A face between two analysed frames."""
    other = next((one for one in after.faces if one.person == face.person), None)
    if other is None or after.time <= before.time:
        return face
    share = (time - before.time) / (after.time - before.time)
    corners = np.array(face.box.as_list()) * (1 - share) + np.array(other.box.as_list()) * share
    return replace(face, box=Box(*np.round(corners).astype(int).tolist()))


def _video_stream(target: OutputContainer, timeline: Timeline) -> VideoStream:
    film = timeline.film
    scale = min(1.0, MOST_SIDE / max(film.width, film.height))
    stream = target.add_stream(CODEC, rate=30)
    stream.width, stream.height = (
        2 * max(1, -(-round(side * scale) // 2)) for side in (film.width, film.height)
    )
    stream.pix_fmt = "yuv420p"
    context = stream.codec_context
    context.time_base = Fraction(1, _TICKS)
    context.gop_size = _KEY_FRAME_EVERY
    context.colorspace, context.color_range = _BT601, _LIMITED_RANGE
    context.options = _CODING
    return stream


def _drawn(
    frame: FilmFrame, moment: Moment, timeline: Timeline, video: VideoStream, pixelate: bool
) -> Image:
    picture = frame.image(MOST_SIDE)
    if picture.shape[:2] != (video.height, video.width):
        size = video.width, video.height
        picture = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)
    film = timeline.film
    result = moment.result(film.width, film.height).scaled(video.width, video.height)
    if pixelate:
        picture = pixelating.faces(picture, result)
    return annotate.draw(picture, result, numbered=True)


def _encoded(video: VideoStream, picture: Image, time: float) -> list[av.Packet[VideoStream]]:
    frame = images.to_video_frame(picture)
    frame.pts, frame.time_base = round(time * _TICKS), Fraction(1, _TICKS)
    return video.encode(frame)
