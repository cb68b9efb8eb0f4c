"""Keras networks as other people saved them: read without running code, also those of Keras 2."""

from __future__ import annotations

import json
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
from keras import layers
from numpy.typing import NDArray

from fer.emotions import NUM_EMOTIONS
from fer.errors import BadModel
from fer.export import formats, onnx as onnx_export
from fer.export.importing.keras_2 import modernised
from fer.model_card import InputSpec
from fer.networks import build as networks
from fer.runs import weights
from fer.runs.import_classes import LEAST, Classes

MAX_UNPACKED_BYTES = 4 * 1024**3

_SCALING_LAYERS = ("Rescaling", "Normalization")


@dataclass(frozen=True, slots=True, eq=False)
class KerasNetwork:
    """A Keras network with one input of pictures and one output of classes."""

    model: keras.Model

    @property
    def shape(self) -> tuple[int | None, int | None, int | None]:
        """Height, width and channels; None where the network takes any."""
        return tuple(self.model.inputs[0].shape[1:])

    @property
    def num_classes(self) -> int:
        return int(self.model.outputs[0].shape[1])

    @property
    def scales_itself(self) -> bool:
        """Whether it begins with a layer that scales pixels, as networks of Keras 3 often do."""
        first = [layer for layer in networks.flat(self.model.layers)][:3]
        return any(type(layer).__name__ in _SCALING_LAYERS for layer in first)

    @property
    def kind(self) -> str:
        return "Keras"

    def outputs(self, scaled: NDArray[np.float32]) -> NDArray[np.float32]:
        """What it computes for scaled pixels (N, height, width, channels): (N, K)."""
        return np.asarray(self.model(scaled, training=False), np.float32)

    def write(
        self,
        folder: Path,
        spec: InputSpec,
        scale: tuple[NDArray[np.float64], NDArray[np.float64]],
        classes: Classes,
        add_softmax: bool,
    ) -> dict[str, Path]:
        """Writes the files of a model folder; returns them by name."""
        whole = _with_ends(self.model, spec, scale, classes, add_softmax)
        files = {name: folder / name for name in ("model.onnx", "model.keras")}
        onnx_export.to_onnx(whole, spec, files["model.onnx"])
        whole.save(files["model.keras"])
        return files

    def sizes(self, spec: InputSpec) -> tuple[int, int]:
        """Parameters, and multiplications with an addition for one face."""
        return self.model.count_params(), networks.multiply_adds(self.model)


def read(files: list[Path]) -> KerasNetwork:
    """A network from a `.keras` or HDF5 file, or an architecture (JSON) and its weights.

    Raises `BadModel` where it cannot be read, holds code or refers to other files.
    """
    try:
        model = _read(files)
        if len(model.inputs) != 1 or len(model.outputs) != 1:
            raise ValueError(
                f"it has {len(model.inputs)} inputs and {len(model.outputs)} outputs; "
                "one of each can be imported"
            )
        if len(model.inputs[0].shape) != 4 or len(model.outputs[0].shape) != 2:
            raise ValueError(
                f"it turns {model.inputs[0].shape} into {model.outputs[0].shape}; pictures "
                "(N, height, width, channels) into classes (N, K) can be imported"
            )
        return KerasNetwork(keras.Model(model.inputs[0], model.outputs[0]))
    except Exception as error:  # noqa: BLE001 - Keras raises whatever its readers do
        names = " and ".join(file.name for file in files)
        raise BadModel(f"{names} cannot be imported: {weights.first_line(error)}.") from None


def _read(files: list[Path]) -> keras.Model:
    architecture = next((file for file in files if file.suffix == ".json"), None)
    rest = [file for file in files if file != architecture]
    if len(rest) != 1:
        raise ValueError("name one model file, or an architecture (.json) and one weights file")
    file = rest[0]
    if zipfile.is_zipfile(file):
        _check_archive(file)
    elif h5py.is_hdf5(file):
        with h5py.File(file) as opened:
            weights.check_self_contained(opened)
    else:
        raise ValueError(f"{file.name} is neither a Keras archive nor HDF5")
    if architecture is None:
        if zipfile.is_zipfile(file):
            return formats.read_keras(file)
        with h5py.File(file) as opened:
            config = opened.attrs.get("model_config")
        if config is None:
            raise ValueError("it holds weights alone; name its architecture (.json) as well")
        return _from_hdf5(json.loads(config), file)
    text = architecture.read_text("utf-8")
    config = json.loads(text)
    if not isinstance(config, dict) or "class_name" not in config:
        raise ValueError(f"{architecture.name} holds no architecture of a Keras network")
    if "module" not in config:  # written by Keras 2
        return _from_hdf5(config, file)
    model = keras.models.model_from_json(text)
    model.load_weights(file)
    return model


def _check_archive(file: Path) -> None:
    with zipfile.ZipFile(file) as archive:
        unpacked = sum(entry.file_size for entry in archive.infolist())
        if unpacked > MAX_UNPACKED_BYTES:
            raise ValueError(f"it unpacks to {unpacked / 1e9:.1f} GB")
        with archive.open("model.weights.h5") as inside, h5py.File(inside) as opened:
            weights.check_self_contained(opened)


def _from_hdf5(config: dict[str, Any], file: Path) -> keras.Model:
    """A network of Keras 2's description and weights, as Keras 3 would have written them."""
    with tempfile.TemporaryDirectory() as folder:
        whole = Path(folder, "model.h5")
        with h5py.File(file) as source, h5py.File(whole, "w") as target:
            target.attrs["model_config"] = json.dumps(modernised(config))
            target.attrs["keras_version"] = source.attrs.get("keras_version", "2")
            target.attrs["backend"] = "tensorflow"
            if "model_weights" in source:
                source.copy("model_weights", target)
            elif "layer_names" in source.attrs:
                group = target.create_group("model_weights")
                for name in source:
                    source.copy(name, group)
                for name, value in source.attrs.items():
                    group.attrs[name] = value
            else:
                raise ValueError(f"{file.name} holds no weights of Keras 2's HDF5 format")
        return keras.models.load_model(whole, compile=False, safe_mode=True)


def _with_ends(
    model: keras.Model,
    spec: InputSpec,
    scale: tuple[NDArray[np.float64], NDArray[np.float64]],
    classes: Classes,
    add_softmax: bool,
) -> keras.Model:
    """The network between its scaling and the seven emotions, made of Keras's own layers alone."""
    factor, offset = scale
    pixels = keras.Input(spec.shape, name="pixels", dtype="float32")
    x = layers.Rescaling(factor.tolist(), offset.tolist(), name="scale")(pixels)
    x = model(x)
    if add_softmax:
        x = layers.Softmax(dtype="float32")(x)
    by_name = layers.Dense(NUM_EMOTIONS, use_bias=False, dtype="float32", name="by_name")
    x = by_name(x)
    by_name.set_weights([classes.matrix])
    if classes.left_out:
        x = keras.ops.add(x, LEAST * classes.known[None])
        x = keras.ops.divide(x, keras.ops.sum(x, axis=-1, keepdims=True))
    return keras.Model(pixels, x, name="imported")
