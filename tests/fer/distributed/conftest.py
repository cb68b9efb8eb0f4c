"""A real Ray cluster on this machine, for the tests of its group."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from fer.storage import folders
from tests.helpers import within_seconds

CPUS = 2


@dataclass(frozen=True, slots=True)
class Cluster:
    address: str
    process: psutil.Process

    def workers(self) -> list[psutil.Process]:
        """The processes of actors."""
        found = []
        for process in self.process.children(recursive=True):
            with suppress(psutil.Error):
                if process.cmdline()[0].startswith("ray::_Actor"):
                    found.append(process)
        return found


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A head with two CPUs."""
    pytest.importorskip("ray", exc_type=ImportError)
    with tempfile.TemporaryDirectory(prefix="fer-ray-") as folder:  # Ray's sockets need short paths
        port, *others = free_ports(4)
        command = [
            *(str(Path(sys.executable).with_name("ray")), "start", "--head", "--block"),
            *(f"--num-cpus={CPUS}", f"--port={port}", "--node-ip-address=127.0.0.1"),
            *(
                "--min-worker-port=0",
                "--max-worker-port=0",
                f"--ray-client-server-port={others[0]}",
            ),
            *(f"--dashboard-port={others[1]}", f"--dashboard-agent-listen-port={others[2]}"),
            *("--include-dashboard=false", "--disable-usage-stats"),
            *("--object-store-memory=100000000", f"--temp-dir={folder}"),
        ]
        log = Path(folder, "start.log")
        with log.open("wb") as out:
            head = subprocess.Popen(
                command,
                stdout=out,
                stderr=subprocess.STDOUT,
                env={**os.environ, "PYTHONPATH": str(folders.ROOT)},
                start_new_session=True,
            )
        process = psutil.Process(head.pid)
        try:
            within_seconds(120, lambda: "Ray runtime started" in log.read_text("utf-8"))
            yield Cluster(f"127.0.0.1:{port}", process)
        finally:
            everybody = [process, *process.children(recursive=True)]
            head.terminate()
            _, alive = psutil.wait_procs(everybody, timeout=30)
            for left in alive:
                with suppress(psutil.Error):
                    left.kill()
            head.wait()


def free_ports(number: int) -> list[int]:
    sockets = [socket.socket() for _ in range(number)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()
