"""What reading one data set may cost in memory, pixels and seconds, and whether it goes on."""

from __future__ import annotations

import io
import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO, Any

from fer import images
from fer.errors import OverBudget, Stopped
from fer.geometry import Image

MEMORY = 1536 * 1024**2
"""Bytes that the pictures of a data set may take together."""
LARGE = 256 * 1024**2
"""A data set that takes more than this is told while it is read."""
MAX_PIXELS = 200 * 10**9
"""Pixels that are decoded for a data set, at the size of their files: 16,000 photos of a phone."""
MAX_SECONDS = 1800.0
"""Seconds of CPU time that reading a data set may take."""

_SMALLEST_SIDE = 48


class Budget:
    """What is left to spend on one data set; readers ask it before every piece that they read.

    Once `should_stop` says so, the next piece raises `Stopped`; `OverBudget` is raised where the
    set costs too much. Only the time inside `reading` counts. `on_large` is called once where the
    pictures take more than `LARGE`, and may wait.
    """

    def __init__(
        self,
        should_stop: Callable[[], bool] = lambda: False,
        on_large: Callable[[], None] = lambda: None,
    ) -> None:
        self._should_stop = should_stop
        self._on_large = on_large
        self._bytes = self._pixels = 0
        self._seconds = 0.0
        self._since: float | None = None

    @contextmanager
    def reading(self) -> Iterator[None]:
        """What is done inside is reading; it may be nested."""
        if self._since is not None:
            yield
            return
        self._since = time.process_time()
        try:
            yield
        finally:
            self._seconds, self._since = self._spent(), None

    def check(self) -> None:
        """Raises `Stopped` or `OverBudget` where reading must not go on."""
        if self._should_stop():
            raise Stopped("reading was stopped.")
        if self._spent() > MAX_SECONDS:
            raise OverBudget(
                f"the data set takes more than {MAX_SECONDS / 60:g} minutes to read. "
                "Use a part of it, or save its pictures smaller."
            )

    def keep(self, num_bytes: int) -> None:
        """Counts memory that stays taken. Raises `OverBudget` where it is too much."""
        was_large = self._bytes > LARGE
        self._bytes += num_bytes
        if self._bytes > LARGE and not was_large:
            self._on_large()
        if self._bytes > MEMORY:
            raise OverBudget(
                f"the pictures of the data set need more than {MEMORY // 1024**2:,} MB of memory. "
                "Use a part of it, or save its pictures smaller."
            )

    def decode(self, data: bytes, name: str = "picture") -> Image:
        """`images.decode`, counted."""
        with self.reading():
            self.check()
            photo = images.decode_photo(data, name)
            self._pixels += photo.width * photo.height
        if self._pixels > MAX_PIXELS:
            raise OverBudget(
                f"the pictures of the data set have more than {MAX_PIXELS / 10**9:,g} gigapixels "
                "together. Use a part of it, or save its pictures smaller."
            )
        return photo.image

    def watched(self, stream: IO[bytes]) -> IO[bytes]:
        """The same stream, with a `check` before each piece that is read."""
        return io.BufferedReader(_Watched(stream, self.check))

    def _spent(self) -> float:
        running = 0.0 if self._since is None else time.process_time() - self._since
        return self._seconds + running


def bounded_side(longest: int, num_pictures: int) -> int:
    """The longer side in pixels at which so many RGB pictures fit in `MEMORY`; 48 at the least."""
    fits = math.isqrt(MEMORY // (3 * max(1, num_pictures)))
    return max(_SMALLEST_SIDE, min(longest, fits))


class _Watched(io.RawIOBase):
    """The bytes of a stream; `check` is called before each reading, and may raise."""

    def __init__(self, stream: IO[bytes], check: Callable[[], None]) -> None:
        self._stream = stream
        self._check = check

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return self._stream.seekable()

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        return self._stream.seek(offset, whence)

    def tell(self) -> int:
        return self._stream.tell()

    def readinto(self, buffer: Any, /) -> int:
        self._check()
        data = self._stream.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._stream.close()
        super().close()
