"""Does teaching gain more where the network's last block learns too, and not its head alone?

`python -m benchmarks.teach deeper …` draws ten trials of `gain` with 20 faces of each of three
emotions. The last residual block of `model.keras` and its dense layer are trained with TensorFlow:
cross-entropy on the taught faces beside staying at the general model's answers on other faces.
These are the built-in drawings, which an installation has, or training faces of FER2013, which it
does not: the latter says what could be gained at best. The gate is that of the head, so that both
protect other people alike. Points are those of the head alone.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from benchmarks import teach
from benchmarks.teach import Faces, Pixels
from fer import registry
from fer.data import selection
from fer.engine import Model
from fer.inference import cropping
from fer.teaching import features, learning
from fer.teaching.features import Floats, Seen, log_softmax
from fer.teaching.learning import Labels, Setting

TRIALS = 10
PEOPLE = 1000
"""Faces of FER2013's validation split that are asked about."""
KEPT = 600
"""Faces on which the answers are to stay."""
STEPS, BATCH, LEARNING_RATE = 40, 60, 3e-4
BLOCK_INPUT = "add"
"""Residual sums; the last block begins after the last but one."""


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """The network in two: what comes before the last block, and a new copy of block and head."""

    before: keras.Model
    path: Path

    @classmethod
    def of(cls, path: Path) -> Block:
        whole = keras.models.load_model(path, compile=False)
        return cls(keras.Model(whole.input, _last_but_one(whole).output), path)

    def inputs(self, pixels: Pixels) -> NDArray[np.float32]:
        return np.asarray(self.before.predict(pixels.astype(np.float32), 64, verbose=0))

    def copy(self) -> keras.Model:
        whole = keras.models.load_model(self.path, compile=False)
        return keras.Model(_last_but_one(whole).output, whole.output)


def _last_but_one(whole: keras.Model) -> keras.layers.Layer:
    return [layer for layer in whole.layers if layer.name.startswith(BLOCK_INPUT)][-2]


def trained(
    block: keras.Model,
    setting: Setting,
    own: NDArray[np.float32],
    true: Labels,
    kept: NDArray[np.float32],
    seed: int,
) -> None:
    """Teaches the block the faces with their emotions; on `kept` it is to stay as it is."""
    random = np.random.default_rng(seed)
    targets = np.asarray(block.predict(kept, 64, verbose=0))
    lead = np.where(np.isin(np.arange(7), true), 0.0, learning.MARGIN)
    log_prior = (setting.log_prior + lead).astype(np.float32)
    optimizer = keras.optimizers.Adam(LEARNING_RATE)

    @tf.function  # type: ignore[untyped-decorator]
    def step(faces: tf.Tensor, labels: tf.Tensor, others: tf.Tensor, stay: tf.Tensor) -> None:
        with tf.GradientTape() as tape:
            logs = tf.math.log(block(tf.concat([faces, others], 0), training=False) + 1e-7)
            answers = logs[:BATCH] / setting.temperature + log_prior
            learned = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, answers)
            kept_loss = -tf.reduce_sum(stay * logs[BATCH:], axis=1)
            loss = tf.reduce_mean(learned) + tf.reduce_mean(kept_loss)
        gradients = tape.gradient(loss, block.trainable_variables)
        optimizer.apply_gradients(zip(gradients, block.trainable_variables, strict=True))

    for _ in range(STEPS):
        mine, theirs = (
            random.integers(len(true), size=BATCH),
            random.integers(len(kept), size=BATCH),
        )
        step(*map(tf.constant, (own[mine], true[mine], kept[theirs], targets[theirs])))


def measure(path: Path, data: str, votes: str | None) -> None:
    model = registry.load()
    setting = Setting.of(model.card, features.general(model.card.name))
    pictures, labels = teach.posed(path)
    pixels = cropping.network_input(pictures, model.card.input)
    asked, majority = teach.public_test(model, data, votes)
    asked, majority = asked[:PEOPLE], majority[:PEOPLE]
    own = Faces(features.seen(model, pixels), labels)
    people = Faces(features.seen(model, asked), majority)
    block = Block.of(registry.path_of(model.card.name) / "model.keras")
    inputs = block.inputs(pixels), block.inputs(asked)
    kept = {
        name: block.inputs(_training_faces(model, *source))
        for name, source in (("drawings", ("drawn", None)), ("FER2013", (data, votes)))
    }
    print("points against the head alone: posed; posed, prior `taught`; posed, not shown;")
    print("other emotions of public-test; seconds of training")
    every = list(teach.trials(own, people, sorted(set(labels.tolist())), teach.FACES, 1))
    rows: dict[str, list[list[float]]] = {name: [] for name in kept}
    for seed, trial in enumerate(every[:: len(every) // TRIALS][:TRIALS]):
        taught = trial.indices
        [head] = learning.fit(setting, [(trial.taught.seen, trial.taught.true)])
        for name, faces in kept.items():
            deep, started = block.copy(), time.perf_counter()
            trained(deep, setting, inputs[0][taught], labels[taught], faces, seed)
            seconds = time.perf_counter() - started
            answers = [
                _gated(head, seen, deep, given)
                for seen, given in zip((own.seen, people.seen), inputs, strict=True)
            ]
            points = _points(setting, head, (own, people), taught, answers)
            rows[name].append([*(100 * point for point in points), seconds])
            print(f"{seed:3} {name:9}", *(f"{value:6.1f}" for value in rows[name][-1]), flush=True)
    for name, values in rows.items():
        mean, spread = np.mean(values, axis=0), np.std(values, axis=0, ddof=1)
        half = 2.262 * spread / np.sqrt(len(values))  # Student's t, nine degrees of freedom
        print(f"{name:9}", *(f"{m:6.1f} ± {h:.1f}" for m, h in zip(mean, half, strict=True)))


def _points(
    setting: Setting,
    head: learning.Personal,
    asked: tuple[Faces, Faces],
    taught: Labels,
    answers: list[Floats],
) -> list[float]:
    """What the answers gain in accuracy over the head's: on held-back faces, with all emotions to
    choose from and with the taught ones alone, on faces not shown, and on other people's."""
    own, people = asked
    emotions = own.true[taught]
    is_shown, is_taught = np.isin(own.true, emotions), np.isin(np.arange(7), emotions)
    held_back = is_shown.copy()
    held_back[taught] = False
    of_others = ~np.isin(people.true, emotions)
    every = np.ones(7, bool)
    points = []
    for faces, rows, given, allowed in (
        (own, held_back, answers[0], every),
        (own, held_back, answers[0], is_taught),
        (own, ~is_shown, answers[0], every),
        (people, of_others, answers[1], every),
    ):
        part = faces.rows(rows)
        deep, of_head = (
            part.accuracy(np.where(allowed, setting.final(logs), -np.inf))
            for logs in (given[rows], head.log_probabilities(part.seen))
        )
        points.append(deep - of_head)
    return points


def _gated(
    head: learning.Personal, seen: Seen, deep: keras.Model, inputs: NDArray[np.float32]
) -> Floats:
    """The block's answers where the head's gate is open, and the general model's elsewhere."""
    logits = seen.features @ head.gate_weights + head.gate_bias
    gate = (0.5 * (1 + np.tanh(logits / 2)))[:, None]
    given = np.log(np.maximum(deep.predict(inputs, 64, verbose=0).astype(np.float64), 1e-12))
    return log_softmax((1 - gate) * seen.log_probabilities + gate * given)


def _training_faces(model: Model, data: str, votes: str | None) -> Pixels:
    part = selection.prepared(data, votes, "crowd").split("train")
    rows = np.random.default_rng(0).permutation(len(part))[:KEPT]
    return part.rows(rows).inputs(model.card.input)
