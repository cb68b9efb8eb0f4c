"""A command as a child process: not too long, not without whoever holds it."""

from __future__ import annotations

import gc
import json
import os
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dashboard.server import workspaces
from dashboard.server.children import running
from dashboard.server.children.running import Child
from fer.storage import folders
from tests.helpers import is_alive, within_seconds

TELL = "import os, json; print(json.dumps([os.getcwd(), dict(os.environ)]))"
pytestmark = pytest.mark.usefixtures("command")


def started(limit_seconds: float = 900) -> Child:
    return running.start(["networks"], workspaces.new("test"), limit_seconds)


def test_it_ends_with_whoever_holds_it() -> None:
    child = started()
    pid, folder = child.process.pid, Path(child.folder.name)
    assert is_alive(pid) and folder.exists()
    del child
    gc.collect()
    within_seconds(120, lambda: not is_alive(pid))
    within_seconds(120, lambda: not folder.exists())


@pytest.mark.skipif(sys.platform != "linux", reason="asks Linux where the output goes")
def test_a_failure_does_not_tell_where_the_servers_folders_are(
    command: Callable[[str], None],
) -> None:
    """As of a command that finds the disk full."""
    command(
        "import os, sys\n"
        "folder = os.path.dirname(os.readlink('/proc/self/fd/2'))\n"
        "sys.exit(f'fer: {folder}/settings.json cannot be written: No space left on device.')"
    )
    child = started()
    within_seconds(60, child.is_done)
    assert child.failure == "settings.json cannot be written: No space left on device."


def test_whoever_lets_go_of_it_last_does_not_wait_for_its_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """That may be the event loop, when a session expires: all video would stand still."""
    may_end, threads = threading.Event(), []
    end = running._end

    def slowly(*its: Any) -> None:
        threads.append(threading.current_thread())
        assert may_end.wait(60)
        end(*its)

    monkeypatch.setattr(running, "_end", slowly)
    child = started()
    pid = child.process.pid
    del child
    gc.collect()
    within_seconds(120, lambda: bool(threads))
    assert threading.current_thread() not in threads and is_alive(pid)
    may_end.set()
    within_seconds(120, lambda: not is_alive(pid))


def test_nothing_outlives_the_server() -> None:
    child = started()
    running._end_all()
    assert not is_alive(child.process.pid) and not Path(child.folder.name).exists()


AUTOGROUP = Path("/proc/self/autogroup")


@pytest.mark.skipif(not AUTOGROUP.exists(), reason="Linux weighs sessions")
def test_a_command_slows_itself_down_and_not_the_server() -> None:
    before = AUTOGROUP.read_text()
    child = started()
    assert AUTOGROUP.read_text() == before
    assert Path(f"/proc/{child.process.pid}/autogroup").read_text().endswith("nice 10\n")


SERVER = """
import threading, time
from dashboard.server import workspaces
from dashboard.server.children import running
running.MODULE = "stand_in"
children = []
start = lambda: children.append(running.start(["evaluate"], workspaces.new("evaluation")))
page = threading.Thread(target=start)
page.start(); page.join()
time.sleep(2)
assert children[0].process.poll() is None, "it must not end with the thread of a page"
print(children[0].process.pid, children[0].folder.name, flush=True)
time.sleep(300)
"""


def killed_server() -> tuple[int, Path]:
    """A server is killed while a command is at work: the command's process, and its folder."""
    server = subprocess.Popen([sys.executable, "-c", SERVER], stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    try:
        pid, folder = server.stdout.readline().split()
        assert is_alive(int(pid)) and Path(folder).is_dir()
    finally:
        server.kill()
        server.wait()
        server.stdout.close()
    return int(pid), Path(folder)


def test_a_command_ends_with_a_server_that_is_killed_and_its_folder_with_the_next() -> None:
    pid, folder = killed_server()
    within_seconds(120, lambda: not is_alive(pid))
    assert folder.exists()
    workspaces.sweep()
    assert not folder.exists()


def test_nobody_else_may_read_what_a_command_has_and_writes(
    command: Callable[[str], None],
) -> None:
    folder = workspaces.new("evaluation")
    command(f"import os; os.chdir({folder.name!r}); open('faces.npz', 'w').close()")
    child = running.start(["evaluate"], folder)
    child.process.wait(240)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in Path(folder.name).iterdir()}
    assert modes["faces.npz"] == modes["stdout.txt"] == modes["stderr.txt"] == 0o600
    for path in (workspaces.folder(), Path(folder.name)):
        assert stat.S_IMODE(path.stat().st_mode) == 0o700


def test_it_ends_in_time_without_a_watcher() -> None:
    child, patient = started(limit_seconds=0.1), started()
    time.sleep(0.2)
    running.end_timed_out()
    within_seconds(120, lambda: not is_alive(child.process.pid))
    assert is_alive(patient.process.pid)

    def forgotten() -> bool:
        running.end_timed_out()
        return set(running._running) == {patient}

    within_seconds(120, forgotten)
    assert child.failure == "The command was stopped: it took more than 0 min."


def test_the_time_limit_has_a_timer(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    monkeypatch.setattr(running.timers, "start_once", lambda *its: asked.append(its[1]))
    started()
    assert asked == [running.end_timed_out]


def test_it_sees_the_folders_that_the_page_sees(
    command: Callable[[str], None], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    command(TELL)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FER_MODELS", "models")
    monkeypatch.setenv("FER_DATA", "faces")
    monkeypatch.delenv("FER_RUNS")
    child = started()
    child.process.wait(240)
    folder, environment = json.loads(child.output)
    assert folder == str(tmp_path.resolve()), "so that relative paths mean the same"
    for name, expected in {"FER_MODELS": "models", "FER_DATA": "faces"}.items():
        assert environment[name] == str(tmp_path / expected)
    assert "FER_RUNS" not in environment
    assert environment["TMPDIR"] == child.folder.name, "what it leaves goes with its folder"
    assert environment["PYTHONPATH"].split(os.pathsep)[0] == str(folders.ROOT)


def test_it_may_see_models_of_its_own(command: Callable[[str], None], tmp_path: Path) -> None:
    command(TELL)
    child = running.start(["video"], workspaces.new("film"), 900, tmp_path / "own")
    child.process.wait(240)
    assert json.loads(child.output)[1]["FER_MODELS"] == str(tmp_path / "own")


def test_fer_is_found_from_any_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, tiny_models: Path
) -> None:
    monkeypatch.undo()
    monkeypatch.chdir(tmp_path)
    (tmp_path / "json.py").write_text("raise ImportError('from the working folder')")
    monkeypatch.setenv("FER_MODELS", str(tiny_models))
    child = running.start(["models", "--json"], workspaces.new("test"))
    child.process.wait(240)
    assert child.failure is None and '"tiny"' in child.output
