"""One visitor's teaching: consent, captures and what came of them, in the session's memory."""

from __future__ import annotations

import secrets
from collections import Counter, deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from dashboard.camera.stream import Stream
from dashboard.personal import model as personal
from dashboard.personal.model import PersonalModel
from dashboard.server import child_commands, uploads
from dashboard.server.visitors import media, rates
from dashboard.teach.recorder import Recorder
from dashboard.text import file_name, sentence
from fer import images, registry
from fer.errors import BadImage, FerError
from fer.model_card import InputSpec
from fer.teaching.captures import CapturedFace, Captures
from fer.teaching.comparison import Comparison
from fer.teaching.filtering import TakeFilter

CONSENT, SHOW, TEACH, USE = STEPS = ("Consent", "Show", "Teach", "Use")
MOST_PICTURES = 60
"""Pictures of one upload: as many as a take keeps faces."""
_KEY = "_teach_session"


@dataclass(frozen=True, slots=True)
class Upload:
    """Pictures that were added together: one take of an emotion. `note` says which were not."""

    emotion: str
    pictures: tuple[tuple[str, bytes], ...] = field(repr=False)
    note: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Lesson:
    """What is being taught: the key of its command, and the captures that it was given."""

    captures: Captures = field(repr=False)
    key: str = field(default_factory=lambda: secrets.token_hex(8))


@dataclass(frozen=True, slots=True, eq=False)
class Taught:
    """What came of a lesson: how the model compares on faces that were held back, and those `faces`
    whose answer changed, by their index there."""

    comparison: Comparison = field(repr=False)
    faces: Mapping[int, CapturedFace] = field(repr=False)

    @classmethod
    def of(cls, comparison: Comparison, captures: Captures) -> Taught:
        faces = {change.index: captures.faces[change.index] for change in comparison.changed}
        return cls(comparison, faces)

    def without_removed(self, captures: Captures) -> Taught:
        """Without faces that were deleted or relabelled since."""
        left = set(map(id, captures.faces))
        return replace(
            self, faces={index: face for index, face in self.faces.items() if id(face) in left}
        )


@dataclass(slots=True, eq=False, weakref_slot=True)
class TeachSession:
    """What a visitor showed. `left_out`: how many frames for each reason; `news`: what became of
    the last take, and whether it was kept; `turn` counts the uploads; `waiting`: those that are
    not read yet. `stream`: the camera's for this START or the next; `recorder`: the take that is
    recorded now. `lesson`: what is being taught, `taught` what came of the last one that ended,
    and `failure` why one ended without a model. `own`: the model that was taught or loaded
    last."""

    is_allowed: bool = False
    step: str = CONSENT
    captures: Captures = field(default_factory=Captures, repr=False)
    left_out: Counter[str] = field(default_factory=Counter)
    news: tuple[str, bool] | None = None
    waiting: deque[Upload] = field(default_factory=deque, repr=False)
    turn: int = 0
    stream: Stream | None = None
    recorder: Recorder | None = None
    lesson: Lesson | None = None
    taught: Taught | None = None
    own: PersonalModel | None = None
    failure: str | None = None

    @property
    def num_bytes(self) -> int:
        """Of what is kept, which counts among the uploads that the server holds."""
        pictures = [data for upload in list(self.waiting) for _, data in upload.pictures]
        own = self.own  # a visitor's thread may let go of it meanwhile
        of_model = len(own.archive) if own is not None else 0
        return sum(map(len, pictures)) + self.captures.num_bytes + of_model

    @property
    def steps(self) -> tuple[str, ...]:
        """Those that can be gone to."""
        can_teach = len(self.captures.emotions()) > 1 or self.taught is not None
        can = {
            SHOW: self.is_allowed,
            TEACH: self.is_allowed and can_teach,
            USE: self.own is not None,
        }
        return tuple(step for step in STEPS if can.get(step, True))

    def allow(self) -> None:
        """The visitor consents."""
        self.is_allowed, self.step = True, SHOW

    def go(self, step: str) -> None:
        """A button's callback: a take that is recorded now ends with its step."""
        if step in self.steps:
            self.forget_recording()
            self.step = step

    def add_upload(self, emotion: str, files: list[UploadedFile]) -> None:
        """Takes uploaded pictures out of the server's hands; they wait to be read as one take."""
        pictures, refused = [], []
        for upload in files[:MOST_PICTURES]:
            try:
                uploads.check(upload)
                name = images.display_name(file_name(upload.name))
                pictures.append((name, upload.getvalue()))
            except FerError as error:
                refused.append(sentence(error))
        uploads.free(files)
        self.turn += 1
        if not self.is_allowed:
            return
        if len(files) > MOST_PICTURES:
            refused.append(f"{len(files) - MOST_PICTURES} pictures are beyond {MOST_PICTURES}.")
        try:
            rates.ANALYSES.take(len(pictures))
        except FerError as error:
            refused.append(sentence(error))
            pictures.clear()
        note = " ".join(refused)
        if pictures:
            self.waiting.append(Upload(emotion, tuple(pictures), note))
        else:
            self.news = (note, False)

    def read_waiting(self) -> Iterator[tuple[str, int, int]]:
        """Reads the uploads that wait, one picture a step; yields the name of the one that is next,
        its number and how many there are. What cannot be used becomes the news."""
        while self.waiting:
            upload = self.waiting[0]
            take, notes = TakeFilter(input_spec(), kind="picture"), [upload.note]
            for number, (name, data) in enumerate(upload.pictures, 1):
                yield name, number, len(upload.pictures)
                try:
                    take.add(images.decode(data, name), 0.0)
                except BadImage as error:
                    notes.append(sentence(error))
            if self.waiting and self.waiting[0] is upload:
                self.keep(upload.emotion, take, " ".join(notes).strip())
                self.waiting.popleft()

    def keep(self, emotion: str, take: TakeFilter, note: str = "") -> None:
        """Adds a take to the captures; the news say what became of it."""
        try:
            filtered = take.result()
            kept = self.captures.with_take(emotion, filtered.seconds, filtered.crops)
            uploads.require_room(kept.num_bytes - self.captures.num_bytes)
        except FerError as error:
            self.news = (f"{note} {sentence(error)}".strip(), False)
            return
        self.captures = kept
        self.left_out.update(filtered.left_out)
        self.news = (f"{note} {filtered.sentence}".strip(), True)

    def teach(self) -> None:
        """Begins a lesson with the present captures."""
        if self.lesson is None:
            self.failure, self.lesson = None, Lesson(self.captures)

    def stop(self) -> None:
        """Ends the lesson, if there is one, and deletes what it was given and made."""
        lesson, self.lesson = self.lesson, None
        if lesson is not None:
            child_commands.discard(lesson.key)

    def finish(self, own: PersonalModel, taught: Taught | None) -> None:
        """Keeps a model that was taught, or loaded; it is used once its owner says so."""
        self.own = own
        self.taught = taught and taught.without_removed(self.captures)

    @property
    def is_used(self) -> bool:
        """Whether pages of this session answer with the newest model."""
        return self.own is not None and personal.current() is self.own and personal.is_used()

    def use(self) -> None:
        """A button's callback: Live, Photos and Video of this session answer with it."""
        if self.own is not None:
            personal.use(self.own)

    def bring_back(self, captures: Captures) -> None:
        """Takes from a zip replace those that are there. Raises `NotKept`."""
        uploads.require_room(captures.num_bytes - self.captures.num_bytes)
        self.change(captures)

    def forget_recording(self) -> None:
        """Lets go of the take that is recorded; the stream may know it until its next run."""
        if self.recorder is not None:
            self.recorder.drop()
        self.recorder = None

    def change(self, captures: Captures) -> None:
        """A button's callback: what is left after faces were deleted, or were relabelled."""
        media.forget_removed()
        self.captures, self.news = captures, None
        self.taught = self.taught and self.taught.without_removed(captures)

    def delete_everything(self) -> None:
        """As if the page had never been opened."""
        media.forget_removed()
        self.stop()
        personal.forget()
        if self.stream is not None:
            self.stream.end()
            self.stream = None
        self.captures, self.left_out = Captures(), Counter()
        self.taught = self.own = None
        self.waiting.clear()
        self.forget_recording()
        self.is_allowed, self.step = False, CONSENT
        self.news = self.failure = None


def input_spec() -> InputSpec:
    """How the faces are cut: as for the model that is taught."""
    return registry.card(registry.DEFAULT).input


def current_session() -> TeachSession:
    """The session of this browser tab."""
    if _KEY not in st.session_state:
        st.session_state[_KEY] = TeachSession()
        uploads.count(st.session_state[_KEY])
    session: TeachSession = st.session_state[_KEY]
    return session
