"""Commands as child processes: few at a time, none too long, none without its visitor."""

from __future__ import annotations

import gc
import json
import os
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from streamlit.testing.v1 import AppTest

from dashboard.server import child_commands, workspaces
from dashboard.server.child_commands import Child
from fer.storage import folders
from tests.helpers import within_seconds

SLEEP = "import time; time.sleep(300)"
TELL = "import os, json; print(json.dumps([os.getcwd(), dict(os.environ)]))"


@pytest.fixture(autouse=True)
def command(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Callable[[str], None]]:
    """Sets the code that runs in place of a command; without that it sleeps."""
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "modules"))
    monkeypatch.setattr(child_commands, "MODULE", "stand_in")
    (tmp_path / "modules").mkdir()

    def set_to(code: str) -> None:
        (tmp_path / "modules" / "stand_in.py").write_text(code)

    set_to(SLEEP)
    yield set_to
    for child in (*child_commands._running, *child_commands._of_visitors):
        child.end()
    child_commands._running.clear()
    child_commands._of_visitors.clear()


def started(limit_seconds: float = 900) -> Child:
    return child_commands.start(["networks"], workspaces.new("test"), limit_seconds)


def is_alive(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def test_it_ends_with_whoever_holds_it() -> None:
    child = started()
    pid, folder = child.process.pid, Path(child.folder.name)
    assert is_alive(pid) and folder.exists()
    del child
    gc.collect()
    within_seconds(30, lambda: not is_alive(pid))
    within_seconds(30, lambda: not folder.exists())


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
    end = child_commands._end

    def slowly(*its: Any) -> None:
        threads.append(threading.current_thread())
        assert may_end.wait(60)
        end(*its)

    monkeypatch.setattr(child_commands, "_end", slowly)
    child = started()
    pid = child.process.pid
    del child
    gc.collect()
    within_seconds(30, lambda: bool(threads))
    assert threading.current_thread() not in threads and is_alive(pid)
    may_end.set()
    within_seconds(30, lambda: not is_alive(pid))


def test_nothing_outlives_the_server() -> None:
    child = started()
    child_commands._end_all()
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
from dashboard.server import child_commands, workspaces
child_commands.MODULE = "stand_in"
children = []
start = lambda: children.append(child_commands.start(["evaluate"], workspaces.new("evaluation")))
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
    within_seconds(30, lambda: not is_alive(pid))
    assert folder.exists()
    workspaces.sweep()
    assert not folder.exists()


def test_nobody_else_may_read_what_a_command_has_and_writes(
    command: Callable[[str], None],
) -> None:
    folder = workspaces.new("evaluation")
    command(f"import os; os.chdir({folder.name!r}); open('faces.npz', 'w').close()")
    child = child_commands.start(["evaluate"], folder)
    child.process.wait(60)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in Path(folder.name).iterdir()}
    assert modes["faces.npz"] == modes["stdout.txt"] == modes["stderr.txt"] == 0o600
    for path in (workspaces.folder(), Path(folder.name)):
        assert stat.S_IMODE(path.stat().st_mode) == 0o700


def test_it_ends_in_time_without_a_watcher() -> None:
    child, patient = started(limit_seconds=0.1), started()
    time.sleep(0.2)
    child_commands.end_timed_out()
    within_seconds(30, lambda: not is_alive(child.process.pid))
    assert is_alive(patient.process.pid)

    def forgotten() -> bool:
        child_commands.end_timed_out()
        return set(child_commands._running) == {patient}

    within_seconds(30, forgotten)
    assert child.failure == "The command was stopped: it took more than 0 min."


def test_the_time_limit_has_a_timer(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    monkeypatch.setattr(child_commands.timers, "start_once", lambda *its: asked.append(its[1]))
    started()
    assert asked == [child_commands.end_timed_out]


def test_it_sees_the_folders_that_the_page_sees(
    command: Callable[[str], None], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    command(TELL)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FER_MODELS", "models")
    monkeypatch.setenv("FER_DATA", "faces")
    monkeypatch.delenv("FER_RUNS")
    child = started()
    child.process.wait(60)
    folder, environment = json.loads(child.output)
    assert folder == str(tmp_path.resolve()), "so that relative paths mean the same"
    for name, expected in {"FER_MODELS": "models", "FER_DATA": "faces"}.items():
        assert environment[name] == str(tmp_path / expected)
    assert "FER_RUNS" not in environment
    assert environment["TMPDIR"] == child.folder.name, "what it leaves goes with its folder"
    assert environment["PYTHONPATH"].split(os.pathsep)[0] == str(folders.ROOT)


def test_it_may_see_models_of_its_own(command: Callable[[str], None], tmp_path: Path) -> None:
    command(TELL)
    child = child_commands.start(["video"], workspaces.new("film"), 900, tmp_path / "own")
    child.process.wait(60)
    assert json.loads(child.output)[1]["FER_MODELS"] == str(tmp_path / "own")


def test_fer_is_found_from_any_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, tiny_models: Path
) -> None:
    monkeypatch.undo()
    monkeypatch.chdir(tmp_path)
    (tmp_path / "json.py").write_text("raise ImportError('from the working folder')")
    monkeypatch.setenv("FER_MODELS", str(tiny_models))
    child = child_commands.start(["models", "--json"], workspaces.new("test"))
    child.process.wait(120)
    assert child.failure is None and '"tiny"' in child.output


def visitor() -> AppTest:
    """A session that asks for commands: a key and the arguments of each."""

    def page() -> None:
        import streamlit as st

        from dashboard.server import child_commands

        for key, arguments in st.session_state["asked"].items():
            child = child_commands.run(key, arguments.split(), f"Doing {key} …")
            if child is not None:
                st.markdown(child.failure or f"{key} is done")

    return AppTest.from_function(page, default_timeout=60)


def ask(page: AppTest, **asked: str) -> dict[str, Child | None]:
    """The children of a session, once it has asked for these."""
    page.session_state["asked"] = asked
    page.run()
    assert not page.exception
    return {key: request.child for key, request in page.session_state[child_commands._KEY].items()}


def shown_text(page: AppTest) -> str:
    return " ".join(element.value for element in (*page.info, *page.markdown))


def test_another_of_its_kind_ends_the_one_before() -> None:
    page = visitor()
    first = ask(page, size_48="networks --size 48")["size_48"]
    rate = ask(page, size_48="networks --size 48", rate="find-rate")["rate"]
    after = ask(page, size_64="networks --size 64")
    assert first is not None and rate is not None
    assert set(after) == {"rate", "size_64"}
    assert not is_alive(first.process.pid) and not Path(first.folder.name).exists()
    assert is_alive(rate.process.pid)


def test_an_ended_one_of_its_kind_is_kept(command: Callable[[str], None]) -> None:
    command("")
    page = visitor()
    first = ask(page, one="networks")["one"]
    assert first is not None
    first.process.wait(60)
    second = ask(page, two="networks")["two"]
    assert second is not None
    second.process.wait(60)
    assert ask(page, one="networks")["one"] is first
    assert "one is done" in shown_text(page)


def test_the_server_does_a_few_at_a_time_and_the_others_say_that_they_wait() -> None:
    pages = [visitor() for _ in range(child_commands.PLACES.most)]
    at_work = [ask(page, it="networks")["it"] for page in pages]
    late = visitor()
    assert ask(late, it="networks") == {"it": None}
    assert "Waiting for other commands" in shown_text(late)
    assert "Doing it" in shown_text(pages[0]) and "Waiting" not in shown_text(pages[0])
    first = at_work[0]
    assert first is not None
    first.end()
    begun = ask(late, it="networks")["it"]
    assert begun is not None and is_alive(begun.process.pid)
    assert "Waiting" not in shown_text(late)


def test_one_visitor_cannot_have_all_places() -> None:
    greedy, other = visitor(), visitor()
    three = {"network": "networks", "rate": "find-rate", "faces": "inspect"}
    children = list(ask(greedy, **three).values())
    assert children[-1] is None and None not in children[:-1]
    assert "Waiting for other commands" in shown_text(greedy)
    assert ask(other, it="networks")["it"] is not None
    assert child_commands.PLACES.most_of_one == 2 < child_commands.PLACES.most


def test_of_some_kinds_one_runs_at_a_time_and_the_next_visitor_sees_that_it_waits() -> None:
    first, second = visitor(), visitor()
    teaching = ask(first, it="teach")["it"]
    assert teaching is not None
    asked = {"it": "teach", "other": "networks"}
    waiting = ask(second, **asked)
    assert waiting["it"] is None and waiting["other"] is not None
    assert "Waiting for other commands" in shown_text(second)
    teaching.end()
    assert ask(second, **asked)["it"] is not None


def test_no_more_than_sixteen_are_kept(command: Callable[[str], None]) -> None:
    command("")
    page = visitor()
    for number in range(child_commands._MAX_KEPT + 2):
        child = ask(page, **{f"number_{number}": "networks"})[f"number_{number}"]
        assert child is not None
        child.process.wait(60)
    kept = page.session_state[child_commands._KEY]
    assert len(kept) == child_commands._MAX_KEPT and "number_0" not in kept


def test_what_is_forgotten_ends() -> None:
    page = visitor()
    child = ask(page, it="networks")["it"]
    assert child is not None

    def forgetting() -> None:
        from dashboard.server import child_commands

        child_commands.discard("it")
        child_commands.discard("what never was")

    again = AppTest.from_function(forgetting, default_timeout=60)
    again.session_state[child_commands._KEY] = page.session_state[child_commands._KEY]
    assert not again.run().exception
    assert not is_alive(child.process.pid)
