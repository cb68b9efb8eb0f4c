"""Processes that learn together: each has the whole network and a part of every batch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from fer.networks import build as networks
from fer.training.batches import Batch

T = TypeVar("T")


class Alone:
    """One process that has all of every batch."""

    index, count = 0, 1

    def prepare(self, model: keras.Model) -> None:
        """Makes a network learn as one that sees whole batches, before its first step."""

    def run(self, function: Callable[..., T], *arguments: Any) -> T:
        """A part of a step, in which `mean` may be asked for."""
        return function(*arguments)

    def mean(self, tensors: Sequence[tf.Tensor]) -> list[tf.Tensor]:
        """The mean of each tensor over all processes."""
        return list(tensors)

    def agreed(self, asks: Callable[[], bool]) -> Callable[[], bool]:
        """Whether any process asks: every one calls it at the same step, and gets the same."""
        return asks

    def part(self, batch: Batch) -> Batch:
        """The faces of a batch that this process learns from."""
        return batch

    def together(
        self, answer: Callable[[NDArray[Any]], NDArray[np.float32]], rows: NDArray[Any]
    ) -> NDArray[np.float32]:
        """The answers (N, 7) for all rows."""
        return answer(rows)


class Replicas(Alone):
    """TensorFlow's MultiWorkerMirroredStrategy between the processes that TF_CONFIG names. It must
    be made before TensorFlow does anything else.

    Each process keeps ordinary variables, which start alike and stay alike, since all take the same
    steps: the mean of the gradients. Batch normalisation takes mean and variance from the whole
    batch, and dropout draws for it. So the network learns what one process learns from whole
    batches, but for rounding.
    """

    def __init__(self) -> None:
        self._strategy = tf.distribute.MultiWorkerMirroredStrategy()
        self.index = self._strategy.cluster_resolver.task_id
        self.count = self._strategy.num_replicas_in_sync
        self._total = tf.function(self._total_of)

    def prepare(self, model: keras.Model) -> None:
        for layer in networks.flat(model.layers):
            if isinstance(layer, keras.layers.BatchNormalization):
                layer.synchronized = True
            elif isinstance(layer, keras.layers.Dropout):
                layer.call = self._part_of(layer)

    def _part_of(self, dropout: keras.layers.Dropout) -> Callable[..., tf.Tensor]:
        """A layer's `call` that draws for the whole batch and uses what is for this part of it."""

        def call(inputs: tf.Tensor, training: bool = False) -> tf.Tensor:
            if not training or dropout.rate == 0:
                return inputs
            whole = tf.concat([tf.ones_like(inputs)] * self.count, axis=0)
            kept = keras.random.dropout(
                whole, dropout.rate, dropout.noise_shape, dropout.seed_generator
            )
            return inputs * tf.split(kept, self.count)[self.index]

        return call

    def run(self, function: Callable[..., T], *arguments: Any) -> T:
        result: T = self._strategy.run(function, args=arguments)
        return result

    def mean(self, tensors: Sequence[tf.Tensor]) -> list[tf.Tensor]:
        context = tf.distribute.get_replica_context()
        return list(context.all_reduce(tf.distribute.ReduceOp.MEAN, list(tensors)))

    def agreed(self, asks: Callable[[], bool]) -> Callable[[], bool]:
        return lambda: float(self._total(tf.constant(float(asks())))) > 0

    def part(self, batch: Batch) -> Batch:
        number = len(batch[0]) // self.count
        rows = slice(self.index * number, (self.index + 1) * number)
        return batch[0][rows], batch[1][rows]

    def together(
        self, answer: Callable[[NDArray[Any]], NDArray[np.float32]], rows: NDArray[Any]
    ) -> NDArray[np.float32]:
        first, end = (len(rows) * (self.index + more) // self.count for more in (0, 1))
        mine = answer(rows[first:end])
        answers = np.zeros((len(rows), *mine.shape[1:]), np.float32)
        answers[first:end] = mine
        return np.asarray(self._total(tf.constant(answers)))

    def _total_of(self, tensor: tf.Tensor) -> tf.Tensor:
        def add(mine: tf.Tensor) -> tf.Tensor:
            context = tf.distribute.get_replica_context()
            on_device = tf.identity(mine)  # an argument has no device, which is an error in there
            return context.all_reduce(tf.distribute.ReduceOp.SUM, on_device)

        return self._strategy.run(add, args=(tensor,))
