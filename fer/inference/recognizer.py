"""From a picture to the apparent expression of every face in it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from fer import images, registry
from fer.engine import Model
from fer.errors import BadImage
from fer.geometry import Image
from fer.images import ImageSource
from fer.inference import cropping, detection, quality, records, search as face_search
from fer.prior import PriorLike
from fer.results import Face, FaceResult, FrameResult, Prediction, Quality, Searched

_PICTURES_AT_ONCE = 16

CROP_SIDE = 144
"""Crops of larger faces are handed on at this size."""


class Recognizer:
    """A model, a kind of detector, a prior and a search. Cheap to make, and thread-safe.

    `model` is a loaded one or the name of a published one; without it the active one answers.
    `prior`: how common each expression is assumed to be, see `fer.prior`; None takes the model's
    own choice. `search`: "fast", or "thorough" for small faces of large pictures, see
    `fer.inference.search`. `passes`: 1, or 2 to average the predictions for a face and its mirror
    image. Raises `FerError` for what cannot be used.

    >>> result = Recognizer().analyze("photo.jpg")
    >>> [face.prediction.display_label for face in result.faces]
    ['happy', 'unsure']
    """

    def __init__(
        self,
        model: Model | str | None = None,
        detector: str = detection.DEFAULT,
        *,
        prior: PriorLike | None = None,
        search: str = face_search.DEFAULT,
        passes: int | None = None,
    ) -> None:
        detection.check(detector)
        face_search.check(search)
        loaded = model if isinstance(model, Model) else registry.load(model)
        loaded = loaded if prior is None else loaded.with_prior(prior)
        self.model = loaded if passes is None else loaded.with_passes(passes)
        self.detector = detector
        self.search = search

    def names(self, whole_picture: bool = False) -> dict[str, Any]:
        """Names of model, detector and prior, and the number of passes, as records give them."""
        return {
            "model": self.model.card.name,
            "detector": records.NO_DETECTOR if whole_picture else self.detector,
            "prior": self.model.prior.name,
            "passes": self.model.passes,
        }

    @overload
    def analyze(
        self, source: ImageSource, *, whole_picture: bool = False, bgr: bool = False
    ) -> FrameResult: ...

    @overload
    def analyze(
        self,
        source: list[Any] | tuple[Any, ...],
        *,
        whole_picture: bool = False,
        bgr: bool = False,
    ) -> list[FrameResult]: ...

    def analyze(
        self,
        source: ImageSource | list[Any] | tuple[Any, ...],
        *,
        whole_picture: bool = False,
        bgr: bool = False,
    ) -> FrameResult | list[FrameResult]:
        """All faces of a picture, left to right, in the upright pixels of its file.

        A source is what `images.as_image` takes; a list of them gives a list of results, classified
        in batches. With `bgr`, arrays are in OpenCV's order. With `whole_picture` nothing is
        searched: the picture is one face, as those of FER2013 are. Raises `BadImage`, or `BadModel`
        if the outputs of the network are not probabilities.
        """
        if not isinstance(source, list | tuple):
            return self._classified([self._cut_source(source, whole_picture, bgr)])[0]
        results: list[FrameResult] = []
        for start in range(0, len(source), _PICTURES_AT_ONCE):
            cuts = []
            for number in range(start, min(start + _PICTURES_AT_ONCE, len(source))):
                try:
                    cuts.append(self._cut_source(source[number], whole_picture, bgr))
                except BadImage as error:
                    raise BadImage(f"picture {number + 1} of {len(source)}: {error}") from None
            results += self._classified(cuts)
        return results

    def classify(self, image: Image, faces: Sequence[Face]) -> FrameResult:
        """The expressions of detected faces, in their order, in one call of the engine.

        `image` is RGB uint8 (H, W, 3). Raises `BadModel` like `analyze`.
        """
        return self._classified([self._cut(image, faces)])[0]

    def _cut_source(self, source: ImageSource, whole_picture: bool, bgr: bool) -> _Cut:
        started = time.perf_counter()
        photo = images.as_photo(source, bgr=bgr)
        decoded = time.perf_counter()
        faces: tuple[Face, ...]
        searched = None
        if whole_picture:
            faces = (cropping.whole_face(photo.image),)
        else:
            faces, searched = face_search.find(photo.image, self.detector, self.search)
        seconds = {"decode": decoded - started, "detect": time.perf_counter() - decoded}
        cut = self._cut(photo.image, faces)
        cut = replace(cut, file_size=(photo.width, photo.height), searched=searched)
        cut.seconds.update(seconds)
        return cut

    def _cut(self, image: Image, faces: Sequence[Face]) -> _Cut:
        started = time.perf_counter()
        spec = self.model.card.input
        crops = [cropping.face_crop(image, face, spec.margin, spec.align) for face in faces]
        pixels = cropping.network_input(crops, spec)
        qualities = [quality.measure(crop, face) for crop, face in zip(crops, faces, strict=True)]
        crops = [images.bounded(crop, CROP_SIDE)[0] for crop in crops]
        size = image.shape[1], image.shape[0]
        seconds = {"crop": time.perf_counter() - started}
        return _Cut(size, size, faces, crops, pixels, qualities, seconds)

    def _classified(self, cuts: Sequence[_Cut]) -> list[FrameResult]:
        started = time.perf_counter()
        probabilities = self.model.probabilities(np.concatenate([cut.pixels for cut in cuts]))
        seconds = time.perf_counter() - started
        results, first = [], 0
        for cut in cuts:
            share = len(cut.faces) / max(1, len(probabilities))
            rows = probabilities[first : first + len(cut.faces)]
            results.append(self._result(cut, rows, seconds * share))
            first += len(cut.faces)
        return results

    def _result(self, cut: _Cut, probabilities: NDArray[np.float32], seconds: float) -> FrameResult:
        below = self.model.uncertain_below
        faces = tuple(
            FaceResult(
                face,
                Prediction(p, uncertain=float(p.max()) < below),
                measured,
                crop=crop,
                pixels=pixels,
            )
            for face, p, measured, crop, pixels in zip(
                cut.faces, probabilities, cut.qualities, cut.crops, cut.pixels, strict=True
            )
        )
        times = {**cut.seconds, "classify": seconds}
        result = FrameResult(faces, *cut.size, times, searched=cut.searched)
        return result.scaled(*cut.file_size)


@dataclass(frozen=True, slots=True, eq=False)
class _Cut:
    """The faces of one picture, ready for the network; sizes are (width, height)."""

    size: tuple[int, int]
    file_size: tuple[int, int]
    faces: Sequence[Face]
    crops: list[Image]
    pixels: NDArray[np.uint8]
    qualities: list[Quality]
    seconds: dict[str, float]
    searched: Searched | None = None


@overload
def analyze(
    source: ImageSource,
    *,
    model: str | None = None,
    detector: str = detection.DEFAULT,
    prior: PriorLike | None = None,
    search: str = face_search.DEFAULT,
    passes: int | None = None,
    whole_picture: bool = False,
    bgr: bool = False,
) -> FrameResult: ...


@overload
def analyze(
    source: list[Any] | tuple[Any, ...],
    *,
    model: str | None = None,
    detector: str = detection.DEFAULT,
    prior: PriorLike | None = None,
    search: str = face_search.DEFAULT,
    passes: int | None = None,
    whole_picture: bool = False,
    bgr: bool = False,
) -> list[FrameResult]: ...


def analyze(
    source: ImageSource | list[Any] | tuple[Any, ...],
    *,
    model: str | None = None,
    detector: str = detection.DEFAULT,
    prior: PriorLike | None = None,
    search: str = face_search.DEFAULT,
    passes: int | None = None,
    whole_picture: bool = False,
    bgr: bool = False,
) -> FrameResult | list[FrameResult]:
    """The apparent expression of every face in a picture, or in each picture of a list.

    A picture is a path, a file's bytes, an open file, a PIL image or an array: grey, RGB or RGBA,
    uint8 or floats between 0 and 1, with `bgr` in OpenCV's order. `model` names a published model;
    without it the active one answers. `prior` is how common each expression is assumed to be:
    "balanced", "training", another one that the model's card names, or seven shares; without it the
    card's default. `search` "thorough" finds small faces of large pictures. `passes=2` averages the
    predictions for a face and its mirror image: slower and a little more accurate. Raises
    `FerError` with a sentence that says what was wrong with the picture, the model, the detector or
    the prior.
    """
    recognizer = Recognizer(model, detector, prior=prior, search=search, passes=passes)
    return recognizer.analyze(source, whole_picture=whole_picture, bgr=bgr)
