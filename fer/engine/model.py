"""An open model: its card, its engine and the prior it predicts with."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from fer.emotions import NUM_EMOTIONS
from fer.engine import limited
from fer.errors import BadModel, BadSettings
from fer.metrics import with_temperature
from fer.model_card import ModelCard
from fer.prior import Prior, PriorLike, adjusted

BATCH = 64
"""Faces that an engine is given at once; fewer where a model's input is larger than 48×48."""
_PIXELS_A_BATCH = BATCH * 48 * 48
PASSES = (1, 2)
"""How often the network is asked about a face; twice is about its mirror image too."""

_ROUNDING = 1e-2


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """A loaded model folder, the prior it predicts with, and its number of passes. Its one ONNX
    Runtime session is called from any thread, unlocked. Equal models give equal predictions."""

    card: ModelCard
    session: onnxruntime.InferenceSession
    prior: Prior
    passes: int = field(default=1, kw_only=True)

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Model)
            and self.card is other.card
            and self.session is other.session
            and self.prior == other.prior
            and self.passes == other.passes
        )

    def __hash__(self) -> int:
        return hash((id(self.card), id(self.session), self.prior, self.passes))

    @property
    def uncertain_below(self) -> float:
        """The confidence under which a prediction is unsure."""
        return self.card.uncertain_below_under(self.prior)

    def with_prior(self, prior: PriorLike | None) -> Model:
        """The same model with another prior: a name, shares, or None for the card's default.

        Raises `BadPrior` for one that this model cannot use.
        """
        return dataclasses.replace(self, prior=self.card.prior(prior))

    def with_passes(self, passes: int) -> Model:
        """The same model with 2 passes, which average the outputs for a face and for its mirror
        image, or with 1. Raises `BadSettings` for another number."""
        if passes not in PASSES:
            raise BadSettings(f"a face is read in 1 pass or 2; got {passes!r}.")
        return dataclasses.replace(self, passes=passes)

    def probabilities(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Float32 (N, 7) after temperature and prior for uint8 (N, height, width, channels).

        Raises `BadModel` if the outputs of the network are not probabilities.
        """
        if len(pixels) == 0:
            return np.empty((0, NUM_EMOTIONS), np.float32)
        at_once = most_at_once(*pixels.shape[1:3])
        starts = range(0, len(pixels), at_once)
        batches = [self._averaged(pixels[start : start + at_once]) for start in starts]
        if not all(map(_are_probabilities, batches)):
            raise BadModel(
                f"the model {self.card.name!r} does not return seven finite probabilities for each "
                "face. Choose another model."
            )
        tempered = with_temperature(np.concatenate(batches), self.card.temperature)
        shares, assumed = self.prior.shares, self.card.assumed_shares
        if shares is None or assumed is None or shares == assumed:
            return tempered
        return adjusted(tempered, shares, assumed)

    def _averaged(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """The mean (N, 7) of the outputs of all passes."""
        outputs = self._outputs(pixels)
        if self.passes == 1:
            return outputs
        return np.asarray((outputs + self._outputs(pixels[:, :, ::-1])) / 2, np.float32)

    def _outputs(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """What the network gives for a batch, (N, 7). Raises `BadModel` where it fails."""
        try:
            outputs = limited.first_output(self.session, pixels.astype(np.float32))
        except Exception as error:  # noqa: BLE001 - the engine raises types of its own
            raise BadModel(
                f"the model {self.card.name!r} fails on {len(pixels)} faces: {first_line(error)}."
            ) from None
        if outputs.shape != (len(pixels), NUM_EMOTIONS):
            raise BadModel(
                f"the model {self.card.name!r} does not return seven finite probabilities for each "
                "face. Choose another model."
            )
        return outputs  # type: ignore[no-any-return]


def first_line(error: Exception) -> str:
    """What an engine says went wrong, shortened."""
    return str(error).split("\n")[0][:160].rstrip(".")


def most_at_once(height: int, width: int) -> int:
    """How many faces of a size an engine is given in one call."""
    return max(1, min(BATCH, _PIXELS_A_BATCH // (height * width)))


def _are_probabilities(rows: NDArray[np.float32]) -> bool:
    """Whether rows (N, 7) are finite, not negative and sum to 1, but for rounding."""
    sums = rows.sum(axis=1)  # NaN if a number of the row is
    return bool((rows >= -_ROUNDING).all() and (np.abs(sums - 1) <= _ROUNDING).all())
