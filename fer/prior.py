"""How common each expression is assumed to be, and what that does to a model's probabilities.

A network learns from its training faces also how common each expression was among them. Where
other faces are read, that share can be replaced by another one, the prior, without any training
(Saerens et al. 2002, doi 10.1162/089976602753284446):

>>> balanced = parse("balanced")
>>> adjusted(probabilities, balanced.shares, training_shares)
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from fer.emotions import EMOTIONS, NUM_EMOTIONS, index_of
from fer.errors import BadDataset, BadPrior

BALANCED, TRAINING, MIXED = "balanced", "training", "mixed"

Shares: TypeAlias = tuple[float, ...]
"""Seven numbers in the order of `EMOTIONS` that sum to 1."""

_EVEN: Shares = (1 / NUM_EMOTIONS,) * NUM_EMOTIONS
_ROUNDING = 1e-3
_LEAST = 1e-12


@dataclass(frozen=True, slots=True)
class Prior:
    """A name with the share of each expression. `shares` is None where the name alone is known, as
    of `training` before a model's card is asked. `note`: what was changed about the shares given.

    Raises `BadPrior` for what are no shares.
    """

    name: str
    shares: Shares | None = None
    note: str | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        if self.shares is not None:
            object.__setattr__(self, "shares", checked_shares(self.shares))


PriorLike: TypeAlias = Prior | str | Mapping[str, float] | Sequence[float]
"""A prior, its name, `NAME=SHARE,…`, shares by emotion, or seven shares in their order."""


def parse(value: PriorLike) -> Prior:
    """The prior that a text, a mapping or seven numbers stand for; a name is looked up by
    `ModelCard.prior`. Shares that do not sum to 1 are divided by their sum, and `note` says so.

    Raises `BadPrior` with what is expected instead.
    """
    if isinstance(value, Prior):
        return value
    if isinstance(value, str):
        if "=" not in value:
            name = value.strip()
            return Prior(name, _EVEN if name == BALANCED else None)
        value = _pairs(value)
    return _of_shares(_in_order(value) if isinstance(value, Mapping) else value)


def checked_shares(values: object, what: str = "a prior") -> Shares:
    """Seven shares that sum to 1 but for rounding. Raises `BadPrior`."""
    shares = _numbers(values, what)
    total = sum(shares)
    if abs(total - 1) > _ROUNDING:
        raise BadPrior(f"{what} has shares that sum to 1; these sum to {total:.4g}.")
    return tuple(share / total for share in shares)


def powered(shares: Shares, exponent: float) -> Shares:
    """Shares proportional to a power of `shares`: 1 leaves them, 0 makes those above 0 even."""
    powers = [share**exponent if share > 0 else 0.0 for share in shares]
    return tuple(power / sum(powers) for power in powers)


def adjusted(
    probabilities: NDArray[np.floating], prior_shares: Shares, assumed_shares: Shares
) -> NDArray[np.float32]:
    """Probabilities (N, 7) as they would be if the expressions were as common as `prior_shares`
    instead of `assumed_shares`: p · prior / assumed, normalised, float32 (N, 7).

    An emotion that is not assumed at all stays at 0. For training with such a prior built into the
    loss see Menon et al. 2021, arXiv 2007.07314.
    """
    assumed, wanted = np.array(assumed_shares), np.array(prior_shares)
    ratio = np.divide(wanted, assumed, out=np.zeros_like(assumed), where=assumed > 0)
    products = np.maximum(probabilities.astype(np.float64), _LEAST) * ratio
    return np.asarray(products / products.sum(axis=1, keepdims=True), np.float32)


def _of_shares(values: Sequence[float]) -> Prior:
    shares = _numbers(values, "a prior")
    total = sum(shares)
    shares = tuple(share / total for share in shares)
    note = None
    if abs(total - 1) > _ROUNDING:
        note = f"The shares of the prior sum to {total:.4g}, not to 1; each was divided by that."
    name = ",".join(
        f"{emotion}={share:.4g}" for emotion, share in zip(EMOTIONS, shares, strict=True)
    )
    return Prior(name, shares, note)


def _numbers(values: object, what: str) -> Shares:
    """Seven finite numbers, none below 0 and not all 0."""
    is_list = isinstance(values, Sequence | np.ndarray) and not isinstance(values, str)
    numbers = list(values) if is_list else []  # type: ignore[call-overload]
    if len(numbers) != NUM_EMOTIONS:
        number = len(numbers) if is_list else values
        raise BadPrior(f"{what} has seven shares, one for each of {_NAMES}; got {number!r}.")
    for emotion, share in zip(EMOTIONS, numbers, strict=True):
        is_number = isinstance(share, int | float | np.number) and not isinstance(share, bool)
        if not is_number or not math.isfinite(share) or share < 0:
            raise BadPrior(f"the share of {emotion} in {what} is {share}; expected 0 or more.")
    if sum(numbers) <= 0:
        raise BadPrior(f"all shares of {what} are 0; at least one must be larger.")
    return tuple(map(float, numbers))


def _pairs(text: str) -> dict[str, float]:
    """``angry=0.1,happy=0.4,…`` as a mapping."""
    pairs: dict[str, float] = {}
    for part in text.split(","):
        name, _, share = part.partition("=")
        try:
            number = float(share)
        except ValueError:
            raise BadPrior(
                f"{part.strip()!r} is not a share of a prior; write NAME=SHARE, such as happy=0.3."
            ) from None
        if name.strip() in pairs:
            raise BadPrior(f"the prior names {name.strip()} twice.")
        pairs[name.strip()] = number
    return pairs


def _in_order(shares: Mapping[str, float]) -> list[float]:
    """The shares of a mapping in the order of `EMOTIONS`."""
    by_index: dict[int, float] = {}
    for name, share in shares.items():
        try:
            index = index_of(str(name))
        except BadDataset as error:
            raise BadPrior(str(error)) from None
        if index in by_index:
            raise BadPrior(f"the prior names {EMOTIONS[index]} twice.")
        by_index[index] = share
    missing = [emotion for index, emotion in enumerate(EMOTIONS) if index not in by_index]
    if missing:
        raise BadPrior(
            f"a prior has seven shares, one for each emotion; missing: {', '.join(missing)}."
        )
    return [by_index[index] for index in range(NUM_EMOTIONS)]


_NAMES = ", ".join(EMOTIONS)
