"""The personal part of a model: a correction of its answers, and a gate that opens for faces which
look like the captures.

    answer = softmax(log p + gate · correction),   gate = sigmoid(v·f + c),   correction = W f + b

`p` are the model's own probabilities and `f` its last features. Where the gate is closed the answer
is the model's own. Both parts are fitted on the captures and on drawn features of people in general
(`features.General`), on which the correction is to stay at what the model says: emotions that were
not shown keep what it knew. The temperature and the prior of the card are applied afterwards, so
they are part of the objective and stay on the card as they are.

The gate compares features of expressions, pose and light; it is no recognition of a person, and
nothing of it but the answer leaves the model.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fer.emotions import NUM_EMOTIONS
from fer.model_card import ModelCard
from fer.teaching.features import Floats, General, Seen, log_softmax

ITERATIONS = 60
DRAWN_OF_EACH = 150
"""Drawn faces of each emotion that stand for people in general."""
KEEPING = 1.0
"""Weight of staying at the model's own answers, against that of the captures."""
MOVED_OF_EACH, MOVING = 60, 1.0
"""Moved faces of each emotion that was not shown, and their weight."""
DECAY, GATE_DECAY = 1.2, 1e-4
"""Of the correction, divided by the number of captures; of the gate."""
MARGIN = 2.0
"""Logits by which the shown emotions must lead the others on the captures."""
SHRINKAGE = 0.2
"""Share of the mean variance in the covariance that the features are measured by."""
STEEPNESS = 3.0
"""Of the gate, against the fitted one: it is open or closed rather than ajar."""

Labels = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Personal:
    """The fitted part, for plain features: `weights` (F, 7), `bias` (7,), `gate_weights` (F,),
    `gate_bias`."""

    weights: Floats
    bias: Floats
    gate_weights: Floats
    gate_bias: float

    def log_probabilities(self, given: Seen) -> Floats:
        """The raw answers (N, 7), before temperature and prior."""
        gate = _sigmoid(given.features @ self.gate_weights + self.gate_bias)
        correction = given.features @ self.weights + self.bias
        return log_softmax(given.log_probabilities + gate[:, None] * correction)


@dataclass(frozen=True, slots=True, eq=False)
class Setting:
    """What all fits share: the card's temperature and prior, the features of people in general, the
    space that they are measured in, and drawn faces."""

    temperature: float
    log_prior: Floats
    general: General
    centre: Floats
    whitening: Floats
    drawn: Seen

    @classmethod
    def of(cls, card: ModelCard, general: General) -> Setting:
        prior, assumed = card.prior().shares, card.assumed_shares
        log_prior = np.zeros(NUM_EMOTIONS)
        if prior is not None and assumed is not None:
            log_prior = np.log(np.maximum(prior, 1e-12)) - np.log(np.maximum(assumed, 1e-12))
        drawn = general.drawn(DRAWN_OF_EACH)
        size = len(general.covariance)
        shrunk = (1 - SHRINKAGE) * general.covariance
        shrunk += SHRINKAGE * np.trace(general.covariance) / size * np.eye(size)
        whitening = np.linalg.inv(np.linalg.cholesky(shrunk)).T
        length = np.sqrt((drawn.features**2).sum(axis=1).mean() / size)
        centre = drawn.features.mean(axis=0)
        return cls(card.temperature, log_prior, general, centre, whitening * length, drawn)

    def final(self, log_probabilities: Floats) -> Floats:
        """Log probabilities (N, 7) as the recognizer gives them: after temperature and prior."""
        return log_softmax(log_probabilities / self.temperature + self.log_prior)

    def whitened(self, features: Floats) -> Floats:
        return np.asarray((features - self.centre) @ self.whitening)

    def moved(self, captures: Seen, labels: Labels) -> tuple[Seen, Labels]:
        """Drawn faces of the emotions that were not shown, moved as the shown ones are."""
        shown = np.unique(labels)
        means = np.array([captures.features[labels == emotion].mean(axis=0) for emotion in shown])
        drawn = np.repeat(np.arange(NUM_EMOTIONS), DRAWN_OF_EACH)
        number = np.tile(np.arange(DRAWN_OF_EACH), NUM_EMOTIONS)
        chosen = (number < MOVED_OF_EACH) & ~np.isin(drawn, shown)
        way = (means - self.general.means[shown]).mean(axis=0)
        return self.general.predicted(self.drawn.features[chosen] + way), drawn[chosen]


def fit(
    setting: Setting,
    problems: Sequence[tuple[Seen, Labels]],
    report: Callable[[int, list[Personal]], None] = lambda step, fitted: None,
) -> list[Personal]:
    """The personal part for each of several sets of captures, all fitted side by side.

    `report` gets the number of each iteration, from 1, and the parts as they are then.
    """
    from scipy.optimize import minimize

    parts = [_Problem(setting, captures, labels) for captures, labels in problems]
    size = parts[0].size

    def total(values: Floats) -> tuple[float, Floats]:
        rows = [part.loss(values[i * size : (i + 1) * size]) for i, part in enumerate(parts)]
        return sum(loss for loss, _ in rows), np.concatenate([gradient for _, gradient in rows])

    def fitted(values: Floats) -> list[Personal]:
        return [part.personal(values[i * size : (i + 1) * size]) for i, part in enumerate(parts)]

    step = 0

    def show(values: Floats) -> None:
        nonlocal step
        step += 1
        report(step, fitted(values))

    options = {"maxiter": ITERATIONS}
    start = np.zeros(size * len(parts))
    found = minimize(total, start, jac=True, method="L-BFGS-B", callback=show, options=options)
    return fitted(found.x)


class _Problem:
    """The objective of one correction; its gate is fitted first."""

    def __init__(self, setting: Setting, captures: Seen, labels: Labels) -> None:
        self._setting = setting
        self._own = setting.whitened(captures.features)
        self._drawn = setting.whitened(setting.drawn.features)
        shown = np.bincount(labels, minlength=NUM_EMOTIONS)
        self._weights = (1 / (shown[labels] * np.count_nonzero(shown)))[:, None]
        self._targets = np.eye(NUM_EMOTIONS)[labels]
        lead = np.where(shown > 0, 0.0, MARGIN)
        self._base = captures.log_probabilities / setting.temperature + setting.log_prior + lead
        self._kept = np.exp(setting.drawn.log_probabilities)
        moved, of = setting.moved(captures, labels)
        self._moved = setting.whitened(moved.features)
        self._moved_base = moved.log_probabilities / setting.temperature + setting.log_prior
        self._moved_targets = np.eye(NUM_EMOTIONS)[of]
        self._decay = DECAY / len(labels)
        self._gate = _gate(self._own, self._drawn)
        self.size = (self._own.shape[1] + 1) * NUM_EMOTIONS

    def loss(self, values: Floats) -> tuple[float, Floats]:
        """Cross-entropy of captures, drawn and moved faces, and its gradient."""
        weights, bias = _unpacked(values)
        temperature = self._setting.temperature
        share, moving = KEEPING / len(self._drawn), MOVING / max(1, len(self._moved))
        loss = self._decay / 2 * (weights**2).sum()
        slope, of_bias = self._decay * weights, np.zeros(NUM_EMOTIONS)
        general = self._setting.drawn.log_probabilities
        for features, base, targets, weight, scale in (
            (self._own, self._base, self._targets, self._weights, temperature),
            (self._drawn, general, self._kept, share, 1.0),
            (self._moved, self._moved_base, self._moved_targets, moving, temperature),
        ):
            answers = log_softmax(base + (features @ weights + bias) / scale)
            loss -= (weight * targets * answers).sum()
            gap = weight * (np.exp(answers) - targets) / scale
            slope, of_bias = slope + features.T @ gap, of_bias + gap.sum(axis=0)
        return float(loss), np.concatenate([slope.ravel(), of_bias])

    def personal(self, values: Floats) -> Personal:
        """The fitted part, for plain features."""
        weights, bias = _unpacked(values)
        centre, whitening = self._setting.centre, self._setting.whitening
        plain, gate = whitening @ weights, whitening @ self._gate[:-1]
        return Personal(plain, bias - centre @ plain, gate, float(self._gate[-1] - centre @ gate))


def _gate(own: Floats, drawn: Floats) -> Floats:
    """Logistic regression of captures against people in general: weights (F,) and bias."""
    from scipy.optimize import minimize

    faces = np.concatenate([own, drawn])
    is_own = np.r_[np.ones(len(own)), np.zeros(len(drawn))]
    shares = np.r_[np.full(len(own), 0.5 / len(own)), np.full(len(drawn), 0.5 / len(drawn))]

    def loss(values: Floats) -> tuple[float, Floats]:
        logits = faces @ values[:-1] + values[-1]
        losses = np.logaddexp(0, logits) - is_own * logits
        gap = shares * (_sigmoid(logits) - is_own)
        decayed = GATE_DECAY * values[:-1]
        total = shares @ losses + decayed @ values[:-1] / 2
        return float(total), np.append(faces.T @ gap + decayed, gap.sum())

    start = np.zeros(faces.shape[1] + 1)
    found = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 100})
    return np.asarray(STEEPNESS * found.x)


def _unpacked(values: Floats) -> tuple[Floats, Floats]:
    return values[:-NUM_EMOTIONS].reshape(-1, NUM_EMOTIONS), values[-NUM_EMOTIONS:]


def _sigmoid(logits: Floats) -> Floats:
    return np.asarray(0.5 * (1 + np.tanh(logits / 2)))
