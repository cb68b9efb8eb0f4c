"""Streams that run in this server: a bounded number, or nobody's picture would move."""

from __future__ import annotations

import threading
import weakref

from dashboard.camera.stream import Stream
from dashboard.server.visitors import identity
from dashboard.server.visitors.places import Places

PLACES = Places(8, 2, "live streams are running")
_holders: weakref.WeakKeyDictionary[Stream, str] = weakref.WeakKeyDictionary()
_lock = threading.Lock()


def check(stream: Stream) -> None:
    """Raises `NoPlace` unless a stream has its place or can get one."""
    visitor = identity.current()
    with _lock:
        _check(stream, visitor)


def take(stream: Stream) -> None:
    """Gives a stream its place until it ends, or leaves. Raises `NoPlace`."""
    visitor = identity.current()
    with _lock:
        _check(stream, visitor)
        _holders[stream] = visitor


def leave(stream: Stream) -> None:
    """Frees the place of a stream that is not sent any more."""
    with _lock:
        _holders.pop(stream, None)


def _check(stream: Stream, visitor: str) -> None:
    if stream not in _holders:
        running = [who for other, who in _holders.items() if not other.ended]
        PLACES.check(visitor, running)
