"""ONNX networks as other people exported them, NHWC or NCHW."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from fer.engine import limited
from fer.engine.external_data import has_external_data
from fer.errors import BadModel
from fer.model_card import InputSpec
from fer.runs.import_classes import LEAST, Classes
from fer.runs.weights import first_line

TRIAL_SECONDS = 120.0
"""How long a network may take for the faces it is tried on."""
_PREFIX = "original/"
_NUMPY_TYPES = {
    TensorProto.FLOAT: np.float32,
    TensorProto.FLOAT16: np.float16,
    TensorProto.DOUBLE: np.float64,
}


@dataclass(frozen=True, slots=True, eq=False)
class OnnxNetwork:
    """An ONNX graph with one input of pictures, whose first output is taken for the classes."""

    model: onnx.ModelProto
    session: onnxruntime.InferenceSession

    @property
    def _input(self) -> onnx.ValueInfoProto:
        return _inputs(self.model)[0]

    @property
    def channels_first(self) -> bool:
        """Whether pictures are (channels, height, width), as PyTorch has them."""
        sizes = _sizes(self._input)
        return sizes[1] in (1, 3) and sizes[3] not in (1, 3)

    @property
    def shape(self) -> tuple[int | None, int | None, int | None]:
        """Height, width and channels; None where the network takes any."""
        _, *sizes = _sizes(self._input)
        if self.channels_first:
            return sizes[1], sizes[2], sizes[0]
        return sizes[0], sizes[1], sizes[2]

    @property
    def num_classes(self) -> int | None:
        sizes = _sizes(self.model.graph.output[0])
        return sizes[1] if len(sizes) == 2 else None

    @property
    def scales_itself(self) -> bool:
        return False

    @property
    def kind(self) -> str:
        return "ONNX, channels first" if self.channels_first else "ONNX"

    def outputs(self, scaled: NDArray[np.float32]) -> NDArray[np.float32]:
        """What it computes for scaled pixels (N, height, width, channels): (N, K)."""
        pixels = scaled.transpose(0, 3, 1, 2) if self.channels_first else scaled
        numbers = pixels.astype(_NUMPY_TYPES[self._input.type.tensor_type.elem_type])
        return np.asarray(limited.first_output(self.session, numbers, TRIAL_SECONDS), np.float32)

    def write(
        self,
        folder: Path,
        spec: InputSpec,
        scale: tuple[NDArray[np.float64], NDArray[np.float64]],
        classes: Classes,
        add_softmax: bool,
    ) -> dict[str, Path]:
        """Writes the files of a model folder; returns them by name."""
        file = folder / "model.onnx"
        onnx.save(_with_ends(self, spec, scale, classes, add_softmax), file)
        return {file.name: file}

    def sizes(self, spec: InputSpec) -> tuple[int, int]:
        """Parameters, and multiplications with an addition for one face."""
        graph = onnx.shape_inference.infer_shapes(self.model).graph
        held = {tensor.name: tuple(tensor.dims) for tensor in graph.initializer}
        shapes = {value.name: _sizes(value) for value in (*graph.value_info, *graph.output)}
        multiply_adds = 0
        for node in graph.node:
            kernel = held.get(node.input[1]) if len(node.input) > 1 else None
            if kernel is None or node.op_type not in ("Conv", "Gemm", "MatMul"):
                continue
            places = shapes.get(node.output[0], [])[2:] if node.op_type == "Conv" else []
            multiply_adds += math.prod(size or 1 for size in places) * math.prod(kernel)
        return sum(map(math.prod, held.values())), multiply_adds


def read(file: Path) -> OnnxNetwork:
    """A network from an `.onnx` file. Raises `BadModel` where it cannot be imported."""
    try:
        model = onnx.load(file, load_external_data=False)
        if has_external_data(file.read_bytes()):
            raise ValueError("its weights lie in other files; export it with everything inside")
        _check_ends(model)
        _allow_any_number_of_faces(model)
        session = onnxruntime.InferenceSession(
            model.SerializeToString(), providers=["CPUExecutionProvider"]
        )
        return OnnxNetwork(model, session)
    except Exception as error:  # noqa: BLE001 - onnx and its runtime raise types of their own
        raise BadModel(f"{file.name} cannot be imported: {first_line(error)}.") from None


def _check_ends(model: onnx.ModelProto) -> None:
    inputs = _inputs(model)
    if len(inputs) != 1 or len(_sizes(inputs[0])) != 4:
        shapes = ", ".join(str(_sizes(value)) for value in inputs)
        raise ValueError(f"it takes {shapes or 'nothing'}; one batch of pictures can be imported")
    if inputs[0].type.tensor_type.elem_type not in _NUMPY_TYPES:
        raise ValueError("it takes whole numbers; networks that take float pixels can be imported")


def _allow_any_number_of_faces(model: onnx.ModelProto) -> None:
    """Many exports name a batch of one, though nothing in the graph depends on it."""
    for value in (_inputs(model)[0], *model.graph.output):
        sizes = value.type.tensor_type.shape.dim
        if sizes:
            sizes[0].dim_param = "N"
    del model.graph.value_info[:]


def _inputs(model: onnx.ModelProto) -> list[onnx.ValueInfoProto]:
    """What must be given: older files list their weights among the inputs."""
    held = {tensor.name for tensor in model.graph.initializer}
    return [value for value in model.graph.input if value.name not in held]


def _sizes(value: onnx.ValueInfoProto) -> list[int | None]:
    """The sizes of a tensor; None where it may have any."""
    return [size.dim_value or None for size in value.type.tensor_type.shape.dim]


def _with_ends(
    network: OnnxNetwork,
    spec: InputSpec,
    scale: tuple[NDArray[np.float64], NDArray[np.float64]],
    classes: Classes,
    add_softmax: bool,
) -> onnx.ModelProto:
    """The graph between its scaling and the seven emotions: `pixels` to `probabilities`."""
    model = onnx.compose.add_prefix(network.model, _PREFIX)
    taken, given = _inputs(model)[0], model.graph.output[0]
    factor, offset = (part.astype(np.float32) for part in scale)
    layout = (0, 3, 1, 2) if network.channels_first else (0, 1, 2, 3)
    before = [
        helper.make_node("Mul", ["pixels", "factor"], ["in_proportion"]),
        helper.make_node("Add", ["in_proportion", "offset"], ["scaled"]),
        helper.make_node("Transpose", ["scaled"], ["arranged"], perm=layout),
        helper.make_node("Cast", ["arranged"], [taken.name], to=taken.type.tensor_type.elem_type),
    ]
    after = [helper.make_node("Cast", [given.name], ["classes"], to=TensorProto.FLOAT)]
    last = "classes"
    if add_softmax:
        after.append(helper.make_node("Softmax", [last], ["shares"], axis=1))
        last = "shares"
    constants = {"factor": factor, "offset": offset, "by_name": classes.matrix}
    if classes.left_out:
        constants |= {"least": LEAST * classes.known[None], "ones": np.ones((7, 7), np.float32)}
        after += [
            helper.make_node("MatMul", [last, "by_name"], ["kept"]),
            helper.make_node("Add", ["kept", "least"], ["positive"]),
            helper.make_node("MatMul", ["positive", "ones"], ["sums"]),
            helper.make_node("Div", ["positive", "sums"], ["probabilities"]),
        ]
    else:
        after.append(helper.make_node("MatMul", [last, "by_name"], ["probabilities"]))
    graph = model.graph
    nodes = [*before, *graph.node, *after]
    del graph.node[:], graph.output[:]
    graph.node.extend(nodes)
    graph.input.remove(taken)
    graph.input.append(
        helper.make_tensor_value_info("pixels", TensorProto.FLOAT, ["N", *spec.shape])
    )
    graph.output.append(helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["N", 7]))
    graph.initializer.extend(
        numpy_helper.from_array(np.asarray(values, np.float32), name)
        for name, values in constants.items()
    )
    return model
