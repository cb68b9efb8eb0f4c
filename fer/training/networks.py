"""The networks that can be trained: a registry of functions from an input to a Keras model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import keras
from keras import layers

from fer.emotions import NUM_EMOTIONS
from fer.errors import UnknownNetwork
from fer.values import InputSpec

FEATURES = "features"
"""Name of the layer with the last feature maps, where a network's head is their mean and one dense layer."""


@dataclass(frozen=True, slots=True)
class Network:
    """A registered network: what it is, its native input and a learning rate that suits it."""

    name: str
    summary: str
    input: InputSpec
    learning_rate: float
    body: Callable[[keras.KerasTensor], keras.KerasTensor]


def names() -> list[str]:
    return sorted(_NETWORKS)


def get(name: str) -> Network:
    """The network of that name. Raises `UnknownNetwork` with the list of those that exist."""
    if name not in _NETWORKS:
        raise UnknownNetwork(f"unknown network {name!r}; choose one of {', '.join(names())}.")
    return _NETWORKS[name]


def build(name: str, spec: InputSpec, precision: str = "float32") -> keras.Model:
    """A fresh model: `pixels` float32 (N, height, width, channels), 0–255, to `probabilities` (N, 7).

    Scaling to 0–1 is its first layer. With `precision` "bfloat16" it computes in 16 bits, while
    weights and probabilities stay float32.
    """
    network = get(name)
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16" if precision == "bfloat16" else "float32")
    try:
        pixels = keras.Input(spec.shape, name="pixels", dtype="float32")
        x = layers.Rescaling(1 / 255, name="to_unit_range")(pixels)
        x = network.body(x)
        answer = layers.Dense(
            NUM_EMOTIONS, activation="softmax", dtype="float32", name="probabilities"
        )(x)
        return keras.Model(pixels, answer, name=name)
    finally:
        keras.config.set_dtype_policy(before)


def multiply_adds(model: keras.Model) -> int:
    """Multiplications with an addition for one face, in convolutions and dense layers."""
    total = 0
    for layer in model.layers:
        if isinstance(layer, layers.Conv2D | layers.Dense):
            places = layer.output.shape[1:-1]
            weights = layer.kernel.shape
            total += _product(places) * _product(weights)
    return total


def _product(numbers: tuple[int, ...]) -> int:
    result = 1
    for number in numbers:
        result *= int(number)
    return result


def _mlp(x: keras.KerasTensor) -> keras.KerasTensor:
    x = layers.Flatten()(x)
    for units in (256, 128):
        x = layers.Dense(units, activation="relu")(x)
        x = layers.Dropout(0.2)(x)
    return x


def _convolution(x: keras.KerasTensor, filters: int, size: int, stride: int) -> keras.KerasTensor:
    return layers.Conv2D(
        filters, size, stride, padding="same", use_bias=False, kernel_initializer="he_normal"
    )(x)


def _normalised(x: keras.KerasTensor) -> keras.KerasTensor:
    return layers.Activation("relu")(layers.BatchNormalization(momentum=0.9)(x))


def _squeeze_excite(x: keras.KerasTensor, ratio: int = 8) -> keras.KerasTensor:
    """Channels weighed by what the whole map holds (Hu et al. 2018, arXiv 1709.01507)."""
    filters = x.shape[-1]
    weights = layers.GlobalAveragePooling2D(keepdims=True)(x)
    weights = layers.Dense(filters // ratio, activation="relu")(weights)
    weights = layers.Dense(filters, activation="sigmoid")(weights)
    return layers.Multiply()([x, weights])


def _residual_block(x: keras.KerasTensor, filters: int, stride: int) -> keras.KerasTensor:
    """Two 3×3 convolutions, activated before (He et al. 2016, arXiv 1603.05027), and a shortcut."""
    active = _normalised(x)
    changes = stride != 1 or x.shape[-1] != filters
    shortcut = _convolution(active, filters, 1, stride) if changes else x
    y = _normalised(_convolution(active, filters, 3, stride))
    y = _squeeze_excite(_convolution(y, filters, 3, 1))
    return layers.Add()([shortcut, y])


def _resnet(x: keras.KerasTensor) -> keras.KerasTensor:
    x = _convolution(x, 32, 3, 1)
    for stage, (filters, blocks) in enumerate(((32, 1), (64, 1), (128, 1), (256, 1))):
        for block in range(blocks):
            x = _residual_block(x, filters, 2 if stage and not block else 1)
    x = layers.BatchNormalization(momentum=0.9)(x)
    x = layers.Activation("relu", name=FEATURES)(x)
    x = layers.GlobalAveragePooling2D()(x)
    return layers.Dropout(0.3)(x)


_NETWORKS: dict[str, Network] = {
    one.name: one
    for one in (
        Network("mlp", "flattened pixels and dense layers: the baseline", InputSpec(), 0.01, _mlp),
        Network(
            "resnet",
            "compact residual network with squeeze-and-excitation, made for 48×48 grey faces",
            InputSpec(),
            0.1,
            _resnet,
        ),
    )
}
