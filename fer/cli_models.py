"""Commands about networks and models: `networks`, `models`, `export`, `average` and `quantize`."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from pathlib import Path
from typing import Any

from fer import registry
from fer.cli_output import print_table
from fer.errors import BadModel
from fer.training import catalogue
from fer.training.settings import TrainSettings
from fer.training.settings import from_dict as settings_from
from fer.values import ModelCard

DONE, SOME_FAILED = 0, 1
FORMATS = ("keras", "h5", "onnx", "tflite")


def add_parsers(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    networks = commands.add_parser(
        "networks",
        help="list the networks that can be trained",
        epilog="example: python -m fer networks --network mobilenet_v2 --freeze 20 --json",
    )
    networks.add_argument("--json", action="store_true", help="everything, with the layer tables")
    networks.add_argument("--network", metavar="NAME", help="this one alone, with its layers")
    networks.add_argument("--size", type=int, metavar="PIXELS", help="side of the input")
    networks.add_argument("--channels", type=int, choices=(1, 3), help="1 grey, 3 RGB")
    networks.add_argument(
        "--freeze", default="none", metavar="all|N|none", help="as in `train`, for the table"
    )
    networks.set_defaults(command=_networks)

    models = commands.add_parser(
        "models",
        help="list the published models",
        epilog="example: python -m fer models --json",
    )
    models.add_argument("--json", action="store_true", help="the whole cards")
    models.set_defaults(command=_models)

    export = commands.add_parser(
        "export",
        help="write a model in another format",
        epilog="example: python -m fer export --model crowd --format tflite --out downloads",
    )
    export.add_argument("--model", required=True, metavar="NAME")
    export.add_argument("--format", required=True, choices=FORMATS)
    export.add_argument("--out", required=True, type=Path, metavar="DIR")
    export.add_argument("--json", action="store_true", help="print the figures as a record")
    export.set_defaults(command=_export)

    average = commands.add_parser(
        "average",
        help="average the weights of models that were trained on from the same ones",
        epilog="example: python -m fer average --model one,two --data fer2013.csv --name both",
    )
    _add_making_flags(average, "NAME,NAME")
    average.set_defaults(command=_average)

    quantize = commands.add_parser(
        "quantize",
        help="make a model smaller and faster: its convolutions in eight bits",
        epilog="example: python -m fer quantize --model mine --data fer2013.csv --name mine-small",
    )
    _add_making_flags(quantize, "NAME")
    quantize.set_defaults(command=_quantize)


def _add_making_flags(parser: argparse.ArgumentParser, models: str) -> None:
    """What a command needs that makes a model of others; `models` stands for these in its help."""
    parser.add_argument("--model", required=True, metavar=models)
    parser.add_argument("--data", required=True, metavar="PATH", help="what it was trained on")
    parser.add_argument("--votes", metavar="PATH", help="FER+ votes that belong to a FER2013 CSV")
    parser.add_argument("--name", required=True, metavar="NAME", help="name of the new model")


def _networks(options: argparse.Namespace) -> int:
    wanted = [options.network] if options.network else catalogue.names()
    settings = [_settings(name, options) for name in wanted]
    from fer.training import networks

    found = [networks.describe(one.network, one.input, one.freeze) for one in settings]
    if options.json:
        print(json.dumps(found))
        return DONE
    print_table(
        ["name", "input", "parameters", "multiply-adds", "optimiser", "rate", "what"],
        [
            [
                one["name"],
                _size(one["input"]),
                f"{one['parameters']:,}",
                f"{one['multiply_adds'] / 1e6:,.1f} M",
                one["optimizer"],
                f"{one['learning_rate']:g}",
                one["summary"],
            ]
            for one in found
        ],
    )
    if options.network:
        print()
        _print_layers(found[0]["layers"])
    return DONE


def _settings(name: str, options: argparse.Namespace) -> TrainSettings:
    """The settings that the options stand for: they check network, input and freeze."""
    spec = catalogue.get(name).input.as_dict()
    if options.size is not None:
        spec |= {"height": options.size, "width": options.size}
    if options.channels is not None:
        spec["channels"] = options.channels
    values = {"data": "drawn", "network": name, "input": spec, "freeze": options.freeze}
    if options.freeze != "none":
        if not catalogue.get(name).freezable and not options.network:
            values["freeze"] = "none"
        values["weights"] = "any"  # freezing asks for weights; which ones makes no difference here
    return settings_from(values)


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
            ["name", "network", "input", "question", "accuracy", "faces", "parameters", "created"],
            [_model_row(card, name == active) for name, card in cards.items()],
        )
    else:
        print("There are no models yet.")
    for reason in broken.values():
        print(f"fer: {reason}", file=sys.stderr)
    return SOME_FAILED if broken else DONE


def _model_row(card: ModelCard, is_active: bool) -> list[str]:
    accuracy = card.metrics.get("accuracy")
    return [
        card.name + (" (active)" if is_active else ""),
        card.network,
        _size(card.input.as_dict()),
        card.question,
        "–" if accuracy is None else f"{100 * accuracy:.1f}%",
        str(card.metrics.get("n", "–")),
        f"{card.parameters:,}",
        card.created[:10],
    ]


def _export(options: argparse.Namespace) -> int:
    from fer.training import export

    done = export.export(options.model, options.format, options.out)
    if options.json:
        record = dataclasses.asdict(done) | {"files": [str(file) for file in done.files]}
        print(json.dumps(record))
    else:
        print(f"max |Δp| {done.difference:.2g} on {export.NUM_FACES} real faces")
        print(f"{done.milliseconds:.2f} ms a face, {done.megabytes:.2f} MB")
        for file in done.files:
            print(file)
    if done.is_sound:
        return DONE
    print(
        f"fer: the export answers otherwise than the original by more than "
        f"{export.LARGEST_DIFFERENCE:g}; do not use it.",
        file=sys.stderr,
    )
    return SOME_FAILED


def _average(options: argparse.Namespace) -> int:
    from fer.training import averaging

    names = [name.strip() for name in options.model.split(",")]
    card = averaging.average(names, options.name, options.data, options.votes)
    print(f"published the model {card.name}", file=sys.stderr)
    return DONE


def _quantize(options: argparse.Namespace) -> int:
    from fer.training import quantization

    card = quantization.quantize(options.model, options.name, options.data, options.votes)
    print(f"published the model {card.name}", file=sys.stderr)
    return DONE


def _print_layers(layers: list[dict[str, Any]]) -> None:
    rows = [
        [
            one["name"],
            one["type"],
            "×".join(map(str, one["shape"])),
            f"{one['parameters']:,}",
            one["part"] + (", frozen" if one["frozen"] else ""),
        ]
        for one in layers
    ]
    print_table(["layer", "type", "output", "parameters", "part"], rows)


def _size(spec: dict[str, Any]) -> str:
    return f"{spec['height']}×{spec['width']}×{spec['channels']}"
