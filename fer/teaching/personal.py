"""A personal model: an ordinary model folder, packed as a zip that its owner keeps."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import zipfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from fer import permission, registry
from fer.data.archives import Tree
from fer.emotions import EMOTIONS
from fer.engine import Model, open_bytes
from fer.errors import BadModel
from fer.model_card import ModelCard, card_from, card_text
from fer.storage import files
from fer.teaching import zips
from fer.teaching.comparison import Comparison
from fer.teaching.learning import Personal

CARD, ENGINE = "card.json", "model.onnx"
NAME = "personal"
TAUGHT_PRIOR = "taught"
"""A prior of the card: the taught emotions alone, each as likely."""
MOST_ZIP_BYTES, _UNPACKED = 64 * 1024**2, 96 * 1024**2
"""A personal model of `crowd` has 11 MB."""


def write(
    folder: Path,
    base: ModelCard,
    personal: Personal,
    faces: Mapping[str, int],
    comparison: Comparison,
    name: str = NAME,
) -> ModelCard:
    """Writes `model.onnx` and `card.json` into a folder. `faces`: how many of each emotion were
    taught."""
    from fer.teaching import graph  # onnx, which the process that answers pages starts without

    engine = graph.with_personal(registry.path_of(base.name) / ENGINE, personal)
    card = _card(base, name, faces, comparison, hashlib.sha256(engine).hexdigest(), personal)
    open_bytes(card, engine)  # tried once, as whoever loads it will
    (folder / ENGINE).write_bytes(engine)
    (folder / CARD).write_text(card_text(card), "utf-8")
    return card


def packed(folder: Path) -> bytes:
    """The bytes of a zip of a personal model's folder, which `load` reads."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in (CARD, ENGINE):
            archive.write(folder / name, name)
    return buffer.getvalue()


def load(source: Path | bytes, name: str = "personal.zip") -> Model:
    """The personal model in a zip or a folder; nothing is unpacked to disk.

    Raises `BadModel` for what is broken, from elsewhere, or no personal model.
    """
    return open_bytes(*contents(source, name))


def publish(source: Path | bytes, name: str) -> ModelCard:
    """Publishes a personal model in the registry, for all who use this program, under a name that
    its owner chose. Raises `BadModel`, `NameTaken`, or `NotAllowed`."""
    permission.require("publish")
    card, engine = contents(source, name)
    open_bytes(card, engine)
    card = dataclasses.replace(card, name=registry.check_name(name))
    with registry.workshop() as folder:
        (folder / ENGINE).write_bytes(engine)
        return registry.publish(card, {ENGINE: folder / ENGINE})


def contents(source: Path | bytes, name: str = "personal.zip") -> tuple[ModelCard, bytes]:
    """The card, and the engine's bytes, which nobody has opened yet. Raises `BadModel`."""
    with zips.opened(source, name, MOST_ZIP_BYTES, BadModel) as tree:
        return _card_of(tree), _read(tree, ENGINE, _UNPACKED)


def _card_of(tree: Tree) -> ModelCard:
    try:
        values = files.parse_json(_read(tree, CARD, files.MOST_JSON_BYTES))
        if not isinstance(values, dict):
            raise ValueError("it holds no JSON object")
        card = card_from(registry.check_name(str(values.get("name", NAME))), values)
    except ValueError as error:
        raise BadModel(f"the card in {tree.name} cannot be used: {error}.") from None
    if not card.personal:
        raise BadModel(
            f"{tree.name} holds no personal model, but another one. Put its folder among the "
            "models to use it."
        )
    return card


def _read(tree: Tree, name: str, most: int) -> bytes:
    if name not in tree.sizes:
        raise BadModel(
            f"{tree.name} holds no {name}, so it is no personal model. Choose a zip that was "
            "downloaded from Teach."
        )
    return zips.read(tree, name, most, BadModel)


def _card(
    base: ModelCard,
    name: str,
    faces: Mapping[str, int],
    comparison: Comparison,
    digest: str,
    personal: Personal,
) -> ModelCard:
    taught = tuple(emotion for emotion in EMOTIONS if faces.get(emotion))
    return dataclasses.replace(
        base,
        name=name,
        data={
            "name": "one person's own captures",
            "licence": "belongs to the person who is shown",
            "train": sum(faces.values()),
        },
        settings={"taught_from": base.name, "base_files": dict(base.files), "faces": dict(faces)},
        metrics=_metrics(comparison),
        priors=_priors(base, taught),
        parameters=base.parameters + personal.weights.size + len(personal.gate_weights) + 8,
        multiply_adds=base.multiply_adds + personal.weights.size + len(personal.gate_weights),
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        files={ENGINE: digest},
        elsewhere=(),
        personal=True,
        taught=taught,
    )


def _metrics(comparison: Comparison) -> dict[str, Any]:
    """The figures of a card. The general model's do not hold any more."""
    if comparison.after is None:
        return {"protocol": f"not measured. {comparison.sentence}"}
    after = comparison.after
    return {
        "protocol": f"{comparison.takes} takes of the person, each held back from teaching; "
        "intervals from drawing takes; the card's default prior",
        "n": comparison.faces,
        "accuracy": after.accuracy,
        "accuracy_interval": list(after.accuracy_interval),
        "confusion": after.confusion,
    }


def _priors(base: ModelCard, taught: tuple[str, ...]) -> dict[str, dict[str, Any]]:
    """Those of the general model without its figures, and `TAUGHT_PRIOR`."""
    if base.training_shares is None:
        return {}
    kept = ("shares", "uncertain_below")
    priors = {
        name: {key: entry[key] for key in kept if key in entry}
        for name, entry in base.priors.items()
    }
    shares = [(emotion in taught) / len(taught) for emotion in EMOTIONS]
    below = base.uncertain_below_under(base.prior())
    return {**priors, TAUGHT_PRIOR: {"shares": shares, "uncertain_below": below}}
