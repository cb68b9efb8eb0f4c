"""Whether an ONNX file keeps weights in other files, read without the package `onnx`.

The server checks every model it opens, and that package takes a second and 60 MB to load. An ONNX
file is a protobuf message: numbered fields, of which those with tensors are followed here.
"""

from __future__ import annotations

from collections.abc import Iterator

_TENSORS_IN = {
    "model": {7: "graph", 20: "training", 25: "function"},
    "training": {1: "graph", 2: "graph"},
    "graph": {1: "node", 5: "tensor", 15: "sparse tensor"},
    "function": {7: "node", 11: "attribute"},
    "node": {5: "attribute"},
    "attribute": {
        **{5: "tensor", 10: "tensor", 22: "sparse tensor", 23: "sparse tensor"},
        **{6: "graph", 11: "graph"},
    },
    "sparse tensor": {1: "tensor", 2: "tensor"},
    "tensor": {},
}
"""The messages of onnx.proto that hold tensors, by the field they are in."""
_EXTERNAL_DATA, _DATA_LOCATION = 13, 14
_VARINT, _BYTES = 0, 2
_FIXED_SIZES = {1: 8, 5: 4}
_LONGEST_VARINT = 10


def has_external_data(data: bytes) -> bool:
    """Whether a tensor of the model lies in another file. Raises `ValueError` for no protobuf."""
    messages = [("model", memoryview(data))]
    while messages:
        kind, message = messages.pop()
        for number, value in _fields(message):
            if kind == "tensor" and number == _EXTERNAL_DATA:
                return True
            if kind == "tensor" and number == _DATA_LOCATION and value != 0:
                return True
            inner = _TENSORS_IN[kind].get(number)
            if inner is not None and isinstance(value, memoryview):
                messages.append((inner, value))
    return False


def _fields(message: memoryview) -> Iterator[tuple[int, int | memoryview | None]]:
    """Each field's number and its value; None for numbers of a fixed size."""
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        number, wire_type = key >> 3, key & 7
        if wire_type == _VARINT:
            value, at = _varint(message, at)
            yield number, value
            continue
        size = _FIXED_SIZES.get(wire_type)
        if wire_type == _BYTES:
            size, at = _varint(message, at)
        if size is None or at + size > len(message):
            raise ValueError("it is no ONNX file, or one that was cut short")
        yield number, message[at : at + size] if wire_type == _BYTES else None
        at += size


def _varint(message: memoryview, at: int) -> tuple[int, int]:
    value = 0
    for index, byte in enumerate(message[at : at + _LONGEST_VARINT]):
        value |= (byte & 127) << (7 * index)
        if byte < 128:
            return value, at + index + 1
    raise ValueError("it is no ONNX file, or one that was cut short")
