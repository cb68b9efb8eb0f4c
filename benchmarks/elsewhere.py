"""How a model does on labelled faces that are not from its training data, under each prior.

    python -m benchmarks.elsewhere crowd faces.parquet [crowd-elsewhere.json]

The table has a row a picture: `source` (the name of a set), `label` (an emotion's name) and `png`
(the picture's file). Each set is read in two ways: the largest face that the product's detector
finds, cut as the product cuts it (the whole picture where it finds none), and the whole picture.
The JSON file is what `python -m fer card --elsewhere` takes.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fer import images, metrics, registry
from fer.emotions import EMOTIONS, index_of
from fer.engine import Model
from fer.geometry import Image
from fer.inference import cropping
from fer.inference.detection import largest_face
from fer.results import Face

CUTS: dict[str, Callable[[Image], Face | None]] = {
    "as the product cuts": largest_face,
    "whole picture": lambda _: None,
}


def main(name: str, path: str, target: str | None = None) -> None:
    model = registry.load(name)
    table = pd.read_parquet(path)
    print(f"| set | cut | prior | accuracy | balanced accuracy | {' | '.join(EMOTIONS)} |")
    print("|" + "---|" * (5 + len(EMOTIONS)))
    rows = [row for source, part in table.groupby("source") for row in _rows(model, source, part)]
    for row in rows:
        recalls = (row["recalls"].get(emotion) for emotion in EMOTIONS)
        cells = ("–" if recall is None else f"{recall:.0%}" for recall in recalls)
        print(
            f"| {row['name']} ({row['n']}) | {row['cut']} | {row['prior']} | {row['accuracy']:.1%} "
            f"| {row['balanced_accuracy']:.1%} | {' | '.join(cells)} |"
        )
    if target:
        Path(target).write_text(json.dumps(rows, indent=1) + "\n", "utf-8")


def _rows(model: Model, source: object, part: pd.DataFrame) -> list[dict[str, Any]]:
    """The figures of one set: a row a cut and prior."""
    true = np.array([index_of(label) for label in part["label"]])
    rows = []
    for cut, face_of in CUTS.items():
        pixels = cut_faces(model, part, face_of)
        for prior in model.card.prior_names:
            predicted = model.with_prior(prior).probabilities(pixels).argmax(axis=1)
            figures = _figures(predicted, true)
            rows.append(
                {"name": str(source), "n": len(true), "cut": cut, "prior": prior, **figures}
            )
    return rows


def cut_faces(
    model: Model, part: pd.DataFrame, face_of: Callable[[Image], Face | None]
) -> NDArray[np.uint8]:
    """The model's inputs (N, H, W, C) for the pictures of a table."""
    pictures = [images.decode(png) for png in part["png"]]
    return np.concatenate(
        [
            cropping.model_input(
                picture, [face_of(picture) or cropping.whole_face(picture)], model.card.input
            )
            for picture in pictures
        ]
    )


def _figures(predicted: NDArray[np.int64], true: NDArray[np.int64]) -> dict[str, Any]:
    scores = metrics.class_scores(predicted, true)
    recalls = dict(zip(EMOTIONS, scores.recall, strict=True))
    return {
        "accuracy": round(metrics.accuracy(predicted, true), 4),
        "balanced_accuracy": round(float(np.nanmean(scores.recall)), 4),
        "recalls": {
            emotion: round(float(recall), 4)
            for emotion, recall in recalls.items()
            if np.isfinite(recall)
        },
    }


if __name__ == "__main__":
    main(*sys.argv[1:])
