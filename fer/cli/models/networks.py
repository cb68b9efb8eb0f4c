"""The command `networks`: what can be trained."""

from __future__ import annotations

import argparse
import json
from typing import Any

from fer.cli.output import DONE, input_size, print_table
from fer.runs import network_specs
from fer.runs.settings import TrainSettings, from_dict as settings_from


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "networks",
        help="list the networks that can be trained",
        epilog="example: python -m fer networks --network mobilenet_v2 --freeze 20 --json",
    )
    parser.add_argument("--json", action="store_true", help="everything, with the layer tables")
    parser.add_argument("--network", metavar="NAME", help="this one alone, with its layers")
    parser.add_argument("--size", type=int, metavar="PIXELS", help="side of the input")
    parser.add_argument("--channels", type=int, choices=(1, 3), help="1 grey, 3 RGB")
    parser.add_argument(
        "--freeze", default="none", metavar="all|N|none", help="as in `train`, for the table"
    )
    parser.set_defaults(command=_networks)


def _networks(options: argparse.Namespace) -> int:
    names = [options.network] if options.network else network_specs.names()
    settings = [_settings(name, options) for name in names]
    from fer.networks import build as networks

    described = [networks.describe(item.network, item.input, item.freeze) for item in settings]
    if options.json:
        print(json.dumps(described))
        return DONE
    print_table(
        ["name", "input", "parameters", "multiply-adds", "optimiser", "rate", "what"],
        [
            [
                network["name"],
                input_size(network["input"]),
                f"{network['parameters']:,}",
                f"{network['multiply_adds'] / 1e6:,.1f} M",
                network["optimizer"],
                f"{network['learning_rate']:g}",
                network["summary"],
            ]
            for network in described
        ],
    )
    if options.network:
        print()
        _print_layers(described[0]["layers"])
    return DONE


def _settings(name: str, options: argparse.Namespace) -> TrainSettings:
    """The settings that the options stand for: they check network, input and freeze."""
    spec = network_specs.get(name).input.as_dict()
    if options.size is not None:
        spec |= {"height": options.size, "width": options.size}
    if options.channels is not None:
        spec["channels"] = options.channels
    values = {"data": "drawn", "network": name, "input": spec, "freeze": options.freeze}
    if options.freeze != "none":
        if not network_specs.get(name).freezable and not options.network:
            values["freeze"] = "none"
        values["weights"] = "any"  # freezing asks for weights; which ones makes no difference here
    return settings_from(values)


def _print_layers(layers: list[dict[str, Any]]) -> None:
    rows = [
        [
            layer["name"],
            layer["type"],
            "×".join(map(str, layer["shape"])),
            f"{layer['parameters']:,}",
            layer["part"] + (", frozen" if layer["frozen"] else ""),
        ]
        for layer in layers
    ]
    print_table(["layer", "type", "output", "parameters", "part"], rows)
