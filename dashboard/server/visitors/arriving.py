"""An upload on its way: how much of it has come, and whether it comes at all."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from starlette.exceptions import HTTPException
from starlette.types import Message, Receive

SLOWEST_BYTES = 10 * 1024
"""A second, on average, once `PATIENCE_SECONDS` have passed: a telephone in a poor network."""
PATIENCE_SECONDS = 60.0


class Refused(Exception):
    """The rest of an upload has no place; it was read and thrown away."""


def watched(receive: Receive, is_taken: Callable[[int], bool]) -> Receive:
    """The messages of a request. `is_taken` is told how many bytes have come.

    They raise `Refused` once it says no, and `HTTPException` for a sender who is too slow.
    """
    began, received = time.monotonic(), 0

    async def next_message() -> Message:
        nonlocal received
        try:
            message = await asyncio.wait_for(receive(), PATIENCE_SECONDS)
        except TimeoutError:
            raise _too_slow() from None
        received += len(message.get("body", b""))
        seconds = time.monotonic() - began
        if seconds > PATIENCE_SECONDS and received < SLOWEST_BYTES * seconds:
            raise _too_slow()
        return message

    async def message_or_refusal() -> Message:
        message = await next_message()
        if message["type"] == "http.request" and not is_taken(received):
            while message.get("more_body", False):
                message = await next_message()
            raise Refused
        return message

    return message_or_refusal


def _too_slow() -> HTTPException:
    slowest = SLOWEST_BYTES // 1024
    return HTTPException(408, f"The upload was stopped: it was slower than {slowest} KB a second.")
