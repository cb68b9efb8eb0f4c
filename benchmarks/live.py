"""The live page against a page whose callback does nothing, in a real browser with a fake camera.

    python -m benchmarks.live                   about 15 minutes, three trials of everything
    python -m benchmarks.live --visitors 3      the part with three visitors alone
    python -m benchmarks.live --short           one short trial, to see that it works
    python -m benchmarks.live --soak 10         ten minutes of one stream: memory and threads

Both arms alternate in one run. The film (640×480, 30 frames a second, one face) carries its frame
number; the numbers that come back are read through a canvas, and so are those of the camera's own
preview in the same page, by the same clock. Nothing else should run on the machine.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

import psutil
from playwright.sync_api import Browser

from benchmarks import live_visit
from benchmarks.live_visit import ROOT, Arm, Lengths

WANTED_OF_ONE = """
Wanted: frames at least 0.8 of the empty callback's, p95 at most 1.5 times its, analysis under 25
ms. Delay: from the camera's preview to the picture that came back, by one clock.
"""
WANTED_OF_THREE = """
Wanted: the slowest at least 0.7 of the fastest, and none below 0.6 of what the three visitors of an
empty callback get.
"""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--short", action="store_true", help="one short trial")
    parser.add_argument("--soak", type=float, metavar="MINUTES", help="one long stream instead")
    parser.add_argument("--visitors", type=int, choices=(1, 3), help="this part alone")
    options = parser.parse_args()
    lengths = Lengths(5, 8, 1) if options.short else Lengths(10, 30, 3)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        browser = stack.enter_context(live_visit.camera_browser(folder))
        page = ROOT / "streamlit_app.py"
        ours = stack.enter_context(live_visit.served("ours", page, "live", True))
        print(f"load average before: {os.getloadavg()[0]:.1f}; {os.cpu_count()} cores\n")
        if options.soak:
            _soak(browser, ours, options.soak)
            return
        empty = stack.enter_context(live_visit.served_empty(folder))
        if options.visitors != 3:
            _one(browser, empty, ours, lengths)
        if options.visitors != 1:
            _three(browser, empty, ours, lengths)


def _one(browser: Browser, empty: Arm, ours: Arm, lengths: Lengths) -> None:
    _row("trial", "arm", "frames/s", "of empty", "delay p50, ms", "p95", "of empty", "analysis, ms")
    _row(*["---"] * 8)
    for trial in range(1, lengths.trials + 1):
        floor = live_visit.watch(browser, empty, lengths)
        seen = live_visit.watch(browser, ours, lengths)
        for arm, one in ((empty, floor), (ours, seen)):
            _row(
                trial,
                arm.name,
                f"{one.frames_per_second:.1f}",
                f"{one.frames_per_second / floor.frames_per_second:.2f}",
                f"{one.p50:.0f}",
                f"{one.p95:.0f}",
                f"{one.p95 / floor.p95:.2f}",
                "–" if one.analysis is None else f"{one.analysis:.0f}",
            )
    print(WANTED_OF_ONE)


def _three(browser: Browser, empty: Arm, ours: Arm, lengths: Lengths) -> None:
    _row("trial", "arm", "frames/s of three", "slowest of fastest", "slowest of empty's mean")
    _row(*["---"] * 5)
    for trial in range(1, lengths.trials + 1):
        floor = live_visit.watch_three(browser, empty, lengths)
        rates = live_visit.watch_three(browser, ours, lengths)
        for arm, found in ((empty, floor), (ours, rates)):
            _row(
                trial,
                arm.name,
                ", ".join(f"{rate:.1f}" for rate in sorted(found)),
                f"{min(found) / max(found):.2f}",
                f"{min(found) / statistics.mean(floor):.2f}",
            )
    print(WANTED_OF_THREE)


def _soak(browser: Browser, arm: Arm, minutes: float) -> None:
    """Memory and threads of the server through one long stream."""
    server = psutil.Process(arm.pid)
    samples: list[tuple[float, float, int]] = []
    with live_visit.visitor(browser, arm) as (page, frame):
        started = time.monotonic()
        _row("minute", "MB", "threads", "frames/s")
        _row(*["---"] * 4)
        while (passed := (time.monotonic() - started) / 60) < minutes:
            seen = live_visit.numbers(frame, page, 10, arm.mirrored, camera=False)
            memory, threads = server.memory_info().rss / 1024**2, server.num_threads()
            samples.append((passed, memory, threads))
            if len(samples) % 6 == 1:
                _row(f"{passed:.1f}", f"{memory:.0f}", threads, f"{seen.frames_per_second:.1f}")
    settled = [one for one in samples if one[0] >= min(2, minutes / 2)]
    first = statistics.median(memory for _, memory, _ in settled[:6])
    last = statistics.median(memory for _, memory, _ in settled[-6:])
    counts = [threads for _, _, threads in settled]
    print(
        f"\nAfter minute two: {first:.0f} to {last:.0f} MB, {last / first - 1:+.1%} (wanted: under "
        f"+5%); {min(counts)} to {max(counts)} threads (wanted: constant)."
    )


def _row(*cells: object) -> None:
    print(f"| {' | '.join(map(str, cells))} |", flush=True)


if __name__ == "__main__":
    main()
