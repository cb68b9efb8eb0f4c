"""Training a head alone: the features of all faces from a frozen backbone, computed once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from fer.networks import build as networks

PREDICTION_BATCH = 256


@dataclass(frozen=True, slots=True, eq=False)
class Features:
    """The features of the faces from a frozen backbone, float32 (N, F)."""

    train: NDArray[np.float32]
    validation: NDArray[np.float32]


def features(
    model: keras.Model,
    train: NDArray[np.uint8],
    validation: NDArray[np.uint8],
    should_stop: Callable[[], bool],
    on_share: Callable[[float], None] = lambda share: None,
) -> Features | None:
    """The features of faces (N, H, W, C) without augmentation; None if asked to stop before.

    `on_share` is called with the share that is computed.
    """
    backbone = keras.Model(model.input, networks.split(model)[0][-1].output)
    predict = tf.function(lambda x: backbone(x, training=False), reduce_retracing=True)
    of_splits, done = [], 0
    for pixels in (train, validation):
        parts = []
        for part in predictions(predict, pixels):
            if should_stop():
                return None
            parts.append(part)
            done += len(part)
            on_share(done / (len(train) + len(validation)))
        of_splits.append(np.concatenate(parts))
    return Features(*of_splits)


def through(model: keras.Model, vectors: tf.Tensor, training: bool) -> tf.Tensor:
    """The predictions (N, 7) of a network's head for features (N, F)."""
    x = vectors
    for layer in networks.split(model)[1]:
        x = layer(x, training=training)
    return x


def predictions(
    predict: Callable[[tf.Tensor], tf.Tensor], pixels: NDArray[np.uint8]
) -> Iterator[NDArray[np.float32]]:
    """Predictions for uint8 (N, H, W, C), some hundred faces at a time."""
    for start in range(0, len(pixels), PREDICTION_BATCH):
        yield predict(tf.constant(pixels[start : start + PREDICTION_BATCH], tf.float32)).numpy()
