"""How steps are taken: the loss with its weights, the optimiser, and the rate at a step."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from fer.emotions import NUM_EMOTIONS
from fer.runs.settings import TrainSettings

_MOMENTUM = 0.9
_NOT_DECAYED = ["bias", "gamma", "beta"]


def optimizer_of(settings: TrainSettings) -> keras.optimizers.Optimizer:
    """The optimiser, with decoupled weight decay whichever it is: Adam with it is AdamW."""
    rate, decay = settings.learning_rate, settings.weight_decay or None
    if settings.optimizer == "sgd":
        optimizer = keras.optimizers.SGD(
            rate, momentum=_MOMENTUM, nesterov=True, weight_decay=decay
        )
    else:
        optimizer = keras.optimizers.Adam(rate, weight_decay=decay)
    if decay is not None:
        optimizer.exclude_from_weight_decay(var_names=_NOT_DECAYED)
    return optimizer


def learning_rate(settings: TrainSettings, step: int, batches: int, plateau: float) -> float:
    """The rate at a step: a linear warm-up, then constant, half a cosine to 0, or by plateaus.

    `batches` is the number of steps an epoch, `plateau` the factor that plateaus have come to.
    What follows an unfreezing is scheduled anew, with a warm-up of its own.
    """
    epochs, top = settings.epochs, settings.learning_rate
    if 0 < settings.head_epochs < epochs and settings.freeze != "all":
        is_later = step >= settings.head_epochs * batches
        step -= settings.head_epochs * batches * is_later
        epochs = epochs - settings.head_epochs if is_later else settings.head_epochs
    warmup = round(settings.warmup_epochs * batches)
    if step < warmup:
        return top * (step + 1) / warmup
    if settings.schedule == "cosine":
        rest = max(1, epochs * batches - warmup)
        return top * 0.5 * (1 + math.cos(math.pi * min(1.0, (step - warmup) / rest)))
    return top * plateau


@contextlib.contextmanager
def sharpest(
    weights: Sequence[Any],
    gradients: Sequence[tf.Tensor],
    radius: float,
    statistics: Sequence[Any] = (),
) -> Iterator[None]:
    """Inside, `weights` are moved by `radius` to where the loss rises most.

    A step along the gradient found there prefers flat minima: sharpness-aware minimisation (Foret
    et al. 2021, arXiv 2010.01412). Afterwards weights and `statistics`, the running means of batch
    normalisation, are what they were before.
    """
    scale = radius / tf.maximum(tf.linalg.global_norm(gradients), 1e-12)
    before = [tf.identity(variable.value) for variable in (*weights, *statistics)]
    for weight, gradient in zip(weights, gradients, strict=True):
        weight.assign_add(scale * gradient)
    yield
    for variable, value in zip((*weights, *statistics), before, strict=True):
        variable.assign(value)


class Loss:
    """What a network learns to make small: cross entropy to smoothed targets, weighted as the
    settings say by what the training faces' `targets` (N, 7) are."""

    def __init__(self, settings: TrainSettings, targets: NDArray[np.float32]) -> None:
        self._settings = settings
        self._class_weights = class_weights(settings, targets)
        self._balancing = balancing_weights(settings, targets)

    def __call__(
        self, answer: tf.Tensor, other_answer: tf.Tensor | None, wanted: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """The mean loss of probabilities (N, 7), and together with that of a second head, whose
        targets follow in `wanted` (N, 14)."""
        targets, other = wanted[:, :NUM_EMOTIONS], wanted[:, NUM_EMOTIONS:]
        weights = tf.reduce_sum(targets * self._class_weights, axis=1)
        loss = tf.reduce_mean(self._losses(answer, targets, self._balancing) * weights)
        if other_answer is None:
            return loss, loss
        further = tf.reduce_mean(self._losses(other_answer, other))
        return loss, loss + self._settings.other_question * further

    def _losses(
        self, answer: tf.Tensor, targets: tf.Tensor, weights: tf.Tensor | None = None
    ) -> tf.Tensor:
        """Cross entropy (N,) to smoothed targets; 0 for a face whose targets are all 0. With
        `weights` (7,) of emotions the balanced one."""
        smoothing = self._settings.label_smoothing
        known = tf.reduce_sum(targets, axis=1, keepdims=True)
        smooth = targets * (1 - smoothing) + known * smoothing / NUM_EMOTIONS
        if weights is not None and self._settings.balancing:
            return balanced_losses(answer, smooth, weights)
        return -tf.reduce_sum(smooth * tf.math.log(tf.maximum(answer, 1e-7)), axis=1)


def class_weights(settings: TrainSettings, targets: NDArray[np.float32]) -> tf.Tensor:
    """Weights (7,) inverse to an emotion's share of the targets, with a mean of 1 over faces."""
    share = targets.mean(axis=0)
    weights = np.ones(NUM_EMOTIONS)
    if settings.class_weights:
        weights = np.where(share > 0, 1 / np.maximum(share, 1e-6), 0.0)
        weights /= (weights * share).sum()
    return tf.constant(weights, tf.float32)


def balancing_weights(settings: TrainSettings, targets: NDArray[np.float32]) -> tf.Tensor:
    """Weights (7,) that are an emotion's share of the targets to the power of minus `balancing`,
    with a mean of 1 over the targets; 1 for an emotion that does not occur."""
    share = targets.mean(axis=0)
    weights = np.where(share > 0, np.maximum(share, 1e-6) ** -settings.balancing, 1.0)
    return tf.constant(weights / max((weights * share).sum(), 1e-6), tf.float32)


def balanced_losses(answer: tf.Tensor, targets: tf.Tensor, weights: tf.Tensor) -> tf.Tensor:
    """Weighted, logit-adjusted cross entropy (N,) of probabilities (N, 7) to targets (N, 7).

    With weights w the loss is -Σ w t log(w p / Σ w p). Weights alone would move the answer that
    minimises it from E[t] to w E[t] / Σ w E[t]; the adjustment of the logits by log w (Menon et al.
    2021, arXiv 2007.07314, with the sign for weights) moves it back. So the network goes on
    answering with the shares of its training faces in mind, as without weights, and rare emotions
    have a larger say in what it learns. With weights of 1 it is the cross entropy.
    """
    adjusted = weights * answer
    adjusted /= tf.reduce_sum(adjusted, axis=1, keepdims=True)
    return -tf.reduce_sum(weights * targets * tf.math.log(tf.maximum(adjusted, 1e-7)), axis=1)
