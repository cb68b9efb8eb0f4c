"""Models, the engine that runs them, and face detectors."""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np

from fer import registry
from fer.doctor.finding import FAILED, OK, WARNING, Finding
from fer.errors import FerError
from fer.inference import detection

_SIDE = 96


def models() -> Iterator[Finding]:
    """A finding for each damaged model, or one that all are as their cards say."""
    names, wrong = registry.names(), []
    for name in names:
        reason = _damage(name)
        if reason:
            is_needed = name in registry.SHIPPED or name == registry.active()
            state = FAILED if is_needed else WARNING
            mend = "Restore its folder" if is_needed else "Delete or restore its folder"
            wrong.append(Finding("models", state, reason, f"{mend} in FER_MODELS."))
    if not names:
        wrong.append(Finding("models", FAILED, "There are no models.", "Set FER_MODELS, or train."))
    yield from wrong
    if not wrong:
        yield Finding("models", OK, f"{len(names)} models, all files as on their cards.")


def engine() -> Finding:
    """The active model predicts."""
    started = time.perf_counter()
    try:
        model = registry.load()
        pixels = np.zeros((1, *model.card.input.shape), np.uint8)
        opened = time.perf_counter()
        model.probabilities(pixels)
    except FerError as error:
        mend = "Use another model, or restore its folder."
        return Finding("engine", FAILED, _sentence(error), mend)
    done = time.perf_counter()
    return Finding(
        "engine",
        OK,
        f"The model {model.card.name} opens in {opened - started:.1f} s and takes "
        f"{1000 * (done - opened):.0f} ms for a face.",
    )


def detectors() -> Iterator[Finding]:
    """Each detector loads and searches a picture."""
    for name in detection.names():
        try:
            detection.create(name).detect(np.full((_SIDE, _SIDE, 3), 127, np.uint8))
        except Exception as error:  # noqa: BLE001 - whatever it is, it is told
            mend = "pip install -r requirements.txt"
            reason = str(error).strip().splitlines() or [type(error).__name__]
            yield Finding("detectors", FAILED, f"{name} does not work: {reason[0]}.", mend)
        else:
            yield Finding("detectors", OK, f"{name} searches pictures.")


def _damage(name: str) -> str | None:
    """What is wrong with the files of a model."""
    try:
        card, path = registry.card(name), registry.path_of(name)
        for file, digest in card.files.items():
            if registry.file_hash(path / file) != digest:
                return f"{file} of the model {name} is not the file that its card describes."
    except FerError as error:
        return _sentence(error)
    except OSError as error:
        return f"A file of the model {name} cannot be read: {error.strerror}."
    return None


def _sentence(error: FerError) -> str:
    text = str(error)
    return text[:1].upper() + text[1:]
