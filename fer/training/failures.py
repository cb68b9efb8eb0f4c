"""Why a job failed, in a sentence for its user."""

from __future__ import annotations

import errno
from pathlib import Path

from fer.errors import FerError

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_FULL_MESSAGE = "No space left on device"
_MEMORY_MESSAGES = ("out of memory", "Unable to allocate", "Failed to allocate", "bad_alloc")


def reason(error: Exception) -> str | None:
    """The sentence, or None for an error that only a programmer can mend."""
    if isinstance(error, FerError):
        return str(error)
    if is_disk_full(error):
        return (
            f"the disk is full: {_file_of(error)} could not be written. Free some space and resume "
            "the run; it continues after the last finished epoch."
        )
    if is_out_of_memory(error):
        return (
            "there was not enough memory. Use a smaller batch size, a smaller input or fewer "
            "images (--limit)."
        )
    if isinstance(error, OSError):
        reason = error.strerror or str(error).rstrip(".")
        return f"{_file_of(error)} could not be read or written: {reason}."
    return None


def is_disk_full(error: Exception) -> bool:
    """Libraries wrap the system's error in errors of their own, but keep its message."""
    return getattr(error, "errno", None) in _FULL or _FULL_MESSAGE in str(error)


def is_out_of_memory(error: Exception) -> bool:
    # By name, because TensorFlow's errors are known only once it is loaded.
    is_tensorflows = type(error).__name__ == "ResourceExhaustedError"
    of_memory = getattr(error, "errno", None) == errno.ENOMEM
    is_said = any(message in str(error) for message in _MEMORY_MESSAGES)
    return isinstance(error, MemoryError) or is_tensorflows or of_memory or is_said


def _file_of(error: Exception) -> str:
    name = getattr(error, "filename", None)
    return Path(name).name if isinstance(name, str) else "a file"
