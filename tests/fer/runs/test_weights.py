"""Weights files are read by themselves alone, never with parts of other files of the server."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest

from fer.errors import BadSettings
from fer.runs import weights


def external_storage(file: h5py.File, other: Path) -> None:
    file.create_dataset("layers/dense/0", (4,), "u1", external=[(str(other), 0, 4)])


def external_link(file: h5py.File, other: Path) -> None:
    file["layers/dense/1"] = h5py.ExternalLink(str(other), "/secret")


def virtual_data(file: h5py.File, other: Path) -> None:
    layout = h5py.VirtualLayout((4,), "u1")
    layout[:] = h5py.VirtualSource(str(other), "secret", (4,))
    file.create_virtual_dataset("layers/dense/0", layout)


@pytest.mark.parametrize("refer_to", [external_storage, external_link, virtual_data])
def test_a_weights_file_that_reads_other_files_is_refused(
    refer_to: Callable[[h5py.File, Path], None], tmp_path: Path
) -> None:
    other = tmp_path / "other.h5"
    with h5py.File(other, "w") as file:
        file["secret"] = np.arange(4, dtype=np.uint8)
    crafted = tmp_path / "crafted.weights.h5"
    with h5py.File(crafted, "w") as file:
        file["layers/dense/0-sound"] = np.zeros(3, np.float32)
        refer_to(file, other)
    with pytest.raises(BadSettings, match="lies in another file"):
        weights.shapes_in(crafted)


@pytest.mark.parametrize("ending", [".weights.h5", ".keras"])
def test_weights_that_unpack_to_far_more_than_their_file_are_refused(
    tmp_path: Path, ending: str
) -> None:
    inside = tmp_path / "inside.h5"
    with h5py.File(inside, "w") as file:
        shape = (10_000_000_000,)  # none of it is stored
        file.create_dataset("layers/dense/0", shape, "f4", chunks=(1 << 20,), compression="gzip")
    crafted = tmp_path / f"crafted{ending}"
    if ending == ".keras":
        with zipfile.ZipFile(crafted, "w") as archive:
            archive.write(inside, "model.weights.h5")
    else:
        inside.rename(crafted)
    assert crafted.stat().st_size < 10_000
    with pytest.raises(BadSettings, match="would unpack to 38,147 MB"):
        weights.shapes_in(crafted)
