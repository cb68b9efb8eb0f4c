"""One run at a time, first come, first served, whatever becomes of the others."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from fer.errors import BadRun, Stopped
from fer.runs import processes, queue as run_queue
from fer.runs.processes import Identity
from fer.storage import folders

DEAD = Identity(2**22 + 1, 1.0)


def test_a_folder_that_cannot_be_written_is_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("FER_RUNS", str(tmp_path / "file"))
    with pytest.raises(BadRun, match="cannot be written"), run_queue.changing():
        pass


def test_one_at_a_time_changes_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    inside, most = 0, 0

    def use() -> None:
        nonlocal inside, most
        for _ in range(10):
            with run_queue.changing():
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
    monkeypatch.setattr(run_queue, "CHANGE_SECONDS", 0.05)
    with run_queue.changing(), pytest.raises(BadRun, match="try again"), run_queue.changing():
        pass


HOLD = """
import threading, time
from fer.runs import queue
with queue.turn("killed", threading.Event()):
    print("holds", flush=True)
    time.sleep(60)
"""


def test_a_killed_run_gives_its_turn_away() -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD], stdout=subprocess.PIPE, text=True, cwd=folders.ROOT
    )
    assert process.stdout is not None and process.stdout.readline() == "holds\n"
    stop = threading.Event()
    with run_queue.turn("next", stop, lambda ahead: stop.set()) as has_turn:
        assert not has_turn
    process.kill()
    process.communicate()
    with run_queue.turn("next", threading.Event()) as has_turn:
        assert has_turn


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
    for number, pid in enumerate(("[" * 100_000 + "]" * 100_000, "1" + "0" * 400, "true")):
        ticket = run_queue.folder() / f"000000000{number}-odd.json"
        ticket.write_text(f'{{"run": "odd", "pid": {pid}, "pid_created": 1.0}}')
    with run_queue.turn("last", threading.Event()) as has_turn:
        assert has_turn


def test_whoever_waits_longer_goes_first() -> None:
    run_queue.enter("first", processes.identity())
    stop, heard = threading.Event(), []

    def wait(ahead: int) -> None:
        heard.append(ahead)
        stop.set()

    with run_queue.turn("second", stop, wait) as has_turn:
        assert not has_turn
    assert heard
    assert run_queue.waiting() == ["first"]


def test_whoever_reads_for_long_is_overtaken_but_keeps_its_place(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    me, stop = processes.identity(), threading.Event()
    run_queue.enter("reads", me, is_ready=False)
    with run_queue.turn("next", stop, lambda ahead: stop.set()) as has_turn:
        assert not has_turn
    monkeypatch.setattr(run_queue, "READING_SECONDS", 0)
    with run_queue.turn("next", threading.Event()) as has_turn:
        assert has_turn
    run_queue.enter("reads", me)
    assert run_queue.waiting() == ["reads"]
    stop.clear()
    with run_queue.turn("next", stop, lambda ahead: stop.set()) as has_turn:
        assert not has_turn


def test_so_many_hold_large_data_and_no_more() -> None:
    free, stopped = threading.Event(), threading.Event()
    with contextlib.ExitStack() as stack:
        for _ in range(run_queue.LARGE_PLACES):
            stack.enter_context(run_queue.place_for_large_data(free))()
        with run_queue.place_for_large_data(free), run_queue.turn("small", free) as has_turn:
            assert has_turn
        waiting = threading.Timer(0.5, stopped.set)
        waiting.start()
        with run_queue.place_for_large_data(stopped) as take, pytest.raises(Stopped):
            take()
    with run_queue.place_for_large_data(free) as take:
        take()


def test_a_turn_ends_with_its_block_and_excludes_others_until_then() -> None:
    stop = threading.Event()
    with run_queue.turn("one", threading.Event()) as has_turn:
        assert has_turn and run_queue.waiting() == []
        with run_queue.turn("two", stop, lambda ahead: stop.set()) as too:
            assert not too
    with run_queue.turn("three", threading.Event()) as has_turn:
        assert has_turn


def test_a_turn_needs_no_tidy_folder() -> None:
    """Somebody who empties the folder while runs wait costs nobody the turn."""
    run_queue.enter("one", processes.identity())
    for path in run_queue.folder().glob("*.json"):
        path.unlink()
    with run_queue.turn("one", threading.Event()) as has_turn:
        assert has_turn
