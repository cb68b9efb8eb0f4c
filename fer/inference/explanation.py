"""Why a network made its prediction for one face, and whether the explanation is meaningful.

>>> explained = explain(registry.load(), pixels)
>>> explained.emotion, explained.occlusion.deletion.num_beaten
('happy', 20)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from fer.emotions import EMOTIONS
from fer.engine import Model
from fer.errors import BadModel
from fer.geometry import read_only
from fer.inference.activation import class_activation
from fer.results import Prediction

GRID = 12
"""Grid cells across and down at which a face is covered: every 4 pixels of a 48-pixel input."""

PATCH = 0.25
"""Side of the covering patch as a share of the input's side: 12 pixels of 48."""

STEPS = 12
ORDERS = 20
NEEDED = 19
"""Random orders of `ORDERS` that a map must beat to be meaningful."""

_COARSENESS = 6
_VALUES_A_CALL = 1 << 22
_SEED = 0

Pixels = NDArray[np.uint8]
Cover = Callable[[int], Pixels]


@dataclass(frozen=True, slots=True, eq=False)
class Deletion:
    """Whether a map shows what the prediction depends on (Petsiuk et al. 2018, RISE).

    The face is covered cell by cell, those that the map rates highest first: `remaining` float32
    (STEPS + 1,) is the emotion's probability after each step. `by_chance` (ORDERS, STEPS + 1) holds
    the same for seeded random maps, which are as coarse as real ones.
    """

    remaining: NDArray[np.float32]
    by_chance: NDArray[np.float32]

    def __post_init__(self) -> None:
        if self.by_chance.shape[1:] != self.remaining.shape:
            raise ValueError(
                f"curves by chance have shape {self.by_chance.shape}; expected "
                f"(N, {len(self.remaining)})"
            )
        object.__setattr__(self, "remaining", read_only(self.remaining))
        object.__setattr__(self, "by_chance", read_only(self.by_chance))

    @property
    def area(self) -> float:
        """Area under `remaining`, between 0 and 1: the smaller, the better the map."""
        return float(_areas(self.remaining[None])[0])

    @property
    def area_by_chance(self) -> float:
        """Mean area of the random maps."""
        return float(_areas(self.by_chance).mean())

    @property
    def num_beaten(self) -> int:
        """Number of random maps with a larger area."""
        return int((_areas(self.by_chance) > self.area).sum())

    @property
    def means_something(self) -> bool:
        """Whether the map is better than at least 19 of 20 random ones."""
        return self.num_beaten * ORDERS >= NEEDED * len(self.by_chance)


@dataclass(frozen=True, slots=True, eq=False)
class HeatMap:
    """Evidence for an emotion (above 0) and against it (below), over the whole input.

    `values` float32 (rows, columns).
    """

    values: NDArray[np.float32]
    deletion: Deletion

    def __post_init__(self) -> None:
        if self.values.ndim != 2 or not np.isfinite(self.values).all():
            raise ValueError(f"a map is finite, of rows and columns; got {self.values.shape}")
        object.__setattr__(self, "values", read_only(self.values))


@dataclass(frozen=True, slots=True, eq=False)
class Explanation:
    """The explanation of one prediction: `pixels` uint8 (H, W, C) are exactly what the network saw.

    `occlusion` holds by how much the emotion's log odds fall where a patch covers the face (Zeiler
    and Fergus 2014); `activation` the class activation map, None for networks without.
    """

    pixels: Pixels
    prediction: Prediction
    emotion: str
    occlusion: HeatMap
    activation: HeatMap | None

    def __post_init__(self) -> None:
        object.__setattr__(self, "pixels", read_only(self.pixels))

    @property
    def probability(self) -> float:
        """Of the explained emotion, with nothing covered."""
        return self.prediction.as_dict()[self.emotion]

    @property
    def least_probability(self) -> float:
        """Of the explained emotion, with the patch where it matters most."""
        odds = float(_log_odds(np.float32(self.probability)) - self.occlusion.values.max())
        return 1 / (1 + float(np.exp(-odds)))


def explain(
    model: Model, pixels: Pixels, emotion: str | None = None, engine: bytes | None = None
) -> Explanation:
    """Explains a model's prediction for one network input, uint8 (H, W, C): the likeliest emotion
    or another one. `engine`: the bytes of the engine file of a model that is not in the registry.

    Raises `BadModel` where the model takes other inputs or does not return probabilities.
    """
    if pixels.shape != model.card.input.shape or pixels.dtype != np.uint8:
        raise BadModel(
            f"the model {model.card.name!r} takes inputs of {model.card.input.shape} pixels; "
            f"this face has {pixels.shape}. Analyse it again."
        )
    probabilities = model.probabilities(pixels[None])[0]
    prediction = Prediction(
        probabilities, uncertain=float(probabilities.max()) < model.uncertain_below
    )
    emotion = emotion or prediction.label
    index = EMOTIONS.index(emotion)
    maps = [_occlusion(model, pixels, index, probabilities[index])]
    activation = class_activation(model, pixels, index, engine)
    if activation is not None:
        maps.append(activation)
    heat_maps = [
        HeatMap(values, deletion)
        for values, deletion in zip(maps, _deletions(model, pixels, index, maps), strict=True)
    ]
    return Explanation(
        pixels, prediction, emotion, heat_maps[0], heat_maps[1] if activation is not None else None
    )


def _occlusion(
    model: Model, pixels: Pixels, emotion: int, before: np.float32
) -> NDArray[np.float32]:
    """Fall of an emotion's log odds (GRID, GRID) with a patch of the face's mean colour centred on
    each cell; at the border only the part inside covers."""
    height, width = pixels.shape[:2]
    fill = _mean_colour(pixels)
    half_height, half_width = height * PATCH / 2, width * PATCH / 2

    def covered(number: int) -> Pixels:
        row, column = divmod(number, GRID)
        y, x = (row + 0.5) * height / GRID, (column + 0.5) * width / GRID
        top, left = max(0, round(y - half_height)), max(0, round(x - half_width))
        changed = pixels.copy()
        changed[top : round(y + half_height), left : round(x + half_width)] = fill
        return changed

    after = _probabilities(model, GRID * GRID, covered, pixels.size)[:, emotion]
    return np.asarray(_log_odds(before) - _log_odds(after), np.float32).reshape(GRID, GRID)


def _deletions(
    model: Model, pixels: Pixels, emotion: int, maps: Sequence[NDArray[np.float32]]
) -> list[Deletion]:
    """The deletion score of each map, all against the same random maps."""
    random = np.random.default_rng(_SEED)
    by_chance = [
        random.normal(size=(_COARSENESS, _COARSENESS)).astype(np.float32) for _ in range(ORDERS)
    ]
    ranks = [_ranks(values) for values in (*maps, *by_chance)]
    fill, a_step = _mean_colour(pixels), GRID * GRID // STEPS

    def covered(number: int) -> Pixels:
        order, step = divmod(number, STEPS + 1)
        height, width = pixels.shape[:2]
        mask = (ranks[order] < step * a_step).astype(np.uint8)
        mask = cv2.resize(mask, (width, height), interpolation=cv2.INTER_NEAREST)
        return np.where(mask[:, :, None] > 0, fill, pixels).astype(np.uint8)

    probabilities = _probabilities(model, len(ranks) * (STEPS + 1), covered, pixels.size)
    curves = probabilities[:, emotion].reshape(len(ranks), STEPS + 1)
    chance = curves[len(maps) :]
    return [Deletion(curve, chance) for curve in curves[: len(maps)]]


def _ranks(values: NDArray[np.float32]) -> NDArray[np.int64]:
    """Rank of each cell (GRID, GRID) in the order of covering, from 0: highest values first."""
    cells = values
    if values.shape != (GRID, GRID):
        cells = np.asarray(cv2.resize(values, (GRID, GRID), interpolation=cv2.INTER_CUBIC))
    order = np.argsort(-cells.ravel(), kind="stable")
    ranks = np.empty(GRID * GRID, np.int64)
    ranks[order] = np.arange(GRID * GRID)
    return ranks.reshape(GRID, GRID)


def _probabilities(model: Model, number: int, picture: Cover, size: int) -> NDArray[np.float32]:
    """Probabilities (number, 7) of images made on demand, as many at once as memory allows."""
    at_once = max(1, _VALUES_A_CALL // size)
    return np.concatenate(
        [
            model.probabilities(
                np.stack([picture(index) for index in range(start, min(number, start + at_once))])
            )
            for start in range(0, number, at_once)
        ]
    )


def _log_odds(probability: NDArray[np.float32] | np.float32) -> NDArray[np.float64]:
    p = np.clip(np.asarray(probability, np.float64), 1e-6, 1 - 1e-6)
    return np.asarray(np.log(p / (1 - p)))


def _mean_colour(pixels: Pixels) -> NDArray[np.uint8]:
    """(C,)"""
    return np.asarray(pixels.mean(axis=(0, 1)).round(), np.uint8)


def _areas(curves: NDArray[np.float32]) -> NDArray[np.float64]:
    """Area (N,) under each curve (N, S) over the covered share from 0 to 1."""
    return np.asarray(np.trapezoid(curves, dx=1 / (curves.shape[1] - 1), axis=1), np.float64)
