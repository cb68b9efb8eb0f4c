"""TensorFlow in the workers of a cluster: how they know one another, and where its files go."""

from __future__ import annotations

import json
import os
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import ray
from ray.train.backend import Backend, BackendConfig


class TfConfig(BackendConfig):  # type: ignore[misc]
    """Sets TF_CONFIG on the workers, as Ray's `TensorflowConfig` does; but that loads TensorFlow in
    Ray's controller too."""

    @property
    def backend_cls(self) -> type[_TfBackend]:
        return _TfBackend


class _TfBackend(Backend):  # type: ignore[misc]
    def on_start(self, worker_group: Any, backend_config: TfConfig) -> None:
        addresses = worker_group.execute(_free_address)
        told = [
            worker_group.execute_single_async(index, _set_tf_config, addresses, index)
            for index in range(len(addresses))
        ]
        ray.get(told)


def _free_address() -> str:
    host = ray.util.get_node_ip_address()
    with socket.socket() as free:
        free.bind(("", 0))
        return f"{host}:{free.getsockname()[1]}"


def _set_tf_config(addresses: list[str], index: int) -> None:
    task = {"type": "worker", "index": index}
    os.environ["TF_CONFIG"] = json.dumps({"cluster": {"worker": addresses}, "task": task})


@contextmanager
def temporary_files() -> Iterator[None]:
    """What is written meanwhile into the folder of temporary files goes at the end. TensorFlow
    deletes its own where a process ends by itself, but Ray ends its workers."""
    before = tempfile.tempdir
    with tempfile.TemporaryDirectory(prefix="fer-") as tempfile.tempdir:
        try:
            yield
        finally:
            tempfile.tempdir = before
