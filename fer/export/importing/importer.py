"""From a file that somebody else saved to a model folder that gives the same predictions."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from fer import registry
from fer.emotions import EMOTIONS
from fer.engine import trial
from fer.errors import BadModel, BadSettings
from fer.export import formats, onnx as onnx_export
from fer.export.importing import keras_files, onnx_files
from fer.model_card import INTENDED_USE, NOT_FOR, InputSpec, ModelCard
from fer.runs import checks
from fer.runs.import_classes import ENDINGS, SCALES, Classes, parse_classes, parse_scale
from fer.runs.weights import first_line

QUESTION = "own"

Scale = tuple[NDArray[np.float64], NDArray[np.float64]]


class Network(Protocol):
    """A network as others saved it, from scaled pixels to its own classes."""

    @property
    def shape(self) -> tuple[int | None, int | None, int | None]: ...
    @property
    def num_classes(self) -> int | None: ...
    @property
    def scales_itself(self) -> bool: ...
    @property
    def kind(self) -> str: ...
    def outputs(self, scaled: NDArray[np.float32]) -> NDArray[np.float32]: ...
    def sizes(self, spec: InputSpec) -> tuple[int, int]: ...
    def write(
        self, folder: Path, spec: InputSpec, scale: Scale, classes: Classes, add_softmax: bool
    ) -> dict[str, Path]: ...


@dataclass(frozen=True, slots=True)
class Imported:
    """A published import; `findings` are sentences on what was found in the file."""

    name: str
    difference: float
    findings: tuple[str, ...]


def import_model(
    files: Sequence[Path],
    labels: str,
    scale: str | None = None,
    name: str | None = None,
    channels: int | None = None,
    size: int | None = None,
) -> Imported:
    """Publishes a network from one file, or from an architecture (JSON) and its weights.

    `labels` are its classes in its own order; `scale` is how its pixels were scaled, one of
    `SCALES`; `channels` and `size` are needed where the network takes any. Raises `FerError` where
    something does not fit, or the import gives other predictions than the original.
    """
    if name is not None:
        checks.check_name(name)
    classes = parse_classes(labels)
    network = _read(list(files))
    spec = _input_spec(network, channels, size)
    if scale is None:
        if not network.scales_itself:
            raise BadSettings(
                "say how the network's pixels were scaled in its training with --scale "
                f"{' or '.join(SCALES)}: nothing in its file does."
            )
        scale = "0..255"
    scaling = parse_scale(scale, spec.channels)
    faces = onnx_export.real_faces(spec)
    outputs = _outputs(network, (faces * scaling[0] + scaling[1]).astype(np.float32), classes)
    add_softmax = not _are_probabilities(outputs)
    expected = classes.seven(_softmax(outputs) if add_softmax else outputs)
    with registry.workshop() as folder:
        written = network.write(folder, spec, scaling, classes, add_softmax)
        imported = formats.onnx_predictor((written["model.onnx"],))(faces)
        difference = float(np.abs(imported - expected).max())
        if not difference <= onnx_export.LARGEST_DIFFERENCE:
            raise BadModel(
                f"the import gives other predictions than the original: {difference:.2g}."
            )
        trial.check(written["model.onnx"], spec)
        card = _card(network, files, spec, scale, classes, add_softmax, difference)
        named = dataclasses.replace(card, name=name or _default_name(files))
        card = registry.publish_beside(named, written)
    return Imported(card.name, difference, _findings(network, spec, scale, classes, add_softmax))


def _read(files: list[Path]) -> Network:
    for file in files:
        if not file.is_file():
            raise BadSettings(f"the file {file.name} does not exist.")
        if file.suffix.lower() not in ENDINGS:
            raise BadSettings(
                f"{file.name} cannot be imported; known endings are {', '.join(ENDINGS)}."
            )
    if len(files) == 1 and files[0].suffix.lower() == ".onnx":
        return onnx_files.read(files[0])
    return keras_files.read(files)


def _input_spec(network: Network, channels: int | None, size: int | None) -> InputSpec:
    height, width, found_channels = network.shape
    for label, given, found in (
        ("--channels", channels, found_channels),
        ("--size", size, height),
        ("--size", size, width),
    ):
        if given is None and found is None:
            raise BadSettings(f"the network takes any; say with {label} what it was trained on.")
        if given is not None and found is not None and given != found:
            raise BadSettings(f"{label} is {given}, but the network takes {found}.")
    try:
        return InputSpec(height or size or 0, width or size or 0, found_channels or channels or 0)
    except ValueError as error:
        raise BadSettings(f"the network's input cannot be used: {error}.") from None


def _outputs(
    network: Network, scaled: NDArray[np.float32], classes: Classes
) -> NDArray[np.float32]:
    """What the network computes for real faces, (N, K), once that fits the classes."""
    if network.num_classes not in (None, len(classes.names)):
        raise _wrong_number(network.num_classes, classes)
    try:
        outputs = network.outputs(scaled)
    except Exception as error:  # noqa: BLE001 - engines raise types of their own
        raise BadModel(
            f"the network cannot be run on {len(scaled)} faces at a time: {first_line(error)}. "
            "Export it with a batch size that is not fixed."
        ) from None
    if outputs.ndim != 2 or len(outputs) != len(scaled):
        raise BadModel(f"the network gives {outputs.shape} for {len(scaled)} faces, no classes.")
    if outputs.shape[1] != len(classes.names):
        raise _wrong_number(outputs.shape[1], classes)
    if not np.isfinite(outputs).all():
        raise BadModel("the network gives numbers that are not finite; check --scale.")
    return outputs


def _wrong_number(found: int | None, classes: Classes) -> BadSettings:
    return BadSettings(
        f"the network has {found} classes, but --labels names {len(classes.names)}: "
        f"{', '.join(classes.names)}."
    )


def _are_probabilities(outputs: NDArray[np.float32]) -> bool:
    return bool((outputs >= 0).all() and np.allclose(outputs.sum(axis=1), 1, atol=1e-3))


def _softmax(scores: NDArray[np.float32]) -> NDArray[np.float32]:
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True), np.float32)


def _card(
    network: Network,
    files: Sequence[Path],
    spec: InputSpec,
    scale: str,
    classes: Classes,
    add_softmax: bool,
    difference: float,
) -> ModelCard:
    parameters, multiply_adds = network.sizes(spec)
    return ModelCard(
        name="imported",
        network=f"imported ({network.kind})",
        question=QUESTION,
        labels=EMOTIONS,
        input=spec,
        temperature=1.0,
        uncertain_below=0.0,
        data={},
        settings={
            "imported_from": {
                "files": {file.name: registry.file_hash(file) for file in files},
                "labels": list(classes.names),
                "scale": scale,
                "softmax_added": add_softmax,
            }
        },
        metrics={
            "protocol": "imported, not measured here; temperature and threshold are not fitted",
            "import_difference": difference,
        },
        parameters=parameters,
        multiply_adds=multiply_adds,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        intended_use=INTENDED_USE,
        not_for=NOT_FOR,
        files={},
    )


def _findings(
    network: Network, spec: InputSpec, scale: str, classes: Classes, add_softmax: bool
) -> tuple[str, ...]:
    colours = "grey" if spec.channels == 1 else "RGB"
    found = [
        f"{network.kind}: takes {spec.height}×{spec.width} {colours} pixels, scaled {scale}.",
        f"Classes in its order: {', '.join(classes.names)}.",
    ]
    if add_softmax:
        found.append("It gives scores; a softmax makes probabilities of them.")
    if classes.left_out:
        found.append(
            f"Left out, because they are none of the seven: {', '.join(classes.left_out)}; the "
            "others are divided by their sum."
        )
    if classes.missing:
        found.append(f"Never predicted, because no class is: {', '.join(classes.missing)}.")
    return tuple(found)


def _default_name(files: Sequence[Path]) -> str:
    """From the file of the weights, which says more than that of the architecture."""
    weights_file = min(files, key=lambda file: file.suffix == ".json")
    return registry.name_from(weights_file.name.partition(".")[0]) or "imported"
