"""Which uploads were asked for, how many bytes they may take, and why one was not kept."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

MOST_BYTES = 2560 * 1024**2
"""Uploads, and faces captured of them or of a stream, that the server holds for all visitors."""
MOST_SESSION_BYTES = 1280 * 1024**2
"""Uploads of one page: the largest data set, and something beside it."""
STEP_BYTES = 1024**2
"""So much more than has come an upload on its way counts for, until it is all there."""
MOST_ASKED = 1000
"""Files of one page that may be on their way."""
SETTLING_SECONDS = 10.0
"""So long after its arrival a file may not be known to its page yet."""
UNSEEN_SECONDS = 120.0
"""So long after its arrival a file that no page has asked for is freed."""

FULL = (
    f"this server holds {MOST_BYTES / 1024**3:g} GB of uploads and captures, which is all it "
    "takes. Try again in a few minutes."
)
TOO_MUCH = (
    f"this page holds {MOST_SESSION_BYTES / 1024**3:g} GB of uploads and captures, which is all it "
    "may. Remove others first, or start what they are for."
)


@dataclass(slots=True)
class Asked:
    """A file that an upload field announced: its name, the bytes on their way, when it came, and
    whether a page has `seen` it; `refusal` says why its bytes were not kept."""

    name: str
    arriving: int = 0
    arrived: float | None = None
    seen: bool = False
    refusal: str | None = None


@dataclass(slots=True)
class Ledger:
    """The files of all sessions; safe to use from any thread."""

    sessions: dict[str, dict[str, Asked]] = field(default_factory=dict)
    admitted: set[str] = field(default_factory=set)
    """Sessions that were shown a page."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def ask(self, session: str, names: Sequence[tuple[str, str]]) -> None:
        """Notes ids and names of files that a session is about to send."""
        with self._lock:
            asked = self.sessions.setdefault(session, {})
            asked.update((file, Asked(name)) for file, name in names)
            for file in list(asked)[: max(0, len(asked) - MOST_ASKED)]:
                del asked[file]

    def get(self, session: str, file: str) -> Asked | None:
        with self._lock:
            return self.sessions.get(session, {}).get(file)

    def begin(self, session: str, file: Asked, size: int, held: int, held_by_all: int) -> None:
        """A file of so many bytes is coming, beside what is held; it may be refused."""
        with self._lock:
            file.arriving, file.refusal = 0, self._refusal(session, size, held, held_by_all)
            if file.refusal is None:
                file.arriving = min(size, STEP_BYTES)

    def extend(self, session: str, file: Asked, size: int, held: int, held_by_all: int) -> None:
        """So much of a file has come or comes next, beside what is held; the rest may be refused.
        What a sender only promises takes no place: a slow one would have all of them."""
        with self._lock:
            file.arriving = 0
            file.refusal = self._refusal(session, size, held, held_by_all)
            if file.refusal is None:
                file.arriving = size

    def refusal(self, session: str, size: int, held: int, held_by_all: int) -> str | None:
        """Why a page cannot keep so many bytes more beside what is held; None where it can."""
        with self._lock:
            return self._refusal(session, size, held, held_by_all)

    def _refusal(self, session: str, size: int, held: int, held_by_all: int) -> str | None:
        own = sum(other.arriving for other in self.sessions.get(session, {}).values())
        all_ = sum(other.arriving for files in self.sessions.values() for other in files.values())
        if held + own + size > MOST_SESSION_BYTES:
            return TOO_MUCH
        return FULL if held_by_all + all_ + size > MOST_BYTES else None

    def end(self, file: Asked) -> None:
        """It has come, or its sender has gone."""
        with self._lock:
            file.arriving, file.arrived = 0, time.monotonic()

    def forgotten(self, session: str, files: Iterable[str], shown: set[str]) -> list[str]:
        """Those of a session's files that no field of its page shows any more."""
        now = time.monotonic()
        with self._lock:
            asked = self.sessions.get(session, {})
            if any(other.arriving for other in asked.values()):
                return []  # a field tells of its files once all have come
            return [
                file
                for file in files
                if file not in shown
                and file in asked
                and now - (asked[file].arrived or now) >= SETTLING_SECONDS
            ]

    def unseen(self) -> list[tuple[str, str]]:
        """Session and id of each file that came and that no page has asked for since."""
        oldest = time.monotonic() - UNSEEN_SECONDS
        with self._lock:
            return [
                (session, file)
                for session, files in self.sessions.items()
                if not any(other.arriving for other in files.values())
                for file, asked in files.items()
                if not asked.seen and asked.arrived is not None and asked.arrived <= oldest
            ]

    def close(self, session: str) -> None:
        """The session has ended."""
        with self._lock:
            self.sessions.pop(session, None)
            self.admitted.discard(session)
