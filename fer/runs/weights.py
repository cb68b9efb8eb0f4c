"""Initial weights: those of a published model, of ImageNet, or of a file.

Importing this loads no TensorFlow, so that mistakes are reported at once.
"""

from __future__ import annotations

import math
import os
import zipfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py

from fer import registry
from fer.data import archives
from fer.errors import BadModel, BadSettings
from fer.model_card import InputSpec
from fer.runs import network_specs
from fer.runs.settings import TrainSettings

IMAGENET = "imagenet"
MOST_SHOWN = 80
ENDINGS = (".keras", ".weights.h5", ".h5", ".hdf5")

Shapes = Counter[tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class Source:
    """Where weights come from, as the settings name it; no file for ImageNet's own."""

    name: str
    file: Path | None


def source(settings: TrainSettings) -> Source | None:
    """What `settings.weights` names: a published model, "imagenet" or a file; None for none.

    In this order. Raises `BadSettings` for what does not exist, belongs to another network or is
    no file of weights; whether its numbers fit is known only to `load`.
    """
    name = settings.weights
    if name is None:
        return None
    if name in registry.names():
        return _published(name, settings)
    if name == IMAGENET:
        check_imagenet(settings.network)
        return Source(name, None)
    file = Path(name)
    if not os.path.isfile(name):
        models = ", ".join(registry.names()) or "none yet"
        raise BadSettings(
            f"the weights {_shown(name)!r} are no file, no published model ({models}) and not "
            f"{IMAGENET}."
        )
    if not file.name.endswith(ENDINGS):
        raise BadSettings(f"{file.name} is no file of weights; known are {', '.join(ENDINGS)}.")
    shapes_in(file)
    return Source(name, file)


def _shown(name: str) -> str:
    return name if len(name) <= MOST_SHOWN else f"{name[:MOST_SHOWN]}…"


def _published(name: str, settings: TrainSettings) -> Source:
    try:
        card = registry.card(name)
    except BadModel as error:
        raise BadSettings(str(error)) from None
    if card.network != settings.network:
        raise BadSettings(
            f"the model {name!r} is a {card.network}; its weights do not fit {settings.network}."
        )
    if (card.input.shape, card.input.preprocessing) != (
        settings.input.shape,
        settings.input.preprocessing,
    ):
        raise BadSettings(
            f"the model {name!r} takes {_described(card.input)}, but the settings say "
            f"{_described(settings.input)}; use the same input."
        )
    try:
        return Source(name, registry.keras_file(name))
    except BadModel:
        raise BadSettings(
            f"the model {name!r} has no sound model.keras to take weights from."
        ) from None


def _described(spec: InputSpec) -> str:
    return f"{spec.height}×{spec.width}×{spec.channels} with preprocessing {spec.preprocessing}"


def check_imagenet(network: str) -> str:
    """Its name in `keras.applications`. Raises `BadSettings` where it is none of those."""
    name = network_specs.get(network).application
    if name is None:
        names = network_specs.names()
        with_weights = [name for name in names if network_specs.get(name).application]
        raise BadSettings(
            f"there are no ImageNet weights for {network}; there are for {', '.join(with_weights)}."
        )
    return name


def misfit(file: Path, network: str, reason: str) -> str:
    return f"the weights in {file.name} do not fit the network {network} with this input: {reason}."


def amount(shapes: Shapes) -> str:
    numbers = sum(math.prod(shape) * count for shape, count in shapes.items())
    return f"{numbers:,} numbers in {shapes.total()} arrays"


def shapes_in(file: Path) -> Shapes:
    """Shapes of all weights in a file of Keras 3 or 2. Raises `BadSettings` if it has none."""
    try:
        if file.suffix == ".keras":
            with zipfile.ZipFile(file) as archive, archive.open("model.weights.h5") as inside:
                shapes = _shapes_in_h5(inside, file.stat().st_size)
        else:
            shapes = _shapes_in_h5(file, file.stat().st_size)
    except (OSError, ValueError, KeyError, RuntimeError, zipfile.BadZipFile) as error:
        raise BadSettings(
            f"the weights file {file.name} cannot be read: {first_line(error)}."
        ) from None
    if not shapes:
        raise BadSettings(f"the file {file.name} holds no weights of a Keras network.")
    return shapes


def check_self_contained(file: h5py.File) -> None:
    """Raises `ValueError` where an HDF5 file refers to other files."""

    def visit(path: str, item: Any) -> None:
        if isinstance(item, h5py.Dataset):
            is_elsewhere = bool(item.external) or item.is_virtual
        else:
            links = (item.get(name, getlink=True) for name in item)
            is_elsewhere = any(isinstance(link, h5py.ExternalLink) for link in links)
        if is_elsewhere:
            raise ValueError(f"{path} lies in another file")

    visit("/", file)
    file.visititems(visit)


def _shapes_in_h5(source: Any, packed: int) -> Shapes:
    """Raises `ValueError` where arrays unpack to far more than the `packed` bytes do."""
    shapes: Shapes = Counter()
    unpacked = 0

    def visit(path: str, item: Any) -> None:
        is_weight = path.split("/")[0] in ("layers", "model_weights") or "layer_names" in attributes
        if isinstance(item, h5py.Dataset):
            nonlocal unpacked
            unpacked += item.nbytes
        if isinstance(item, h5py.Dataset) and is_weight and "seed_generator" not in path:
            shapes[tuple(item.shape)] += 1

    with h5py.File(source, "r") as file:
        check_self_contained(file)
        attributes = file.attrs
        file.visititems(visit)
    if archives.is_bomb(packed, unpacked):
        raise ValueError(f"it would unpack to {unpacked / 1024**2:,.0f} MB")
    return shapes


def first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0][:300].rstrip(".")
