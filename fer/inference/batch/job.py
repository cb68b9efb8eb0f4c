"""How each of many pictures is analysed, here or in a worker process."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import partial
from typing import Any

import cv2

from fer import engine, images
from fer.errors import BadImage
from fer.inference import records
from fer.inference.batch.listing import Listed
from fer.inference.recognizer import Recognizer
from fer.visualization import annotate


@dataclass(frozen=True, slots=True)
class Analysed:
    """A picture's record, and the annotated picture as PNG where the job asks for it."""

    record: dict[str, Any]
    annotated: bytes | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """What is done with every picture; names and flags alone, so that it reaches a process."""

    model: str
    detector: str
    prior: str | None
    search: str
    passes: int = 1
    whole_picture: bool = False
    annotated: bool = False

    def recognizer(self) -> Recognizer:
        """Raises `FerError` for names and shares that cannot be used."""
        return Recognizer(
            self.model,
            self.detector,
            prior=self.prior,
            search=self.search,
            passes=self.passes,
        )

    def worker(self) -> partial[Analysed]:
        """`analyse` with a recognizer of its own, for a process that is one of several: it uses
        one thread, so that they do not take the cores from each other."""
        cv2.setNumThreads(1)
        engine.use_threads(1)
        return partial(self.analyse, self.recognizer())

    def analyse(self, recognizer: Recognizer, listed: Listed) -> Analysed:
        """One picture. One that cannot be read has a record that says so."""
        if listed.path is None:
            return Analysed(records.error_record(listed.name, listed.problem))
        try:
            started = time.perf_counter()
            photo = images.as_photo(listed.path)
            decoded = time.perf_counter() - started
            result = recognizer.analyze(photo.image, whole_picture=self.whole_picture)
        except BadImage as error:
            return Analysed(records.error_record(listed.name, str(error)))
        drawn = None
        if self.annotated:
            drawn = images.encode_png(annotate.draw(photo.image, result, numbered=True))
        result = result.scaled(photo.width, photo.height).with_seconds(decode=decoded)
        names = recognizer.names(self.whole_picture)
        return Analysed(records.photo_record(listed.name, result, **names), drawn)
