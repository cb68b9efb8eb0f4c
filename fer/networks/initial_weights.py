"""Initial weights, loaded into a network: those of a published model, ImageNet or a file."""

from __future__ import annotations

import contextlib
import sys
from collections import Counter
from pathlib import Path

import keras
import numpy as np

from fer.errors import BadSettings
from fer.networks import build, classic
from fer.runs import network_specs, weights
from fer.runs.settings import TrainSettings
from fer.runs.weights import IMAGENET, Shapes, source


def load(model: keras.Model, settings: TrainSettings) -> None:
    """Gives a fresh network the weights that its settings name, if any.

    A file fits the whole network, or the backbone of one of Keras's applications (a "no top"
    file). Raises `BadSettings` where it fits neither.
    """
    chosen = source(settings)
    if chosen is None:
        return
    if chosen.file is None:
        _backbone(model).set_weights(_imagenet(settings).get_weights())
        return
    target = _target(model, chosen.file, settings.network)
    try:
        target.load_weights(chosen.file)
    except Exception as error:  # noqa: BLE001 - Keras raises whatever its readers do
        raise BadSettings(
            weights.misfit(chosen.file, settings.network, weights.first_line(error))
        ) from None
    if not all(np.isfinite(array).all() for array in target.get_weights()):
        raise BadSettings(f"{chosen.file.name} holds weights that are no finite numbers.")


def check(settings: TrainSettings) -> None:
    """Tries the weights on a fresh network. Raises `BadSettings` where they do not fit it."""
    if settings.weights is not None:
        load(build.build(settings.network, settings.input), settings)


def _imagenet(settings: TrainSettings) -> keras.Model:
    """Keras's own download, or what it has kept of an earlier one."""
    name = weights.check_imagenet(settings.network)
    try:
        shape = (settings.input.height, settings.input.width, 3)
        with contextlib.redirect_stdout(sys.stderr):  # Keras prints a progress bar
            return classic.application(name, shape, IMAGENET)
    except Exception as error:  # noqa: BLE001 - Keras raises a bare Exception where it is offline
        raise BadSettings(
            f"the ImageNet weights of {settings.network} could not be downloaded "
            f"({weights.first_line(error)}). On a machine without network, fetch Keras's "
            f'"no_top" .h5 file of {name} elsewhere and pass it: --weights FILE.'
        ) from None


def _backbone(model: keras.Model) -> keras.Model:
    return model.get_layer("backbone")


def _target(model: keras.Model, file: Path, network: str) -> keras.Model:
    """The part of a network whose weights have the shapes that the file holds."""
    held = weights.shapes_in(file)
    parts = [model]
    if network_specs.get(network).application is not None:
        parts.append(_backbone(model))
    for part in parts:
        if held == _shapes_of(part):
            return part
    sizes = " or its backbone ".join(map(_size, parts))
    reason = f"it holds {weights.amount(held)}, the network {sizes}"
    raise BadSettings(weights.misfit(file, network, reason))


def _size(part: keras.Model) -> str:
    return weights.amount(_shapes_of(part))


def _shapes_of(model: keras.Model) -> Shapes:
    return Counter(tuple(weight.shape) for weight in model.weights)
