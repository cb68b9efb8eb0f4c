"""The command `models`: the published models."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from fer import registry
from fer.cli.output import DONE, SOME_FAILED, input_size, print_table
from fer.errors import BadModel
from fer.model_card import ModelCard


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "models",
        help="list the published models",
        epilog="example: python -m fer models --json",
    )
    parser.add_argument("--json", action="store_true", help="the whole cards")
    parser.set_defaults(command=_models)


def _models(options: argparse.Namespace) -> int:
    cards: dict[str, ModelCard] = {}
    broken: dict[str, str] = {}
    for name in registry.names():
        try:
            cards[name] = registry.card(name)
        except BadModel as error:
            broken[name] = str(error)
    active = registry.active()
    if options.json:
        rows: list[dict[str, Any]] = [
            {**registry.card_dict(card), "active": name == active} for name, card in cards.items()
        ]
        rows += [{"name": name, "error": reason} for name, reason in broken.items()]
        print(json.dumps(rows))
    elif cards:
        print_table(
            [
                *("name", "network", "input", "question"),
                *("accuracy", "prior", "faces", "parameters", "created"),
            ],
            [_model_row(card, name == active) for name, card in cards.items()],
        )
    else:
        print("There are no models yet.")
    for reason in broken.values():
        print(f"fer: {reason}", file=sys.stderr)
    return SOME_FAILED if broken else DONE


def _model_row(card: ModelCard, is_active: bool) -> list[str]:
    figures = card.figures(card.default_prior)
    return [
        card.name + (" (active)" if is_active else ""),
        card.network,
        input_size(card.input.as_dict()),
        card.question,
        "–" if figures.accuracy is None else f"{figures.accuracy:.1%}",
        card.default_prior,
        "–" if figures.n is None else str(figures.n),
        f"{card.parameters:,}",
        card.created[:10],
    ]
