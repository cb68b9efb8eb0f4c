"""The networks that can be trained: built from their names, split, frozen and described."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import keras
import tensorflow as tf
from keras import layers

from fer.emotions import NUM_EMOTIONS
from fer.model_card import InputSpec
from fer.networks import classic
from fer.runs import network_specs

FEATURES = "features"
"""Name of the layer with the last feature maps, where the head is their mean, dropout and one dense
layer, so that a class activation map can be drawn. Networks with more dense layers have none."""


def build(name: str, spec: InputSpec, precision: str = "float32") -> keras.Model:
    """A fresh model from `pixels`, float32 (N, height, width, channels), to `probabilities` (N, 7).

    Pixels are 0–255; scaling is inside the network. With `precision` "bfloat16" it computes in 16
    bits, while weights and probabilities stay float32. Raises `BadSettings` if the input is too
    small.
    """
    network_specs.get(name).check(spec)
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16" if precision == "bfloat16" else "float32")
    try:
        pixels = keras.Input(spec.shape, name="pixels", dtype="float32")
        x = _BODIES[name](pixels)
        probabilities = layers.Dense(
            NUM_EMOTIONS, activation="softmax", dtype="float32", name="probabilities"
        )(x)
        return keras.Model(pixels, probabilities, name=name)
    finally:
        keras.config.set_dtype_policy(before)


def with_other_head(model: keras.Model) -> keras.Model:
    """`model` with a second output, (N, 7), of a fresh last layer beside its own."""
    last = model.layers[-1]
    other = layers.Dense(NUM_EMOTIONS, activation="softmax", dtype="float32", name="other_question")
    return keras.Model(model.input, [model.output, other(last.input)])


def flat(parts: Iterable[keras.Layer]) -> Iterator[keras.Layer]:
    """Layers in order, those inside a model of its own (a Keras application) one by one."""
    for part in parts:
        if isinstance(part, keras.Model):
            yield from flat(part.layers)
        else:
            yield part


def split(model: keras.Model) -> tuple[list[keras.Layer], list[keras.Layer]]:
    """Backbone and head: the head begins after the layer that makes one vector of the last maps."""
    vectors = [
        index
        for index, layer in enumerate(model.layers)
        if isinstance(layer, layers.Flatten | layers.GlobalAveragePooling2D)
        and len(layer.output.shape) == 2
    ]
    return model.layers[: vectors[-1] + 1], model.layers[vectors[-1] + 1 :]


def freeze(model: keras.Model, how: str) -> None:
    """Freezes "none" of the backbone, "all" of it, or all but its top N layers ("N").

    The head always learns. A frozen batch normalisation uses the statistics it has.
    """
    backbone = list(flat(split(model)[0]))
    top = {"none": len(backbone), "all": 0}[how] if how in ("none", "all") else int(how)
    for index, layer in enumerate(backbone):
        layer.trainable = index >= len(backbone) - top


def multiply_adds(model: keras.Model) -> int:
    """Multiplications with an addition for one face, in convolutions and dense layers."""
    counted = layers.Conv2D | layers.DepthwiseConv2D | layers.Dense
    return sum(
        math.prod(layer.output.shape[1:-1]) * math.prod(layer.kernel.shape)
        for layer in flat(model.layers)
        if isinstance(layer, counted)
    )


def describe(name: str, spec: InputSpec | None = None, freeze_how: str = "none") -> dict[str, Any]:
    """What a page shows of a network with that input (default: its own): facts and layer table."""
    network = network_specs.get(name)
    spec = spec or network.input
    model = build(name, spec)
    freeze(model, freeze_how)
    table = layer_table(model)
    return {
        "name": name,
        "summary": network.summary,
        "input": spec.as_dict(),
        "smallest": network.smallest,
        "optimizer": network.optimizer,
        "learning_rate": network.learning_rate,
        "freezable": network.freezable,
        "imagenet": network.application is not None,
        "parameters": model.count_params(),
        "trainable_parameters": sum(math.prod(v.shape) for v in model.trainable_variables),
        "multiply_adds": multiply_adds(model),
        "layers": table,
    }


def layer_table(model: keras.Model) -> list[dict[str, Any]]:
    """A row a layer: name, type, output shape of one face, parameters, part, and whether frozen."""
    backbone, head = split(model)
    return [
        {
            "name": layer.name,
            "type": type(layer).__name__,
            "shape": list(layer.output.shape[1:]),
            "parameters": layer.count_params(),
            "part": part,
            "frozen": not layer.trainable,
        }
        for part, members in (("backbone", backbone), ("head", head))
        for layer in flat(members)
    ]


def _convolution(x: keras.KerasTensor, filters: int, size: int, stride: int) -> keras.KerasTensor:
    return layers.Conv2D(
        filters, size, stride, padding="same", use_bias=False, kernel_initializer="he_normal"
    )(x)


class BatchNormalization(layers.BatchNormalization):  # type: ignore[misc]
    """Batch normalisation of maps (N, H, W, C) by one operation of TensorFlow while it learns.

    Keras computes it in several that keep the processor waiting for memory: in half precision a
    step of a residual network takes half the time with this one. Weights are the same, and
    by the same name in files, which Keras takes from the name of the class. It knows the batch of
    its own process alone: what is `synchronized` is left to Keras.
    """

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        if not training or not self.trainable or self.synchronized:
            return super().call(inputs, training=training, mask=mask)
        gamma, beta = (tf.cast(weight, tf.float32) for weight in (self.gamma, self.beta))
        outputs, mean, variance = tf.compat.v1.nn.fused_batch_norm(
            inputs, gamma, beta, epsilon=self.epsilon, is_training=True
        )
        for moving, new in ((self.moving_mean, mean), (self.moving_variance, variance)):
            moving.assign(self.momentum * moving + (1 - self.momentum) * new)
        return outputs


def _batch_normalisation() -> keras.layers.Layer:
    """The fused one in half precision, for networks in training; else Keras's own, which any
    program can load."""
    in_half = keras.config.dtype_policy().compute_dtype == "bfloat16"
    return (BatchNormalization if in_half else layers.BatchNormalization)(momentum=0.9)


def _normalised(x: keras.KerasTensor) -> keras.KerasTensor:
    return layers.Activation("relu")(_batch_normalisation()(x))


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


def _resnet(pixels: keras.KerasTensor) -> keras.KerasTensor:
    x = _convolution(classic.unit_range(pixels), 32, 3, 1)
    for filters, stride in ((32, 1), (64, 2), (128, 2), (256, 2)):
        x = _residual_block(x, filters, stride)
    return _residual_features(x)


def _resnet_deep(pixels: keras.KerasTensor) -> keras.KerasTensor:
    x = _convolution(classic.unit_range(pixels), 32, 3, 1)
    for filters in (64, 128, 256):
        x = _residual_block(x, filters, 2)
        x = _residual_block(x, filters, 1)
    return _residual_features(x)


def _residual_features(x: keras.KerasTensor) -> keras.KerasTensor:
    x = _batch_normalisation()(x)
    x = layers.Activation("relu", name=FEATURES)(x)
    x = layers.GlobalAveragePooling2D()(x)
    return layers.Dropout(0.3)(x)


_BODIES: dict[str, Callable[[keras.KerasTensor], keras.KerasTensor]] = {
    "mlp": classic.mlp,
    "cnn4": classic.cnn4,
    "vgg_blocks": classic.vgg_blocks,
    "threshold_cnn": classic.threshold_cnn,
    "mobilenet": classic.mobilenet,
    "mobilenet_v2": classic.mobilenet_v2,
    "resnet50": classic.resnet50,
    "resnet": _resnet,
    "resnet_deep": _resnet_deep,
}
