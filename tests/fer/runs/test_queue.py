"""One run at a time, first come, first served, whatever becomes of the others."""

from __future__ import annotations

import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest

from fer.errors import BadRun
from fer.runs import processes, queue as run_queue
from fer.runs.locking import FileLock
from fer.runs.processes import Identity

HOLD = textwrap.dedent(
    """
    import sys, time
    from pathlib import Path
    from fer.runs.locking import FileLock
    print(FileLock(Path(sys.argv[1])).acquire(), flush=True)
    time.sleep(60)
    """
)
DEAD = Identity(2**22 + 1, 1.0)


def test_a_lock_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BadRun, match="cannot be written"):
        FileLock(tmp_path / "file" / "lock").acquire()


def test_a_lock_has_one_holder(tmp_path: Path) -> None:
    first, second = FileLock(tmp_path / "lock"), FileLock(tmp_path / "lock")
    assert first.acquire() and not second.acquire()
    with pytest.raises(BadRun, match="another process"), second.held(seconds=0.05):
        pass
    first.release()
    assert second.acquire()


def test_the_system_frees_the_lock_of_a_killed_holder(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    command = [sys.executable, "-c", HOLD, str(path)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=processes.ROOT)
    assert process.stdout is not None and process.stdout.readline() == "True\n"
    lock = FileLock(path)
    assert not lock.acquire()
    process.kill()
    process.communicate()
    assert lock.acquire()
    lock.release()


def test_threads_of_one_process_exclude_each_other(tmp_path: Path) -> None:
    inside, most = 0, 0

    def use() -> None:
        nonlocal inside, most
        for _ in range(20):
            with FileLock(tmp_path / "lock").held():
                inside += 1
                most = max(most, inside)
                time.sleep(0.0002)
                inside -= 1

    threads = [threading.Thread(target=use) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 1


def test_tickets_keep_their_order_and_the_dead_lose_theirs() -> None:
    me = processes.identity()
    for number in range(12):
        run_queue.enter(f"run-{number}", DEAD if number % 2 else me)
    assert run_queue.waiting() == [f"run-{number}" for number in range(0, 12, 2)]
    run_queue.enter("run-0", me)  # stays where it is
    run_queue.enter("run-1", me)  # comes back at the end
    assert run_queue.waiting()[0] == "run-0"
    assert run_queue.waiting()[-1] == "run-1"


def test_damaged_tickets_block_nobody() -> None:
    run_queue.enter("last", processes.identity())
    for name in ("0000000000-a.json", "notes.json", "x.txt"):
        (run_queue.folder() / name).write_text("{")
    with run_queue.turn("last", threading.Event()) as is_mine:
        assert is_mine


def test_whoever_waits_longer_goes_first() -> None:
    run_queue.enter("first", processes.identity())
    stop, heard = threading.Event(), []

    def wait(ahead: int) -> None:
        heard.append(ahead)
        stop.set()

    with run_queue.turn("second", stop, wait) as is_mine:
        assert not is_mine
    assert heard
    assert run_queue.waiting() == ["first"]


def test_a_turn_ends_with_its_block_and_excludes_others_until_then() -> None:
    stop = threading.Event()
    with run_queue.turn("one", threading.Event()) as is_mine:
        assert is_mine and run_queue.waiting() == []
        with run_queue.turn("two", stop, lambda ahead: stop.set()) as too:
            assert not too
    with run_queue.turn("three", threading.Event()) as is_mine:
        assert is_mine


def test_a_turn_needs_no_tidy_folder() -> None:
    """Somebody who empties the folder while runs wait costs nobody the turn."""
    run_queue.enter("one", processes.identity())
    for path in run_queue.folder().glob("*.json"):
        path.unlink()
    with run_queue.turn("one", threading.Event()) as is_mine:
        assert is_mine
