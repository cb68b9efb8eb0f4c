"""A real Ray cluster on this machine, for as long as it is needed."""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

import psutil

from fer.storage import folders

TOKEN = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32)}
"""Of the clusters that this process starts."""
_START_SECONDS, _END_SECONDS = 120, 8


@dataclass(frozen=True, slots=True)
class Cluster:
    address: str
    process: psutil.Process

    def workers(self, name: str = "ray::_Actor") -> list[psutil.Process]:
        """The processes of actors whose names begin so."""
        found = []
        for process in self.process.children(recursive=True):
            with suppress(psutil.Error, IndexError):
                if process.cmdline()[0].startswith(name):
                    found.append(process)
        return found


@contextmanager
def running(cpus: int) -> Iterator[Cluster]:
    """A head with so many CPUs, without dashboard and usage statistics, that lets in commands which
    are started meanwhile: they have its token. It ends with this process, also where that is
    killed."""
    with (
        mock.patch.dict(os.environ, TOKEN),
        tempfile.TemporaryDirectory(prefix="fer-ray-") as folder,  # Ray's sockets need short paths
    ):
        port, client, dashboard, agent = free_ports(4)
        command = [
            *(("setpriv", "--pdeathsig", "TERM") if shutil.which("setpriv") else ()),
            *(str(Path(sys.executable).with_name("ray")), "start", "--head", "--block"),
            *(f"--num-cpus={cpus}", f"--port={port}", "--node-ip-address=127.0.0.1"),
            *("--min-worker-port=0", "--max-worker-port=0", f"--ray-client-server-port={client}"),
            *(f"--dashboard-port={dashboard}", f"--dashboard-agent-listen-port={agent}"),
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
            _wait_for_start(head, log)
            yield Cluster(f"127.0.0.1:{port}", process)
        finally:
            everybody = [process, *process.children(recursive=True)]
            for one in everybody:
                with suppress(psutil.Error):
                    one.kill()
            head.wait()
            psutil.wait_procs(everybody, timeout=_END_SECONDS)


def free_ports(number: int) -> list[int]:
    sockets = [socket.socket() for _ in range(number)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()


def _wait_for_start(head: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + _START_SECONDS
    while "Ray runtime started" not in log.read_text("utf-8"):
        assert head.poll() is None and time.monotonic() < until, log.read_text("utf-8")
        time.sleep(0.05)
