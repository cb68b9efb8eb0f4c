"""Measures the validation figures of a published model again and writes them into its card.

    python -m benchmarks.card crowd fer2013.parquet
    python -m fer robustness --model crowd --data fer2013.parquet --card --json worse.json
    python -m benchmarks.card crowd fer2013.parquet --robustness worse.json

For the figures that cards have learned to hold since a model was published. The model's files,
temperature and everything else in the card stay as they are. The faces must be those that the card
names; `--robustness` adds the table of the model that `fer robustness` measured.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any

from fer import metrics, registry
from fer.data import loading, selection
from fer.errors import BadDataset, FerError


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.card")
    parser.add_argument("model")
    parser.add_argument("data")
    parser.add_argument("--votes", help="FER+ votes, if they are not found beside the data")
    parser.add_argument("--robustness", type=Path, metavar="FILE")
    options = parser.parse_args()
    try:
        found = figures(options.model, options.data, options.votes)
        if options.robustness:
            measured = json.loads(options.robustness.read_text("utf-8"))
            found["robustness"] = measured["models"][options.model]["card"]
    except FerError as error:
        print(error, file=sys.stderr)
        return 2
    rewrite(options.model, found)
    return 0


def figures(name: str, path: str, votes: str | None = None) -> dict[str, Any]:
    """What `metrics.card_summary` says of a model on the validation faces of its data set."""
    model = registry.load(name)
    card = model.card
    data = loading.load(path, votes)
    if data.hash != card.data.get("hash"):
        raise BadDataset(f"{data.name} is not the data that the card of {name!r} names.")
    faces = selection.answerable(data, card.question).split("validation")
    if len(faces) != card.data.get("validation"):
        raise BadDataset(
            f"{data.name} has {len(faces):,} validation faces; the card of {name!r} is of "
            f"{card.data.get('validation')}."
        )
    return metrics.card_summary(
        model.probabilities(faces.inputs(card.input)),
        selection.truth(faces, card.question),
        selection.targets(faces, card.question) if card.question == "crowd" else None,
        metrics.halves(faces.picture_hashes()),
    )


def rewrite(name: str, changes: dict[str, Any]) -> None:
    """Replaces the card whole, with `changes` in its metrics, and prints what became different."""
    path = registry.folder() / name / "card.json"
    card = json.loads(path.read_text("utf-8"))
    for key, value in changes.items():
        if card["metrics"].get(key) != value:
            print(f"{key}: {card['metrics'].get(key)} -> {value}")
    card["metrics"] |= changes
    temporary = path.with_name(".card.json")
    temporary.write_text(json.dumps(card, indent=2) + "\n", "utf-8")
    os.replace(temporary, path)


if __name__ == "__main__":
    sys.exit(main())
