"""From a picture to the apparent expression of every face in it."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence

from fer import images, registry
from fer.geometry import Image
from fer.inference import cropping, detection, quality, records
from fer.prior import PriorLike
from fer.registry import Model
from fer.results import Face, FaceResult, FrameResult, Prediction

CROP_SIDE = 144
"""Crops of larger faces are handed on at this size."""


class Recognizer:
    """A model, a kind of detector and a prior. Cheap to make, and safe to use from any thread.

    `model` is a loaded one or the name of a published one; without it the active one answers.
    `prior`: how common each expression is assumed to be, see `fer.prior`; None takes the model's
    own choice. Raises `FerError` for names and shares that cannot be used.

    >>> result = Recognizer().analyze(images.read("photo.jpg"))
    >>> [face.prediction.display_label for face in result.faces]
    ['happy', 'unsure']
    """

    def __init__(
        self,
        model: Model | str | None = None,
        detector: str = detection.DEFAULT,
        *,
        prior: PriorLike | None = None,
    ) -> None:
        detection.check(detector)
        loaded = model if isinstance(model, Model) else registry.load(model)
        self.model = loaded if prior is None else loaded.with_prior(prior)
        self.detector = detector

    def names(self, whole_picture: bool = False) -> dict[str, str]:
        """Names of model, detector and prior, as records give them."""
        return {
            "model": self.model.card.name,
            "detector": records.NO_DETECTOR if whole_picture else self.detector,
            "prior": self.model.prior.name,
        }

    def analyze(self, image: Image, *, whole_picture: bool = False) -> FrameResult:
        """All faces of an RGB uint8 picture (H, W, 3), left to right, in its own pixels.

        With `whole_picture` nothing is searched: the picture is one face, as those of FER2013 are.
        Raises `BadModel` if the network answers with anything but probabilities.
        """
        started = time.perf_counter()
        faces: tuple[Face, ...]
        if whole_picture:
            faces = (cropping.whole_face(image),)
        else:
            faces = detection.detect(image, self.detector)
        detected = time.perf_counter() - started
        return self.classify(image, faces).with_seconds(detect=detected)

    def classify(self, image: Image, faces: Sequence[Face]) -> FrameResult:
        """The expressions of faces found already, in their order, by one call of the engine.

        `image` is RGB uint8 (H, W, 3). Raises `BadModel` like `analyze`.
        """
        started = time.perf_counter()
        spec = self.model.card.input
        crops = [cropping.face_crop(image, face, spec.margin, spec.align) for face in faces]
        pixels = cropping.network_input(crops, spec)
        qualities = [quality.measure(crop, face) for crop, face in zip(crops, faces, strict=True)]
        crops = [images.bounded(crop, CROP_SIDE)[0] for crop in crops]
        cut = time.perf_counter()
        probabilities = self.model.probabilities(pixels)
        classified = time.perf_counter()
        below = self.model.uncertain_below
        results = tuple(
            FaceResult(
                face,
                Prediction(p, uncertain=float(p.max()) < below),
                measured,
                crop=crop,
                pixels=seen,
            )
            for face, p, measured, crop, seen in zip(
                faces, probabilities, qualities, crops, pixels, strict=True
            )
        )
        height, width = image.shape[:2]
        seconds = {"crop": cut - started, "classify": classified - cut}
        return FrameResult(results, width, height, seconds)


def analyze(
    source: str | os.PathLike[str] | bytes | Image,
    *,
    model: str | None = None,
    detector: str = detection.DEFAULT,
    prior: PriorLike | None = None,
    whole_picture: bool = False,
) -> FrameResult:
    """The apparent expression of every face in a picture: a path, a file's bytes or an RGB array.

    `model` names a published model; without it the active one answers. `prior` is how common each
    expression is assumed to be: "balanced", "training", another one that the model's card names, or
    seven shares; without it the card's default. Raises `FerError` with a sentence that says what
    was wrong with the picture, the model, the detector or the prior.
    """
    started = time.perf_counter()
    recognizer = Recognizer(model, detector, prior=prior)
    image = images.as_image(source)
    decoded = time.perf_counter() - started
    result = recognizer.analyze(image, whole_picture=whole_picture)
    return result.with_seconds(decode=decoded)
