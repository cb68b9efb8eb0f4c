"""How far a training run is, which epoch was best, and when its rate comes down on a plateau."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass

_PLATEAU_EPOCHS = 3
_PLATEAU_FACTOR = 0.3
_LEAST_GAIN = 1e-4


@dataclass(slots=True)
class Progress:
    """How far a run is; with the variables it is all that resuming needs.

    `epoch` counts finished epochs, `batch` the batches of the present one; `loss_sum`, `hits` and
    `seen` are sums over its faces so far.
    """

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

    def note(self, accuracy: float, loss: float) -> None:
        """Takes in the present epoch's validation: the best has the highest accuracy, then the
        least loss; three epochs without a smaller loss bring `plateau_factor` down."""
        if (accuracy, -loss) > (self.best_accuracy, -self.best_loss):
            self.best_epoch = self.epoch + 1
            self.best_accuracy, self.best_loss = accuracy, loss
        self.plateau_epochs += 1
        if loss < self.plateau_loss - _LEAST_GAIN:
            self.plateau_loss, self.plateau_epochs = loss, 0
        elif self.plateau_epochs >= _PLATEAU_EPOCHS:
            self.plateau_factor *= _PLATEAU_FACTOR
            self.plateau_epochs = 0

    def next_epoch(self) -> Progress:
        """The beginning of the following epoch."""
        return dataclasses.replace(
            self, epoch=self.epoch + 1, batch=0, seconds=0.0, loss_sum=0.0, hits=0, seen=0
        )


class LossTrace:
    """The loss by batch as fewer than `MOST_POINTS` points: (epochs done, mean loss of the batches
    since the point before). When they are full, neighbours become one."""

    MOST_POINTS = 120

    def __init__(self) -> None:
        self.points: tuple[tuple[float, float], ...] = ()
        self._batches_a_point = 1
        self._pending: list[float] = []
        self._loss_sum, self._seen = 0.0, 0

    def begin_epoch(self, progress: Progress) -> None:
        self._loss_sum, self._seen = progress.loss_sum, progress.seen

    def add(self, progress: Progress, share: float) -> None:
        """Another batch was learned from, which ends after that share of its epoch."""
        faces = max(1, progress.seen - self._seen)
        self._pending.append((progress.loss_sum - self._loss_sum) / faces)
        self._loss_sum, self._seen = progress.loss_sum, progress.seen
        if len(self._pending) < self._batches_a_point:
            return
        mean = sum(self._pending) / len(self._pending)
        self._pending.clear()
        self.points += ((round(progress.epoch + share, 4), round(mean, 5)),)
        if len(self.points) >= self.MOST_POINTS:
            pairs = zip(self.points[::2], self.points[1::2], strict=True)
            self.points = tuple((end, (a + b) / 2) for (_, a), (end, b) in pairs)
            self._batches_a_point *= 2
