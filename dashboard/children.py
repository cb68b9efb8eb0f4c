"""Commands run as child processes, so that no page waits and none loads TensorFlow."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import streamlit as st

from dashboard.navigation import ROOT

_KEY = "_children"
_LONGEST_SECONDS = 900
_NICENESS = 10
_MOST_KEPT = 16
_STDOUT, _STDERR = "stdout.txt", "stderr.txt"


@dataclass(slots=True)
class Child:
    """One `python -m fer` command, its output, and a folder of its own that goes with it."""

    process: subprocess.Popen[bytes]
    folder: tempfile.TemporaryDirectory[str]
    began: float
    longest_seconds: float = _LONGEST_SECONDS

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.began

    def is_done(self) -> bool:
        """Whether it has ended; one that takes too long is ended."""
        if self.process.poll() is None and self.seconds > self.longest_seconds:
            self.process.kill()
            self.process.wait()
        return self.process.poll() is not None

    @property
    def output(self) -> str:
        """What it wrote to standard output."""
        return self._text(_STDOUT)

    @property
    def failure(self) -> str | None:
        """The sentence it failed with; None if it did not fail."""
        if self.process.returncode == 0:
            return None
        lines = [one for one in self._text(_STDERR).splitlines() if one.startswith("fer: ")]
        return lines[-1].removeprefix("fer: ") if lines else "The command ended unexpectedly."

    def _text(self, file: str) -> str:
        return (Path(self.folder.name) / file).read_text("utf-8", "replace")


def start(
    arguments: Sequence[str],
    folder: tempfile.TemporaryDirectory[str],
    longest_seconds: float = _LONGEST_SECONDS,
) -> Child:
    """Runs `python -m fer ARGUMENTS` at a low priority, and no longer than so many seconds."""
    own = Path(folder.name)
    with (own / _STDOUT).open("wb") as stdout, (own / _STDERR).open("wb") as stderr:
        process = subprocess.Popen(
            [sys.executable, "-m", "fer", *arguments],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
            env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "2"},
        )
    if os.name == "posix":
        psutil.Process(process.pid).nice(_NICENESS)
    return Child(process, folder, time.monotonic(), longest_seconds)


def finished(
    key: str,
    arguments: Sequence[str],
    words: str,
    out: tuple[str, str] | None = None,
    settings: Mapping[str, Any] | None = None,
) -> Child | None:
    """The ended child that stands for `key`; starts it where there is none, and shows `words` and
    the seconds so far until it has ended.

    `out` is a flag and the name of what the child is to write in its folder; `settings` become the
    file that `--settings` names.
    """
    kept: dict[str, Child] = st.session_state.setdefault(_KEY, {})
    if key not in kept:
        folder = tempfile.TemporaryDirectory(prefix="fer-")
        more = [out[0], str(Path(folder.name, out[1]))] if out else []
        if settings is not None:
            file = Path(folder.name, "settings.json")
            file.write_text(json.dumps(settings), "utf-8")
            more += ["--settings", str(file)]
        kept[key] = start([*arguments, *more], folder)
        while len(kept) > _MOST_KEPT:
            oldest = kept.pop(next(iter(kept)))
            oldest.process.kill()
    child = kept[key]
    if child.is_done():
        return child
    _wait(key, words)
    return None


def forget(key: str) -> None:
    """The next `finished` for `key` starts a new child."""
    kept: dict[str, Child] = st.session_state.setdefault(_KEY, {})
    child = kept.pop(key, None)
    if child is not None and not child.is_done():
        child.process.kill()


@st.fragment(run_every=0.7)
def _wait(key: str, words: str) -> None:
    child: Child | None = st.session_state.get(_KEY, {}).get(key)
    if child is None or child.is_done():
        st.rerun()
    st.info(f"{words} {child.seconds:.0f} s", icon="⏳")
