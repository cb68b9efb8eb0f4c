"""Runs cases in a process of their own, and tells what went wrong."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field

from fer.storage import folders

MOST_SECONDS = 5.0
"""Of CPU time, for one case."""
KILL_SECONDS = 60.0
"""A case that answers nothing for so long hangs, however busy the computer is."""
MOST_MEGABYTES = 2048.0


@dataclass
class Result:
    cases: int = 0
    seconds: float = 0.0
    slowest: float = 0.0
    peak_megabytes: float = 0.0
    findings: list[str] = field(default_factory=list)


class _Worker:
    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.fuzz.worker"],
            cwd=folders.ROOT,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self.answers: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def _listen(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.answers.put(line)
        self.answers.put("")

    def ask(self, kind: str, number: int) -> dict[str, object]:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{kind} {number}\n")
        self.process.stdin.flush()
        try:
            answer = self.answers.get(timeout=KILL_SECONDS)
        except queue.Empty:
            return {"error": f"no answer within {KILL_SECONDS:g} s", "is_over": True}
        if not answer:
            return {"error": f"the process died: {self.process.wait()}", "is_over": True}
        found: dict[str, object] = json.loads(answer)
        return found

    def end(self) -> None:
        self.process.kill()
        self._listener.join()
        with self.process:
            pass  # waits, and closes its pipes


def run(numbered: Iterable[tuple[str, int]]) -> Result:
    """Reads every case; a case that kills or stops its process costs a new one."""
    result, began, worker = Result(), time.monotonic(), _Worker()
    try:
        for kind, number in numbered:
            answer = worker.ask(kind, number)
            result.cases += 1
            finding = wrong(answer)
            if finding:
                result.findings.append(f"{kind} {number}: {finding}")
            result.slowest = max(result.slowest, float(str(answer.get("seconds", 0))))
            result.peak_megabytes = max(result.peak_megabytes, float(str(answer.get("peak", 0))))
            if answer.get("is_over") or float(str(answer.get("peak", 0))) > MOST_MEGABYTES:
                worker.end()
                worker = _Worker()
    finally:
        worker.end()
    result.seconds = time.monotonic() - began
    return result


def wrong(answer: dict[str, object]) -> str:
    if answer["error"]:
        return str(answer["error"]).strip()
    if float(str(answer["seconds"])) > MOST_SECONDS:
        return f"it took {answer['seconds']:.1f} s"
    if float(str(answer["peak"])) > MOST_MEGABYTES:
        return f"it took {answer['peak']:.0f} MB"
    return ""
