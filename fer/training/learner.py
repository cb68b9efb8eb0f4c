"""One network learning: batches, steps, validation, and a state that can be saved and taken up again."""

from __future__ import annotations

import dataclasses
import json
import math
import queue
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from fer import metrics
from fer.emotions import EMOTIONS, NUM_EMOTIONS
from fer.errors import BadRun
from fer.training import networks
from fer.training.augmentation import STRENGTHS, augmented, mixed
from fer.training.runs import replace_file
from fer.training.settings import TrainSettings

_MOMENTUM = 0.9
_PREDICTION_BATCH = 256
_PREPARED_BATCHES = 8
_PLATEAU_EPOCHS = 3
_PLATEAU_FACTOR = 0.3
_NOT_DECAYED = ["bias", "gamma", "beta"]

Batch = tuple[NDArray[Any], NDArray[np.float32]]


@dataclass(frozen=True, slots=True, eq=False)
class Examples:
    """Faces as a network takes them, uint8 (N, H, W, C), and what it should answer, float32 (N, 7)."""

    pixels: NDArray[np.uint8]
    targets: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.pixels)


@dataclass(slots=True)
class Progress:
    """How far a run is; with the variables it is all that resuming needs."""

    epoch: int = 0
    batch: int = 0
    seconds: float = 0.0
    loss_sum: float = 0.0
    hits: int = 0
    seen: int = 0
    best_epoch: int = 0
    best_accuracy: float = -1.0
    best_loss: float = math.inf
    plateau_loss: float = math.inf
    plateau_epochs: int = 0
    plateau_factor: float = 1.0


class Learner:
    """Trains `model` and keeps `average`, the float32 network that is validated and published.

    Data order, augmentation and mixup of a batch depend on seed, epoch and batch number alone, so a
    resumed run goes the way an uninterrupted one would have gone.
    """

    def __init__(self, settings: TrainSettings, train: Examples, validation: Examples) -> None:
        self.settings = settings
        self.train = train
        self.validation = validation
        self.progress = Progress()
        keras.utils.set_random_seed(settings.seed)
        self.model = networks.build(settings.network, settings.input, settings.precision)
        self.average = networks.build(settings.network, settings.input)
        self.average.set_weights(self.model.get_weights())
        self.optimizer = _optimizer(settings)
        self.optimizer.build(self.model.trainable_variables)
        self.batch_size = min(settings.batch_size, len(train))
        self.batches = len(train) // self.batch_size
        self._class_weights = _class_weights(settings, train.targets)
        self._step = tf.function(self._train_step, reduce_retracing=True)
        self._answer = tf.function(lambda x: self.average(x, training=False), reduce_retracing=True)

    def run_epoch(
        self, on_batch: Callable[[Progress], None], should_stop: Callable[[], bool]
    ) -> bool:
        """Trains to the end of the present epoch; False if it was asked to stop before."""
        state = self.progress
        for faces, targets in self._prepared(state.epoch, state.batch):
            if should_stop():
                return False
            step = state.epoch * self.batches + state.batch
            self.optimizer.learning_rate.assign(self.learning_rate(step))
            loss, hits = self._step(faces, targets, self._decay(step))
            state.loss_sum += float(loss) * len(faces)
            state.hits += int(hits)
            state.seen += len(faces)
            state.batch += 1
            if not math.isfinite(state.loss_sum):
                raise BadRun(
                    f"the loss is no longer a number in epoch {state.epoch + 1}; "
                    "use a smaller learning rate."
                )
            on_batch(state)
        if not self.settings.averaging:
            self.average.set_weights(self.model.get_weights())
        return True

    def finish_epoch(self) -> dict[str, Any]:
        """Validates, moves on to the next epoch and returns the finished one's figures."""
        state = self.progress
        probabilities = self.probabilities(self.validation.pixels)
        true = self.validation.targets.argmax(axis=1)
        clear = _has_one_favourite(self.validation.targets)
        table = metrics.confusion(probabilities.argmax(axis=1)[clear], true[clear])
        recall = metrics.recalls(table)
        row: dict[str, Any] = {
            "epoch": state.epoch + 1,
            "seconds": round(state.seconds, 2),
            "learning_rate": float(self.optimizer.learning_rate.numpy()),
            "loss": state.loss_sum / state.seen,
            "accuracy": state.hits / state.seen,
            "val_loss": metrics.cross_entropy(probabilities, self.validation.targets),
            "val_accuracy": float(np.trace(table) / table.sum()),
            "recall": {
                emotion: None if math.isnan(recall[i]) else float(recall[i])
                for i, emotion in enumerate(EMOTIONS)
            },
            "confusion": table.tolist(),
        }
        self._note(row)
        self.progress = dataclasses.replace(
            state, epoch=state.epoch + 1, batch=0, seconds=0.0, loss_sum=0.0, hits=0, seen=0
        )
        return row

    def is_best(self) -> bool:
        """Whether the epoch that was finished last is the best so far."""
        return self.progress.best_epoch == self.progress.epoch

    def is_out_of_patience(self) -> bool:
        waited = self.progress.epoch - self.progress.best_epoch
        return 0 < self.settings.patience <= waited

    def probabilities(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """What the averaged network answers, (N, 7), for uint8 (N, H, W, C)."""
        answers = [
            self._answer(tf.constant(pixels[start : start + _PREDICTION_BATCH], tf.float32)).numpy()
            for start in range(0, len(pixels), _PREDICTION_BATCH)
        ]
        return np.concatenate(answers)

    def learning_rate(self, step: int) -> float:
        """The rate at a step: a linear warm-up, then constant, half a cosine to 0, or by plateaus."""
        top = self.settings.learning_rate
        warmup = round(self.settings.warmup_epochs * self.batches)
        if step < warmup:
            return top * (step + 1) / warmup
        if self.settings.schedule == "cosine":
            rest = max(1, self.settings.epochs * self.batches - warmup)
            return top * 0.5 * (1 + math.cos(math.pi * min(1.0, (step - warmup) / rest)))
        return top * self.progress.plateau_factor

    def save(self, path: Path) -> None:
        """Writes everything that `restore` needs, atomically."""
        with path.with_suffix(".part").open("wb") as file:
            arrays = {f"v{i}": np.asarray(v) for i, v in enumerate(self._variables())}
            np.savez(file, progress=json.dumps(dataclasses.asdict(self.progress)), **arrays)
        path.with_suffix(".part").replace(path)

    def restore(self, path: Path) -> None:
        """Takes up what `save` wrote. Raises `BadRun` if it is of another network or damaged."""
        try:
            with np.load(path) as saved:
                for i, variable in enumerate(self._variables()):
                    variable.assign(saved[f"v{i}"])
                self.progress = Progress(**json.loads(str(saved["progress"])))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise BadRun(f"the checkpoint {path.name} cannot be taken up: {error}.") from None

    def save_average(self, path: Path) -> None:
        """Writes the averaged network's weights, atomically."""
        weights = self.average.get_weights()
        with path.with_suffix(".part").open("wb") as file:
            np.savez(file, *weights)
        path.with_suffix(".part").replace(path)

    def load_average(self, path: Path) -> None:
        with np.load(path) as saved:
            self.average.set_weights([saved[f"arr_{i}"] for i in range(len(saved.files))])

    def _variables(self) -> list[Any]:
        return [*self.model.variables, *self.average.weights, *self.optimizer.variables]

    def _train_step(
        self, faces: tf.Tensor, targets: tf.Tensor, decay: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        smoothing = self.settings.label_smoothing
        wanted = targets * (1 - smoothing) + smoothing / NUM_EMOTIONS
        with tf.GradientTape() as tape:
            answer = self.model(tf.cast(faces, tf.float32), training=True)
            losses = -tf.reduce_sum(wanted * tf.math.log(tf.maximum(answer, 1e-7)), axis=1)
            weights = tf.reduce_sum(targets * self._class_weights, axis=1)
            loss = tf.reduce_mean(losses * weights)
        gradients = tape.gradient(loss, self.model.trainable_variables)
        self.optimizer.apply_gradients(zip(gradients, self.model.trainable_variables, strict=True))
        if self.settings.averaging:
            for mean, new in zip(self.average.weights, self.model.weights, strict=True):
                mean.assign(decay * mean + (1 - decay) * new)
        hits = tf.reduce_sum(
            tf.cast(tf.equal(tf.argmax(answer, 1), tf.argmax(targets, 1)), tf.int32)
        )
        return loss, hits

    def _decay(self, step: int) -> tf.Tensor:
        """The average forgets faster at first, as in TensorFlow's ExponentialMovingAverage."""
        return tf.constant(min(self.settings.averaging, (1 + step) / (10 + step)), tf.float32)

    def _note(self, row: dict[str, Any]) -> None:
        state = self.progress
        better = (row["val_accuracy"], -row["val_loss"]) > (state.best_accuracy, -state.best_loss)
        if better:
            state.best_epoch = row["epoch"]
            state.best_accuracy, state.best_loss = row["val_accuracy"], row["val_loss"]
        if self.settings.schedule != "plateau":
            return
        state.plateau_epochs += 1
        if row["val_loss"] < state.plateau_loss - 1e-4:
            state.plateau_loss, state.plateau_epochs = row["val_loss"], 0
        elif state.plateau_epochs >= _PLATEAU_EPOCHS:
            state.plateau_factor *= _PLATEAU_FACTOR
            state.plateau_epochs = 0

    def _batch(self, order: NDArray[np.int64], epoch: int, number: int) -> Batch:
        rows = order[number * self.batch_size : (number + 1) * self.batch_size]
        random = np.random.default_rng([self.settings.seed, epoch, number])
        faces = augmented(self.train.pixels[rows], STRENGTHS[self.settings.augmentation], random)
        targets = self.train.targets[rows]
        if self.settings.mixup:
            return mixed(faces, targets, self.settings.mixup, random)
        return faces, targets

    def _prepared(self, epoch: int, first: int) -> Iterator[Batch]:
        """The epoch's batches from number `first` on, made ahead by a thread of their own."""
        order = np.random.default_rng([self.settings.seed, epoch]).permutation(len(self.train))
        ready: queue.Queue[Batch | Exception | None] = queue.Queue(_PREPARED_BATCHES)
        given_up = threading.Event()

        def offer(item: Batch | Exception | None) -> None:
            while not given_up.is_set():
                try:
                    return ready.put(item, timeout=0.2)
                except queue.Full:
                    continue

        def prepare() -> None:
            try:
                for number in range(first, self.batches):
                    if given_up.is_set():
                        return
                    offer(self._batch(order, epoch, number))
                offer(None)
            except Exception as error:  # noqa: BLE001 - raised again where batches are read
                offer(error)

        threading.Thread(target=prepare, name="batches", daemon=True).start()
        try:
            while (item := ready.get()) is not None:
                if isinstance(item, Exception):
                    raise item
                yield item
        finally:
            given_up.set()


def _optimizer(settings: TrainSettings) -> keras.optimizers.Optimizer:
    rate, decay = settings.learning_rate, settings.weight_decay or None
    if settings.optimizer == "sgd":
        optimizer = keras.optimizers.SGD(
            rate, momentum=_MOMENTUM, nesterov=True, weight_decay=decay
        )
    elif settings.optimizer == "adam":
        optimizer = keras.optimizers.Adam(rate)
    else:
        optimizer = keras.optimizers.AdamW(rate, weight_decay=decay or 0.0)
    if optimizer.weight_decay is not None:
        optimizer.exclude_from_weight_decay(var_names=_NOT_DECAYED)
    return optimizer


def _class_weights(settings: TrainSettings, targets: NDArray[np.float32]) -> tf.Tensor:
    """Weights (7,) inverse to an emotion's share of the targets, with a mean of 1 over the faces."""
    share = targets.mean(axis=0)
    weights = np.ones(NUM_EMOTIONS)
    if settings.class_weights:
        weights = np.where(share > 0, 1 / np.maximum(share, 1e-6), 0.0)
        weights /= (weights * share).sum()
    return tf.constant(weights, tf.float32)


def _has_one_favourite(targets: NDArray[np.float32]) -> NDArray[np.bool_]:
    return (targets == targets.max(axis=1, keepdims=True)).sum(axis=1) == 1
