"""Which prior serves FER2013 and faces from elsewhere alike: the rule behind `mixed`.

    python -m benchmarks.prior crowd faces.parquet --data fer2013.csv [--votes PATH]

`faces.parquet` is as in `benchmarks.elsewhere`, with the sources `wild` and `posed`. The rule:
among priors of seven shares, the one with the largest smallest margin over three floors, which are
the accuracy on FER2013's validation faces (the crowd's majority), the balanced accuracy on wild
faces as the product cuts them, and the accuracy on whole posed pictures. Seven shares that are
fitted to a few thousand faces fit some of them by chance, so the rule is also applied to halves and
measured on the others.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.elsewhere import CUTS, cut_faces
from fer import metrics, registry
from fer.data import selection
from fer.emotions import EMOTIONS, NUM_EMOTIONS, index_of
from fer.engine import Model
from fer.prior import BALANCED, TRAINING

FLOORS = 0.82, 0.56, 0.84
_STEPS, _STARTS = 1500, 60
_SPLITS, _STARTS_OF_HALVES = 4, 5
_ORDERLINESS = 0.0005
"""What a unit of variance of the log shares costs: between equals, the more even prior."""


@dataclass(frozen=True, slots=True, eq=False)
class Faces:
    """The model's answers (N, 7) under even shares and the true emotion (N,)."""

    name: str
    probabilities: NDArray[np.float64]
    true: NDArray[np.int64]
    balanced: bool

    def score(self, log_shares: NDArray[np.float64]) -> tuple[float, float]:
        """Accuracy and balanced accuracy."""
        predicted = (self.probabilities * np.exp(log_shares)).argmax(axis=1)
        cells = np.bincount(NUM_EMOTIONS * self.true + predicted, minlength=NUM_EMOTIONS**2)
        confusion = cells.reshape(NUM_EMOTIONS, NUM_EMOTIONS)
        hits, support = confusion.diagonal(), confusion.sum(axis=1)
        return hits.sum() / support.sum(), float((hits[support > 0] / support[support > 0]).mean())

    def half(self, random: np.random.Generator) -> tuple[Faces, Faces]:
        """Two halves with as many faces of each emotion."""
        order = random.permutation(len(self.true))
        order = order[np.argsort(self.true[order], kind="stable")]
        return tuple(  # type: ignore[return-value]
            Faces(self.name, self.probabilities[rows], self.true[rows], self.balanced)
            for rows in (order[::2], order[1::2])
        )


def main(name: str, path: str, data: str, votes: str | None) -> None:
    model = registry.load(name, BALANCED)
    sets = [_validation(model, data, votes), *_elsewhere(model, pd.read_parquet(path))]
    shares = fitted(sets, _STARTS)
    training = np.array(model.card.prior(TRAINING).shares)
    print("| prior | " + " | ".join(faces.name for faces in sets) + " |")
    print("|" + "---|" * (1 + len(sets)))
    for title, values in (("training", training), ("balanced", np.ones(7)), ("the rule's", shares)):
        print(_row(title, [faces.score(np.log(values)) for faces in sets]))
    print(_row("the rule's, on halves that it did not see", _held_out(sets)))
    print(",".join(f"{emotion}={s:.3f}" for emotion, s in zip(EMOTIONS, shares, strict=True)))


def fitted(sets: Sequence[Faces], starts: int) -> NDArray[np.float64]:
    """The shares (7,), in thousandths, that the rule gives: the best of some random searches."""
    found = [_searched(sets, np.random.default_rng(seed)) for seed in range(starts)]
    return max(found, key=lambda shares: _margin(sets, np.log(shares)))


def _searched(sets: Sequence[Faces], random: np.random.Generator) -> NDArray[np.float64]:
    best = random.normal(0, 0.2, NUM_EMOTIONS)
    best_margin = _margin(sets, best)
    for step in range(_STEPS):
        width = 0.3 * (1 - step / _STEPS) + 0.02
        tried = best + random.normal(0, width, NUM_EMOTIONS) * (random.random(NUM_EMOTIONS) < 0.4)
        margin = _margin(sets, tried)
        if margin >= best_margin:
            best, best_margin = tried, margin
    shares = np.exp(best)
    return np.asarray(np.maximum(np.round(shares / shares.sum(), 3), 0.001))


def _margin(sets: Sequence[Faces], log_shares: NDArray[np.float64]) -> float:
    margins = [
        faces.score(log_shares)[faces.balanced] - floor
        for faces, floor in zip(sets, FLOORS, strict=True)
    ]
    return min(margins) - _ORDERLINESS * float(np.var(log_shares))


def _held_out(sets: Sequence[Faces]) -> list[tuple[float, float]]:
    scores = []
    for seed in range(_SPLITS):
        halves = [faces.half(np.random.default_rng(seed)) for faces in sets]
        for seen in (0, 1):
            shares = np.log(fitted([pair[seen] for pair in halves], _STARTS_OF_HALVES))
            scores.append([pair[1 - seen].score(shares) for pair in halves])
    return [(a, b) for a, b in np.mean(scores, axis=0)]


def _row(title: str, scores: Sequence[tuple[float, float]]) -> str:
    cells = " | ".join(f"{100 * a:.1f} / {100 * b:.1f}" for a, b in scores)
    return f"| {title} | {cells} |"


def _validation(model: Model, path: str, votes: str | None) -> Faces:
    data = selection.prepared(path, votes, "crowd").split("validation")
    true = selection.truth(data, "crowd")
    rows = np.flatnonzero(true != metrics.TIED)
    probabilities = model.probabilities(data.inputs(model.card.input)[rows])
    return Faces("FER+ majority", probabilities.astype(np.float64), true[rows], balanced=False)


def _elsewhere(model: Model, table: pd.DataFrame) -> list[Faces]:
    sets = []
    for source, cut in (("wild", "as the product cuts"), ("posed", "whole picture")):
        part = table[table["source"] == source]
        true = np.array([index_of(label) for label in part["label"]])
        probabilities = model.probabilities(cut_faces(model, part, CUTS[cut]))
        is_wild = source == "wild"
        sets.append(Faces(f"{source}, {cut}", probabilities.astype(np.float64), true, is_wild))
    return sets


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m benchmarks.prior")
    parser.add_argument("model")
    parser.add_argument("faces")
    parser.add_argument("--data", required=True)
    parser.add_argument("--votes")
    options = parser.parse_args()
    main(options.model, options.faces, options.data, options.votes)
