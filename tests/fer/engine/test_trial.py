"""A foreign engine is tried where it can do no harm."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import helper

from fer import registry
from fer.engine import trial
from fer.engine.session import engine_of
from fer.errors import BadModel
from fer.model_card import InputSpec
from tests.fer.engine.test_opening import constant, endless, engine, output, pixels


def greedy() -> onnx.ModelProto:
    """Fills three billion numbers with zero, adds them to the mean of each face, seven times."""
    nodes = [
        helper.make_node("ConstantOfShape", ["sizes"], ["zeros"]),
        helper.make_node("ReduceMax", ["zeros"], ["zero"], keepdims=0),
        helper.make_node("ReduceMean", ["pixels"], ["mean"], axes=[1, 2, 3], keepdims=0),
        helper.make_node("Add", ["mean", "zero"], ["column"]),
        helper.make_node("Unsqueeze", ["column", "axis"], ["columns"]),
        helper.make_node("Expand", ["columns", "seven"], ["probabilities"]),
    ]
    sizes = constant(np.array([3_000_000_000]), "sizes")
    axis, seven = constant(np.array([1]), "axis"), constant(np.array([1, 7]), "seven")
    return engine(nodes, [pixels()], [output()], sizes, axis, seven)


@pytest.mark.skipif(sys.platform != "linux", reason="the system's limit")
def test_an_engine_that_takes_all_memory_is_a_sentence(tmp_path: Path) -> None:
    onnx.save(greedy(), tmp_path / "net.onnx")
    with pytest.raises(
        BadModel, match="the network takes more than 1,024 MB of memory for a batch"
    ):
        trial.check(tmp_path / "net.onnx", InputSpec())


def test_an_endless_engine_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial, "SECONDS", 3.0)
    onnx.save(endless(), tmp_path / "net.onnx")
    with pytest.raises(BadModel, match="more than 3 s for a batch of faces"):
        trial.check(tmp_path / "net.onnx", InputSpec())


def test_bytes_that_are_no_engine_are_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "net.onnx").write_bytes(b"no engine")
    with pytest.raises(BadModel, match="the network cannot be opened: "):
        trial.check(tmp_path / "net.onnx", InputSpec())


def test_the_name_of_a_model_says_nothing_about_its_memory(tmp_path: Path) -> None:
    (tmp_path / "net.onnx").write_bytes(b"no engine")
    with pytest.raises(BadModel, match="'allocated' cannot be opened: "):
        trial.check(tmp_path / "net.onnx", InputSpec(), engine_of("allocated"))


def test_the_shipped_engines_pass() -> None:
    for name in registry.names():
        trial.check(registry.path_of(name) / "model.onnx", registry.card(name).input)
