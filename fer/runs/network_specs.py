"""What must be known of each network before TensorFlow is loaded: input, learning rate, limits."""

from __future__ import annotations

from dataclasses import dataclass, field

from fer.errors import BadSettings, UnknownNetwork
from fer.model_card import InputSpec


@dataclass(frozen=True, slots=True)
class Network:
    """A network that can be trained.

    `input`, `optimizer` and `learning_rate` suit it and are used where a run names none;
    `smallest` is the least side it takes; `application` its name in `keras.applications`, if it is
    one of those; `freezable` says whether anything with weights lies under its head.
    """

    name: str
    summary: str
    input: InputSpec = field(default_factory=InputSpec)
    optimizer: str = "adam"
    learning_rate: float = 1e-3
    smallest: int = 8
    application: str | None = None
    freezable: bool = True

    def check(self, spec: InputSpec) -> None:
        """Raises `BadSettings` if the input is too small."""
        if min(spec.height, spec.width) < self.smallest:
            raise BadSettings(
                f"{self.name} needs faces of at least {self.smallest}×{self.smallest} pixels; "
                f"the input is {spec.height}×{spec.width}."
            )


def names() -> list[str]:
    return list(_NETWORKS)


def get(name: str) -> Network:
    """The network of that name. Raises `UnknownNetwork` with the list of those that exist."""
    if not isinstance(name, str) or name not in _NETWORKS:
        raise UnknownNetwork(f"unknown network {name!r}; choose one of {', '.join(names())}.")
    return _NETWORKS[name]


_NETWORKS: dict[str, Network] = {
    network.name: network
    for network in (
        Network(
            "mlp",
            "flattened pixels and dense layers: the baseline",
            optimizer="sgd",
            learning_rate=0.01,
            freezable=False,
        ),
        Network(
            "cnn4",
            "four convolution blocks with batch norm, max pooling and dropout; two dense layers",
            smallest=16,
        ),
        Network(
            "vgg_blocks",
            "three blocks of a 3×3 and a 1×1 convolution (64, 128, 256 filters); dense layers",
        ),
        Network(
            "threshold_cnn",
            "convolution, pooling, dropout and dense layers on faces in pure black and white",
            InputSpec(preprocessing="threshold:128"),
        ),
        Network(
            "mobilenet",
            "MobileNet (2017) without its top, new dense layers",
            InputSpec(96, 96),
            smallest=32,
            application="MobileNet",
        ),
        Network(
            "mobilenet_v2",
            "MobileNetV2 (2018) without its top, new dense layers",
            InputSpec(96, 96),
            smallest=32,
            application="MobileNetV2",
        ),
        Network(
            "resnet50",
            "ResNet50 (2015) without its top, new dense layers",
            smallest=32,
            application="ResNet50",
        ),
        Network(
            "resnet",
            "compact residual network with squeeze-and-excitation, made for 48×48 grey faces",
            optimizer="sgd",
            learning_rate=0.05,
        ),
        Network(
            "resnet_deep",
            "the same with two blocks a stage, all from 24×24 on: more capacity for the time",
            optimizer="sgd",
            learning_rate=0.05,
        ),
    )
}
