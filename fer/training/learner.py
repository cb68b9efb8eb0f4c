"""One network learning: steps, validation, and a state that can be saved and restored."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from fer import metrics
from fer.emotions import NUM_EMOTIONS
from fer.errors import BadRun
from fer.networks import build as networks, frozen_backbone, initial_weights
from fer.runs.settings import TrainSettings
from fer.training import batches, checkpoints, optimization
from fer.training.batches import Batch, Examples
from fer.training.progress import Progress
from fer.training.replicas import Alone

__all__ = ["Examples", "Learner", "Progress"]


class Learner:
    """Trains `model` and keeps `average`, the float32 network that is validated and published.

    Data order, augmentation and mixup of a batch depend on seed, epoch and batch number alone, so a
    resumed run goes the way an uninterrupted one would have gone. `fresh` is False where `restore`
    will follow, so that the initial weights need not exist any more. `replicas` are the processes
    that learn together, each with a learner of its own and the same faces.
    """

    def __init__(
        self,
        settings: TrainSettings,
        train: Examples,
        validation: Examples,
        fresh: bool = True,
        replicas: Alone | None = None,
    ) -> None:
        self.settings = settings
        self.train = train
        self.validation = validation
        self.progress = Progress()
        self._replicas = replicas or Alone()
        self.on_features: Callable[[float], None] = lambda share: None
        keras.utils.set_random_seed(settings.seed)
        self.model = networks.build(settings.network, settings.input, settings.precision)
        self.average = networks.build(settings.network, settings.input)
        if fresh:
            initial_weights.load(self.model, settings)
        self._replicas.prepare(self.model)
        self._both = networks.with_other_head(self.model) if settings.other_question else None
        self.average.set_weights(self.model.get_weights())
        self.batch_size = min(settings.batch_size, len(train))
        self.batches = len(train) // self.batch_size
        self._loss = optimization.Loss(settings, train.targets)
        self._answer = tf.function(lambda x: self.average(x, training=False), reduce_retracing=True)
        self._begin_phase()

    @property
    def trains_head_only(self) -> bool:
        """Whether the whole backbone is frozen in this epoch: its features are computed once."""
        return self.settings.freeze == "all" or self.progress.epoch < self.settings.head_epochs

    def _begin_phase(self) -> None:
        """Freezes what must not learn now and starts an optimiser for the rest."""
        networks.freeze(self.model, "all" if self.trains_head_only else self.settings.freeze)
        self.optimizer = optimization.optimizer_of(self.settings)
        self.optimizer.build(self._learning_variables())
        self._learning = [
            (mean, new)
            for averaged, layer in zip(*map(_flat, (self.average, self.model)), strict=True)
            if layer.trainable
            for mean, new in zip(averaged.weights, layer.weights, strict=True)
        ]
        self._features: frozen_backbone.Features | None = None
        self._step = tf.function(self._train_step, reduce_retracing=True)

    def run_epoch(
        self, on_batch: Callable[[Progress], None], should_stop: Callable[[], bool]
    ) -> bool:
        """Trains to the end of the present epoch; False if it was asked to stop before."""
        state = self.progress
        should_stop = self._replicas.agreed(should_stop)
        if not self.prepare(should_stop):
            return False
        for batch in self.prepared(state.epoch, state.batch):
            if should_stop():
                return False
            step = state.epoch * self.batches + state.batch
            loss, hits = self.step(batch, self.learning_rate(step), step)
            state.loss_sum += loss * self.batch_size
            state.hits += hits
            state.seen += self.batch_size
            state.batch += 1
            self._check_numbers(state.loss_sum)
            on_batch(state)
        # Rectifiers can hide from the loss that weights below them are no numbers any more.
        self._check_numbers(*(float(tf.reduce_sum(weight)) for weight in self.model.weights))
        if not self.settings.averaging:
            self.average.set_weights(self.model.get_weights())
        return True

    def _check_numbers(self, *numbers: float) -> None:
        if not all(map(math.isfinite, numbers)):
            raise BadRun(
                f"the loss is no longer a number in epoch {self.progress.epoch + 1}; "
                "use a smaller learning rate."
            )

    def prepare(self, should_stop: Callable[[], bool] = lambda: False) -> bool:
        """Computes what `prepared` needs of a frozen backbone; False if asked to stop before."""
        if self.trains_head_only and self._features is None:
            pixels = self.train.pixels, self.validation.pixels
            self._features = frozen_backbone.features(
                self.average, *pixels, should_stop, self.on_features
            )
            return self._features is not None
        return True

    def step(self, batch: Batch, rate: float, number: int) -> tuple[float, int]:
        """Learns from one batch at that rate; returns the mean loss of all replicas' batches and
        how many of their faces were right."""
        self.optimizer.learning_rate.assign(rate)
        loss, hits = self._step(*batch, self._decay(number))
        return float(loss), int(hits)

    def prepared(self, epoch: int, first: int = 0) -> Iterator[Batch]:
        """The epoch's batches from number `first` on, as the network or its head takes them."""
        order = batches.order(self.settings, len(self.train), epoch)
        features = self._features

        def make(number: int) -> Batch:
            rows = order[number * self.batch_size : (number + 1) * self.batch_size]
            if features is not None:
                return self._replicas.part((features.train[rows], self.train.targets[rows]))
            batch = batches.varied(self.settings, self.train, rows, epoch, number)
            return self._replicas.part(batch)

        return batches.ahead(make, first, self.batches)

    def finish_epoch(self) -> dict[str, Any]:
        """Validates, moves on to the next epoch and returns the finished one's figures."""
        state = self.progress
        row: dict[str, Any] = {
            "epoch": state.epoch + 1,
            "seconds": round(state.seconds, 2),
            "learning_rate": float(self.optimizer.learning_rate.numpy()),
            "loss": state.loss_sum / state.seen,
            "accuracy": state.hits / state.seen,
            **metrics.epoch_figures(
                self._validated(), self.validation.targets, self.validation.truth
            ),
        }
        state.note(row["val_accuracy"], row["val_loss"])
        headed = self.trains_head_only
        self.progress = state.next_epoch()
        if headed and not self.trains_head_only:
            self._begin_phase()
        return row

    def is_best(self) -> bool:
        """Whether the epoch that was finished last is the best so far."""
        return self.progress.best_epoch == self.progress.epoch

    def is_done(self) -> bool:
        """Whether the last epoch is over, or the patience with those that are no better."""
        waited = self.progress.epoch - self.progress.best_epoch
        is_out_of_patience = 0 < self.settings.patience <= waited
        return is_out_of_patience or self.progress.epoch >= self.settings.epochs

    def probabilities(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """The predictions (N, 7) of the averaged network for uint8 (N, H, W, C)."""
        return np.concatenate(list(frozen_backbone.predictions(self._answer, pixels)))

    def learning_rate(self, step: int) -> float:
        """The rate at a step of the whole run."""
        factor = self.progress.plateau_factor if self.settings.schedule == "plateau" else 1.0
        return optimization.learning_rate(self.settings, step, self.batches, factor)

    def num_bytes(self) -> int:
        """About the size of what `save` writes."""
        return sum(int(np.prod(v.shape)) * 4 for v in self._variables())

    def save(self, path: Path) -> None:
        """Writes everything that `restore` needs, atomically."""
        arrays: dict[str, Any] = {f"v{i}": v.numpy() for i, v in enumerate(self._variables())}
        progress = json.dumps(dataclasses.asdict(self.progress))
        checkpoints.write(path, {**arrays, "progress": progress})

    def restore(self, path: Path) -> None:
        """Restores what `save` wrote. Raises `BadRun` if it is of another network or damaged."""
        with checkpoints.opened(path) as saved:
            self.progress = Progress(**json.loads(str(saved["progress"])))
            self._begin_phase()
            for i, variable in enumerate(self._variables()):
                variable.assign(saved[f"v{i}"])

    def save_average(self, path: Path) -> None:
        """Writes the averaged network's weights, atomically."""
        weights = self.average.get_weights()
        checkpoints.write(path, {f"arr_{i}": array for i, array in enumerate(weights)})

    def load_average(self, path: Path) -> None:
        """Reads what `save_average` wrote. Raises `BadRun` if it is damaged."""
        with checkpoints.opened(path) as saved:
            self.average.set_weights([saved[f"arr_{i}"] for i in range(len(saved.files))])

    def _variables(self) -> list[Any]:
        learned = (self._both or self.model).variables
        return [*learned, *self.average.weights, *self.optimizer.variables]

    def _learning_variables(self) -> list[Any]:
        """What the optimiser changes: the second head too, where there is one."""
        asked = self.model if self._both is None or self.trains_head_only else self._both
        return list(asked.trainable_variables)

    def _train_step(
        self, faces: tf.Tensor, wanted: tf.Tensor, decay: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        learning = self._learning_variables()
        loss, hits, gradients = self._replicas.run(self._gradients, faces, wanted, learning)
        if self.settings.sharpness:
            statistics = [v for v in self.model.non_trainable_variables if v.dtype == "float32"]
            with optimization.sharpest(learning, gradients, self.settings.sharpness, statistics):
                gradients = self._replicas.run(self._gradients, faces, wanted, learning)[2]
        self.optimizer.apply_gradients(zip(gradients, learning, strict=True))
        if self.settings.averaging:
            for mean, new in self._learning:
                mean.assign(decay * mean + (1 - decay) * new)
        return loss, hits

    def _gradients(
        self, faces: tf.Tensor, wanted: tf.Tensor, learning: list[Any]
    ) -> tuple[tf.Tensor, tf.Tensor, list[tf.Tensor]]:
        """The loss, the number of hits, and the gradients of what is learning: those of the faces
        of all replicas."""
        with tf.GradientTape() as tape:
            answer, other_answer = self._forward(tf.cast(faces, tf.float32))
            loss, whole = self._loss(answer, other_answer, wanted)
        gradients = tape.gradient(whole, learning)
        # The maximum in the loss hides an answer that is no number: the loss must show it.
        loss = tf.where(tf.reduce_all(tf.math.is_finite(answer)), loss, np.nan)
        is_hit = tf.equal(tf.argmax(answer, 1), tf.argmax(wanted[:, :NUM_EMOTIONS], 1))
        hits = tf.reduce_sum(tf.cast(is_hit, tf.float32))
        loss, hits, *gradients = self._replicas.mean([loss, hits, *gradients])
        return loss, tf.cast(tf.round(hits * self._replicas.count), tf.int32), gradients

    def _decay(self, step: int) -> tf.Tensor:
        """The average forgets faster at first, as in TensorFlow's ExponentialMovingAverage."""
        return tf.constant(min(self.settings.averaging, (1 + step) / (10 + step)), tf.float32)

    def _forward(self, inputs: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor | None]:
        """Probabilities in training: from faces, or from features where only the head learns; and
        those of the second head, where there is one."""
        if self.trains_head_only:
            return frozen_backbone.through(self.model, inputs, training=True), None
        if self._both is not None:
            answer, other = self._both(inputs, training=True)
            return answer, other
        return self.model(inputs, training=True), None

    def _validated(self) -> NDArray[np.float32]:
        """The predictions (N, 7) of the averaged network for the validation faces."""
        if self._features is None:
            return self._replicas.together(self.probabilities, self.validation.pixels)
        return self._replicas.together(self._of_features, self._features.validation)

    def _of_features(self, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        answers = frozen_backbone.through(self.average, tf.constant(vectors), training=False)
        return np.asarray(answers, np.float32)


def _flat(model: keras.Model) -> list[keras.Layer]:
    return list(networks.flat(model.layers))
