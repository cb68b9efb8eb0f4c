"""A command looks after its server where the system does not."""

from __future__ import annotations

import subprocess
import sys

from fer.storage import folders
from tests.helpers import is_alive, within_seconds

WATCHING = """
import os, sys, time
sys.platform = "another system"
from dashboard.server.children import bound_process
bound_process.end_with(os.getppid())
time.sleep(300)
"""
PARENT = f"""
import subprocess, sys, time
print(subprocess.Popen([sys.executable, "-c", {WATCHING!r}]).pid, flush=True)
time.sleep(300)
"""


def test_a_process_ends_with_its_parent_on_any_system() -> None:
    command = [sys.executable, "-c", PARENT]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=folders.ROOT) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        assert is_alive(pid)
        parent.kill()
    within_seconds(120, lambda: not is_alive(pid))


def test_a_process_whose_parent_has_ended_already_does_nothing() -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    command = [
        sys.executable,
        "-m",
        "dashboard.server.children.bound_process",
        str(gone.pid),
        "this",
    ]
    done = subprocess.run(command, cwd=folders.ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (1, "")
