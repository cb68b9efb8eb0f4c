"""The classic networks, each a function from pixels (0–255) to what its last layer reads."""

from __future__ import annotations

import keras
from keras import layers

_APPLICATION_MOMENTUM = 0.9
_CAFFE_MEAN = (103.939, 116.779, 123.68)
"""Mean blue, green and red of ImageNet, which the weights of ResNet50 expect to be taken away."""


def unit_range(pixels: keras.KerasTensor) -> keras.KerasTensor:
    """Pixels 0–255 as 0–1."""
    return layers.Rescaling(1 / 255, name="to_unit_range")(pixels)


def mlp(pixels: keras.KerasTensor) -> keras.KerasTensor:
    x = layers.Flatten()(unit_range(pixels))
    for units in (256, 128):
        x = layers.Dense(units, activation="relu")(x)
        x = layers.Dropout(0.2)(x)
    return x


def cnn4(pixels: keras.KerasTensor) -> keras.KerasTensor:
    x = unit_range(pixels)
    for filters in (32, 64, 128, 256):
        x = _convolution(x, filters, 3)
        x = layers.Dropout(0.25)(layers.MaxPooling2D()(x))
    x = layers.Flatten()(x)
    for units in (256, 128):
        x = layers.Dropout(0.25)(layers.Dense(units, activation="relu")(x))
    return x


def vgg_blocks(pixels: keras.KerasTensor) -> keras.KerasTensor:
    x = unit_range(pixels)
    for filters in (64, 128, 256):
        x = _convolution(_convolution(x, filters, 3), filters, 1)
        x = layers.MaxPooling2D()(x)
    x = layers.Flatten()(x)
    for rate in (0.1, 0.2):
        x = layers.Dropout(rate)(layers.Dense(128, activation="relu")(x))
    return x


def threshold_cnn(pixels: keras.KerasTensor) -> keras.KerasTensor:
    x = unit_range(pixels)
    for filters in (32, 64):
        x = layers.Conv2D(filters, 3, padding="same", activation="relu")(x)
        x = layers.Dropout(0.25)(layers.MaxPooling2D()(x))
    x = layers.Dense(128, activation="relu")(layers.Flatten()(x))
    return layers.Dropout(0.5)(x)


def mobilenet(pixels: keras.KerasTensor) -> keras.KerasTensor:
    return _with_new_top("MobileNet", _signed_unit_range(_as_rgb(pixels)))


def mobilenet_v2(pixels: keras.KerasTensor) -> keras.KerasTensor:
    return _with_new_top("MobileNetV2", _signed_unit_range(_as_rgb(pixels)))


def resnet50(pixels: keras.KerasTensor) -> keras.KerasTensor:
    blue_green_red = keras.ops.flip(_as_rgb(pixels), axis=-1)
    offset = [-mean for mean in _CAFFE_MEAN]
    return _with_new_top(
        "ResNet50", layers.Rescaling(1.0, offset, name="minus_mean")(blue_green_red)
    )


def application(name: str, shape: tuple[int, int, int], weights: str | None = None) -> keras.Model:
    """A network of `keras.applications` without its top; `weights` is None or "imagenet"."""
    make = getattr(keras.applications, name)
    return make(include_top=False, weights=weights, input_shape=shape, name="backbone")


def _convolution(x: keras.KerasTensor, filters: int, size: int) -> keras.KerasTensor:
    x = layers.Conv2D(filters, size, padding="same", use_bias=False)(x)
    return layers.ReLU()(layers.BatchNormalization(momentum=0.9)(x))


def _as_rgb(pixels: keras.KerasTensor) -> keras.KerasTensor:
    if pixels.shape[-1] == 3:
        return pixels
    return layers.Concatenate(name="to_rgb")([pixels, pixels, pixels])


def _signed_unit_range(pixels: keras.KerasTensor) -> keras.KerasTensor:
    return layers.Rescaling(1 / 127.5, -1.0, name="to_signed_unit_range")(pixels)


def _with_new_top(name: str, x: keras.KerasTensor) -> keras.KerasTensor:
    """The application's features, averaged over the map, and a new dense layer."""
    backbone = application(name, tuple(x.shape[1:]))
    for layer in backbone.layers:
        if isinstance(layer, layers.BatchNormalization):
            # Keras's 0.99 and 0.999 are for millions of steps: after one of our epochs the moving
            # mean would still be that of the start, and validation would read noise.
            layer.momentum = _APPLICATION_MOMENTUM
    x = layers.GlobalAveragePooling2D()(backbone(x))
    x = layers.Dense(128, activation="relu")(layers.Dropout(0.2)(x))
    return layers.Dropout(0.2)(x)
