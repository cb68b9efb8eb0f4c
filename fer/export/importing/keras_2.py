"""Descriptions of networks as Keras 2 wrote them, in the way that Keras 3 reads."""

from __future__ import annotations

from typing import Any

_GONE_IN_KERAS_3 = {
    "SeparableConv2D": ("groups", "kernel_initializer", "kernel_regularizer", "kernel_constraint"),
    "DepthwiseConv2D": ("groups",),
}
"""Settings that Keras 2 wrote for layers which had no use for them."""

_RENAMED = {"LeakyReLU": {"alpha": "negative_slope"}}
_SINGLE = ("axis", "max_value", "negative_slope", "threshold")
"""Settings that some versions wrote as a list of one number."""


def modernised(node: Any) -> Any:
    """A description, or a part of one, without what Keras 3 does not know any more."""
    if isinstance(node, list):
        return [modernised(item) for item in node]
    if not isinstance(node, dict):
        return node
    node = {key: modernised(value) for key, value in node.items()}
    name, config = node.get("class_name"), node.get("config")
    if name == "Sequential":
        node["config"] = _with_input_layer(config)
    elif isinstance(config, dict):
        node["config"] = _settings(str(name), config)
    return node


def _settings(name: str, config: dict[str, Any]) -> dict[str, Any]:
    gone, renamed = _GONE_IN_KERAS_3.get(name, ()), _RENAMED.get(name, {})
    settings = {renamed.get(key, key): value for key, value in config.items() if key not in gone}
    for key in _SINGLE:
        value = settings.get(key)
        if isinstance(value, list) and len(value) == 1:
            settings[key] = value[0]
    dtype = settings.get("dtype")
    if isinstance(dtype, dict):  # a policy
        settings["dtype"] = dtype.get("config", {}).get("name", "float32")
    if "name" not in settings:  # an initialiser or regulariser, which has no type any more
        settings.pop("dtype", None)
    return settings


def _with_input_layer(config: Any) -> dict[str, Any]:
    """A sequence's description with its input's shape in a layer of its own."""
    whole = {"name": "sequential", "layers": config} if isinstance(config, list) else dict(config)
    first, *others = whole["layers"]
    own = dict(first["config"])
    shape = own.pop("batch_input_shape", None)
    if shape is not None and first["class_name"] != "InputLayer":
        entry = {"batch_input_shape": shape, "dtype": "float32", "name": "pixels_of_sequence"}
        head = {"class_name": "InputLayer", "config": entry}
        whole["layers"] = [head, {**first, "config": own}, *others]
    return whole
