"""A published model with its convolutions in eight bits: a third as large, and faster."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnxruntime import quantization
from onnxruntime.quantization.shape_inference import quant_pre_process

from fer import registry
from fer.errors import BadSettings
from fer.export import onnx as onnx_export, publish
from fer.model_card import ModelCard

_CALIBRATION_FACES = 1000
_BATCH = 50


def quantize(source: str, name: str, data: str, votes: str | None = None) -> ModelCard:
    """Publishes a model whose convolutions compute with eight bits, as a model of its own.

    Static quantisation, weights by output channel, ranges of the activations from training faces
    (Jacob et al. 2018, arXiv 1712.05877). Weights keep to seven of the eight bits, so that
    processors without VNNI cannot overflow. All else stays float32, as does `model.keras`, the
    network it was made from. `data` is what the model was trained on; its validation faces give
    temperature and figures. Raises `BadSettings` where name, model or data do not fit.
    """
    if registry.check_name(name) in registry.names():
        raise BadSettings(f"there is a model {name!r} already; choose another name.")
    card = registry.card(source)
    if onnx_export.is_quantized(card):
        raise BadSettings(f"the model {source!r} is quantised already; name the one it came from.")
    plain = registry.path_of(source) / "model.onnx"
    if not any(node.op_type == "Conv" for node in onnx.load(plain).graph.node):
        raise BadSettings(f"the model {source!r} has no convolutions to quantise.")
    settings, faces = publish.trained_on(card, data, votes)
    model = onnx_export.load(card)
    train = faces.split("train")
    chosen = np.linspace(0, len(train) - 1, min(len(train), _CALIBRATION_FACES)).astype(np.int64)
    seen = faces.split("validation").inputs(settings.input)[:256]
    with registry.workshop() as folder:
        engine = folder / "model.onnx"
        _write(plain, train.rows(chosen).inputs(settings.input), folder, engine)
        difference = onnx_export.largest_difference(model, engine, seen)
        return publish.publish_engine(
            engine,
            model,
            settings,
            faces,
            name=name,
            made_of=card,
            card_settings={"quantized_from": {source: dict(card.settings)}},
            facts={
                "protocol": (
                    f"{source} with its convolutions quantised to eight bits; "
                    + str(card.metrics.get("protocol", ""))
                ).rstrip("; "),
                "quantization_difference": difference,
            },
        )


class _Faces(quantization.CalibrationDataReader):  # type: ignore[misc]
    """Faces uint8 (N, height, width, channels), some at a time."""

    def __init__(self, pixels: NDArray[np.uint8]) -> None:
        starts = range(0, len(pixels), _BATCH)
        self._parts = iter([pixels[start : start + _BATCH] for start in starts])

    def get_next(self) -> dict[str, Any] | None:
        part = next(self._parts, None)
        return None if part is None else {"pixels": part.astype(np.float32)}


def _write(plain: Path, pixels: NDArray[np.uint8], folder: Path, engine: Path) -> None:
    """Quantises an engine file; `folder` holds what is needed on the way."""
    prepared = folder / "prepared.onnx"
    quant_pre_process(str(plain), str(prepared), skip_symbolic_shape=True)
    quantization.quantize_static(
        prepared,
        engine,
        _Faces(pixels),
        op_types_to_quantize=["Conv"],
        per_channel=True,
        reduce_range=True,
        activation_type=quantization.QuantType.QUInt8,
        weight_type=quantization.QuantType.QInt8,
    )
