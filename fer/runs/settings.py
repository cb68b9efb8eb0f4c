"""The settings of a training run: one checked value, saved with the run."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fer.errors import BadSettings
from fer.model_card import InputSpec
from fer.runs import network_specs
from fer.storage import files

OPTIMIZERS = ("sgd", "adam", "adamw")
SCHEDULES = ("constant", "cosine", "plateau")
AUGMENTATIONS = ("none", "light", "strong", "photo")
QUESTIONS = ("crowd", "fer2013", "own")
PRECISIONS = ("float32", "bfloat16")
LONGEST_TEXT = 4096
"""Of a setting, in characters: as long as a path may be."""

_CHOICES = {
    "optimizer": OPTIMIZERS,
    "schedule": SCHEDULES,
    "augmentation": AUGMENTATIONS,
    "labels": QUESTIONS,
    "precision": PRECISIONS,
}
_RANGES: dict[str, tuple[float, float]] = {
    "epochs": (1, 1000),
    "learning_rate": (1e-7, 10.0),
    "batch_size": (1, 1024),
    "weight_decay": (0.0, 1.0),
    "warmup_epochs": (0.0, 100.0),
    "mixup": (0.0, 1.0),
    "label_smoothing": (0.0, 0.5),
    "averaging": (0.0, 0.99999),
    "balancing": (0.0, 1.0),
    "sharpness": (0.0, 1.0),
    "other_question": (0.0, 10.0),
    "teacher_share": (0.0, 1.0),
    "patience": (0, 1000),
    "head_epochs": (0, 1000),
    "seed": (0, 2**31 - 1),
}
_RATES = {"sgd": 0.05, "adam": 1e-3, "adamw": 1e-3}


@dataclass(frozen=True, slots=True)
class TrainSettings:
    """Settings of one run; `BadSettings` says in a sentence what is wrong with one.

    `labels` is what the network learns to predict: "crowd" (shares of votes), or the data set's
    labels ("own", or "fer2013" for those of FER2013). None is decided once the data is read: votes
    where there are any, else labels. `classes` says what class names mean ("1=surprise,2=fear").
    `weight_decay` is decoupled and leaves biases and normalisation alone. `mixup` is the alpha of
    the beta distribution (0: off). `averaging` is the decay of the moving average of the weights
    that is validated and published (0: off). `patience` stops after so many epochs without a better
    validation accuracy (0: never). `balancing` weighs rare emotions in the loss (see
    `optimization.balanced_losses`): 0 not at all, 1 as if all were equally common.
    `sharpness` is the radius of sharpness-aware minimisation (see `optimization.sharpest`; 0: off;
    a step takes twice as long).
    `other_question` is the weight of a second loss: a head of its own learns the question that
    `labels` does not ask, so that the backbone sees in a face what both need; that head is not
    published. `teachers` are published models that predict the same: `teacher_share` of the target
    of a face is their prediction for it and for its mirror image (see `distillation`); the curves'
    training accuracy is agreement with that mixture then. `precision` "bfloat16" computes in half
    the bits where the processor can; weights stay float32.

    `weights` are the initial ones: a published model's name, "imagenet", or a weights file (None:
    random ones). `freeze` keeps "all" of the backbone as it is, "none", or all but its top N layers
    ("N"). The first `head_epochs` epochs train the head alone. While the whole backbone is frozen
    its features are computed once, of the faces as they are: without augmentation and mixup.
    """

    data: str
    network: str = "resnet"
    epochs: int = 15
    learning_rate: float = 0.05
    batch_size: int = 64
    optimizer: str = "sgd"
    schedule: str = "cosine"
    warmup_epochs: float = 1.0
    weight_decay: float = 5e-4
    augmentation: str = "light"
    mixup: float = 0.0
    label_smoothing: float = 0.0
    averaging: float = 0.0
    class_weights: bool = False
    balancing: float = 0.0
    sharpness: float = 0.0
    patience: int = 0
    weights: str | None = None
    freeze: str = "none"
    head_epochs: int = 0
    labels: str | None = None
    other_question: float = 0.0
    teachers: tuple[str, ...] = ()
    teacher_share: float = 0.5
    votes: str | None = None
    classes: str | None = None
    limit: int | None = None
    seed: int = 0
    precision: str = "float32"
    name: str | None = None
    input: InputSpec = field(default_factory=InputSpec)

    def __post_init__(self) -> None:
        for name in ("data", "votes", "classes", "name"):
            value = getattr(self, name)
            is_left_out = value is None and name != "data"
            if not is_left_out and (not isinstance(value, str) or not value):
                raise BadSettings(f"{name} is {value!r}; it must be a text.")
        for name, choices in _CHOICES.items():
            value = getattr(self, name)
            if value not in choices and not (name == "labels" and value is None):
                raise BadSettings(f"{name} {value!r} is unknown; choose {' or '.join(choices)}.")
        for name, (low, high) in _RANGES.items():
            value = getattr(self, name)
            is_number = isinstance(value, int | float) and not isinstance(value, bool)
            if not is_number or not math.isfinite(value) or not low <= value <= high:
                raise BadSettings(f"{name} is {value!r}; it must lie between {low:g} and {high:g}.")
        for name in ("epochs", "batch_size", "patience", "seed", "head_epochs"):
            if not isinstance(getattr(self, name), int):
                raise BadSettings(f"{name} is {getattr(self, name)!r}; it must be a whole number.")
        if self.limit is not None and (not isinstance(self.limit, int) or self.limit < 14):
            raise BadSettings(f"limit is {self.limit!r}; use at least 14 images, or none.")
        if not isinstance(self.teachers, tuple) or not all(
            isinstance(name, str) and name for name in self.teachers
        ):
            raise BadSettings(f"teachers is {self.teachers!r}; list names of published models.")
        self._check_lengths()
        network_specs.get(self.network).check(self.input)
        self._check_transfer()

    def _check_lengths(self) -> None:
        for name in ("data", "votes", "classes", "name", "weights", "freeze"):
            value = getattr(self, name)
            if isinstance(value, str) and len(value) > LONGEST_TEXT:
                raise BadSettings(
                    f"{name} has {len(value):,} characters; the most are {LONGEST_TEXT:,}."
                )

    def _check_transfer(self) -> None:
        if self.weights is not None and (not isinstance(self.weights, str) or not self.weights):
            raise BadSettings(
                f"weights is {self.weights!r}; name a published model, imagenet or a file."
            )
        is_count = isinstance(self.freeze, str) and self.freeze.isdecimal() and int(self.freeze) > 0
        if self.freeze not in ("none", "all") and not is_count:
            raise BadSettings(
                f"freeze is {self.freeze!r}; use all, none, or the number of top layers that learn."
            )
        if self.freeze == "all" and self.other_question:
            raise BadSettings("other_question teaches the backbone, but freeze all keeps it.")
        if self.freeze == "none" and not self.head_epochs:
            return
        setting = (
            f"freeze {self.freeze}" if self.freeze != "none" else f"head_epochs {self.head_epochs}"
        )
        if not network_specs.get(self.network).freezable:
            raise BadSettings(f"{setting} cannot be: the network {self.network} has no backbone.")
        if self.weights is None:
            raise BadSettings(
                f"{setting} without weights would keep random layers; name the initial "
                "weights, or freeze none."
            )

    def as_dict(self) -> dict[str, Any]:
        values = dataclasses.asdict(self)
        return {**values, "teachers": list(self.teachers), "input": self.input.as_dict()}


def from_dict(values: dict[str, Any]) -> TrainSettings:
    """Settings from what `as_dict` gave, or from some of it: the rest is what suits the network.

    Raises `BadSettings` for a name that is no setting.
    """
    known = {field.name for field in dataclasses.fields(TrainSettings)}
    unknown = sorted(set(values) - known)
    if unknown:
        raise BadSettings(
            f"unknown setting {', '.join(unknown)}; the settings are {', '.join(sorted(known))}."
        )
    if "data" not in values:
        raise BadSettings('the settings name no data; add "data": a path, or "drawn".')
    network = network_specs.get(values.get("network", "resnet"))
    values = {**_defaults(network, values), **values}
    if isinstance(values.get("freeze"), int):
        values["freeze"] = str(values["freeze"])
    if isinstance(values.get("teachers"), list):
        values["teachers"] = tuple(values["teachers"])
    try:
        spec = InputSpec(**{**network.input.as_dict(), **values.get("input", {})})
    except (TypeError, ValueError) as error:
        raise BadSettings(f"the input of the settings is wrong: {error}.") from None
    return TrainSettings(**{**values, "input": spec})


def _defaults(network: network_specs.Network, values: dict[str, Any]) -> dict[str, Any]:
    """What suits the network, where `values` leaves it open; a rate belongs to its optimiser."""
    optimizer = values.get("optimizer", network.optimizer)
    rate = (
        network.learning_rate
        if optimizer == network.optimizer
        else _RATES.get(str(optimizer), 1e-3)
    )
    return {
        "network": network.name,
        "optimizer": optimizer,
        "learning_rate": rate,
    }


def from_file(path: Path) -> dict[str, Any]:
    """The JSON object in a settings file. Raises `BadSettings` where it is none."""
    try:
        return files.json_object(path)
    except FileNotFoundError:
        raise BadSettings(f"the settings file {path} does not exist.") from None
    except (OSError, ValueError) as error:
        raise BadSettings(f"the settings file {path} cannot be read: {error}.") from None
