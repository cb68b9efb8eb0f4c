"""One visitor's stream between START and STOP: drawing frames, freezing moments."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fer import images
from fer.engine import Model
from fer.geometry import Image
from fer.inference import records
from fer.inference.recognizer import Recognizer
from fer.live.feed import LiveFeed, LiveSettings, Person
from fer.live.recording import Recording
from fer.results import FrameResult, Prediction
from fer.visualization import annotate, pixelate

if TYPE_CHECKING:
    from av import VideoFrame

LONGEST_SIDE = 1280
"""Larger frames are made smaller at once: nobody asked the camera for them."""

_SPARSE, _SHARE_OF_NEWEST = 16, 0.1


@dataclass(frozen=True, slots=True)
class Look:
    """How the picture is shown."""

    style: str = annotate.STYLES[0]
    mirror: bool = True
    pixelate: bool = False

    def draw(self, image: Image, result: FrameResult | None) -> Image:
        """The RGB picture (H, W, 3) with what is known of its faces; without a result they may be
        anywhere, so that `pixelate` covers everything."""
        if self.pixelate:
            image = pixelate.faces(image, result) if result else pixelate.everything(image)
        if self.mirror:
            image = images.mirrored(image)
        if result is None:
            return image
        result = result.mirrored() if self.mirror else result
        return annotate.draw(image, result, self.style, numbered=True)


@dataclass(frozen=True, slots=True, eq=False)
class FrozenFace:
    """What a network saw of one person, uint8 (H, W, C), and the prediction that was shown."""

    person: int | None
    pixels: NDArray[np.uint8] = field(repr=False)
    prediction: Prediction


@dataclass(frozen=True, slots=True, eq=False)
class Moment:
    """A still that its visitor froze: the PNG as it was shown, and its analysis as a record.

    `faces` are there to be explained; none are kept of faces that were to be covered.
    """

    png: bytes = field(repr=False)
    record: dict[str, Any] = field(repr=False)
    labels: str
    faces: tuple[FrozenFace, ...]
    key: str = field(default_factory=lambda: secrets.token_hex(8))


class Stream:
    """From START to STOP. `show` is called by the frame thread, `end` by the server's event loop,
    everything else by pages; `feed` has the results of the analysis. An `observer` is given each
    frame, RGB (H, W, 3), in the frame thread.

    The feed begins with the first frame, so that a connection that never comes up costs nothing.
    """

    def __init__(self, model: Model, settings: LiveSettings, look: Look) -> None:
        self.look = look
        self.feed: LiveFeed | None = None
        self.ended = False
        self.frames = 0
        self.fault: str | None = None
        self.waiting_since: float | None = None
        self.recording: Recording | None = None
        self.observer: Callable[[Image], None] | None = None
        self._model, self._settings = model, settings
        self._started = self._newest = time.monotonic()
        self.brightness: float | None = None
        self._last: tuple[Image, FrameResult | None] | None = None
        self._lock = threading.Lock()

    @property
    def model(self) -> Model:
        return self._model

    def configure(self, model: Model, settings: LiveSettings, look: Look) -> None:
        """Takes effect from the next frame on, without interrupting the stream."""
        with self._lock:
            self.look = look
            self._model, self._settings = model, settings
            if self.feed is not None:
                self.feed.use(model)
                self.feed.configure(settings)

    def show(self, frame: VideoFrame) -> VideoFrame:
        """The frame callback: converts, offers, draws the newest result, returns. Never raises; a
        fault is kept for the page, and the frame goes back as it came, or empty where faces were
        to be covered."""
        self._newest = time.monotonic()
        self.frames += 1
        look = self.look
        try:
            shown = self._drawn(frame, look)
            self.fault = None
            return shown
        except Exception as error:  # noqa: BLE001 - errors here would be silent
            self.fault = f"a frame could not be shown: {error}"
            return images.empty_video_frame(frame) if look.pixelate else frame

    def now(self) -> float:
        """Seconds in the stream."""
        return time.monotonic() - self._started

    def silent_seconds(self) -> float:
        """Seconds since the last frame."""
        return time.monotonic() - self._newest

    def waiting_seconds(self) -> float:
        """Seconds of waiting for the first frame, from the first call on."""
        if self.frames:
            return 0.0
        self.waiting_since = self.waiting_since or time.monotonic()
        return time.monotonic() - self.waiting_since

    def record(self, recording: Recording | None) -> None:
        """Adds the numbers of what is seen from now on to a recording; None ends that."""
        with self._lock:
            self.recording = recording
            if self.feed is not None:
                self.feed.record(recording)

    def people(self) -> tuple[Person, ...]:
        """Who is on screen now, left to right in the picture as it is shown."""
        people = self.feed.people() if self.feed is not None else ()
        return people[::-1] if self.look.mirror else people

    def freeze(self) -> Moment | None:
        """The frame that was shown last, with its analysis; None before there is one.

        A frame that was shown without faces, as on a busy machine, is analysed now, unless faces
        are to be covered. Raises `FerError`.
        """
        last, look = self._last, self.look
        if last is None:
            return None
        image, result = last
        if not (look.pixelate or (result and result.faces)):
            result = replace(self._recognizer().analyze(image), time=self.now())
        shown = result.mirrored() if result and look.mirror else result
        height, width = image.shape[:2]
        shown = shown or FrameResult((), width, height, time=self.now())
        record = records.photo_record(
            "moment.png",
            shown,
            model=self._model.card.name,
            detector=self._settings.detector,
            prior=self._model.prior.name,
            passes=self._model.passes,
        )
        for face, face_result in zip(record["faces"], shown.faces, strict=True):
            face["person"] = face_result.track
        record["time"] = round(shown.time, 2)
        labels = (
            ", ".join(face_result.prediction.display_label for face_result in shown.faces)
            or "no face"
        )
        faces = () if look.pixelate else _frozen(shown)
        png = images.encode_png(look.draw(image, result))
        return Moment(png, record, labels, faces)

    def end(self) -> None:
        """Ends the thread and drops the last frame; summary and history stay. Quick; may be
        repeated."""
        with self._lock:
            self.ended = True
            self._last = None
            if self.feed is not None:
                self.feed.close()

    def _recognizer(self) -> Recognizer:
        model = self._model
        return Recognizer(model, self._settings.detector, prior=model.prior.name)

    def _drawn(self, frame: VideoFrame, look: Look) -> VideoFrame:
        image = images.from_video_frame(frame, LONGEST_SIDE)
        self._measure_light(image)
        if self.observer is not None:
            self.observer(image)
        feed = self._open()
        if feed is None:
            return images.to_video_frame(look.draw(image, None))
        now = self.now()
        feed.offer(image, now)
        result = feed.latest(at=now)
        height, width = image.shape[:2]
        if result and (result.width, result.height) != (width, height):
            result = result.scaled(width, height)
        with self._lock:
            if not self.ended:  # STOP came meanwhile: nothing of a face may stay
                self._last = image, result
        return images.to_video_frame(look.draw(image, result))

    def _measure_light(self, image: Image) -> None:
        """Keeps the mean brightness (0–255) of the newest frames."""
        now = float(image[::_SPARSE, ::_SPARSE].mean())
        before = now if self.brightness is None else self.brightness
        self.brightness = before + _SHARE_OF_NEWEST * (now - before)

    def _open(self) -> LiveFeed | None:
        with self._lock:
            if self.feed is None and not self.ended:
                self._started = time.monotonic()
                self.feed = LiveFeed(self._model, self._settings)
                self.feed.record(self.recording)
            return None if self.ended else self.feed


def _frozen(result: FrameResult) -> tuple[FrozenFace, ...]:
    return tuple(
        FrozenFace(face.track, face.pixels, face.prediction)
        for face in result.faces
        if face.pixels is not None
    )
