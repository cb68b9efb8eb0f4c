"""A process that ends with the server:
`python -m dashboard.server.children.bound_process PID MODULE …`.

A server that is killed has no last word, so the process itself looks after its parent. Linux kills
it together with the thread that started it, which is why `running` starts all of them in one
thread; everywhere a second thread looks once a second whether the parent is still there.
"""

from __future__ import annotations

import ctypes
import os
import runpy
import signal
import sys
import threading
import time

import psutil

CHECK_SECONDS = 1.0
_PR_SET_PDEATHSIG = 1


def main() -> None:
    """Runs a module as `python -m MODULE ARGUMENTS` would, for as long as process PID lives."""
    parent, module, *arguments = sys.argv[1:]
    end_with(int(parent))
    sys.argv[1:] = arguments
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def end_with(parent: int) -> None:
    """Makes this process end when its parent does, or at once if that has happened already."""
    try:
        process = psutil.Process(parent)
    except psutil.NoSuchProcess:
        os._exit(1)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if _is_gone(process):
        os._exit(1)
    threading.Thread(target=_watch, args=(process,), name="watch on parent", daemon=True).start()


def _watch(parent: psutil.Process) -> None:
    while not _is_gone(parent):
        time.sleep(CHECK_SECONDS)
    os._exit(1)


def _is_gone(parent: psutil.Process) -> bool:
    if os.name == "posix":  # whose parent has ended gets another one
        return os.getppid() != int(parent.pid)
    return not bool(parent.is_running())


if __name__ == "__main__":
    main()
