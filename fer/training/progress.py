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
