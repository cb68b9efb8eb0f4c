"""How much costly work a visitor, and all of them together, may ask for in a time."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field

from dashboard.server.visitors import identity
from dashboard.server.visitors.places import NoPlace

_ALL = ""


@dataclass(slots=True)
class _Allowance:
    left: float
    seen: float


@dataclass(slots=True)
class Rate:
    """``Rate(300, 600, "pictures")``: so many a minute for one visitor and for all together, and
    twice as many at once after a pause. Safe to use from any thread."""

    a_minute_of_one: float
    a_minute: float
    what: str
    _allowances: dict[str, _Allowance] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, cost: float = 1.0) -> None:
        """Counts work that the visitor of this page asks for. Raises `NoPlace` where it is too
        much."""
        self.take_for(identity.current(), cost)

    def take_for(self, visitor: str, cost: float = 1.0) -> None:
        now = time.monotonic()
        with self._lock:
            self._forget(now)
            own = self._present(visitor, self.a_minute_of_one, now)
            all_ = self._present(_ALL, self.a_minute, now)
            if own.left < cost:
                raise NoPlace(self._refusal("your own", self.a_minute_of_one, cost - own.left))
            if all_.left < cost:
                raise NoPlace(self._refusal("all visitors'", self.a_minute, cost - all_.left))
            own.left -= cost
            all_.left -= cost

    def _present(self, visitor: str, a_minute: float, now: float) -> _Allowance:
        found = self._allowances.setdefault(visitor, _Allowance(2 * a_minute, now))
        gained = (now - found.seen) * a_minute / 60
        found.left, found.seen = min(2 * a_minute, found.left + gained), now
        return found

    def _forget(self, now: float) -> None:
        """Visitors whose allowance is whole again."""
        for visitor in [name for name, item in self._allowances.items() if now - item.seen > 120]:
            del self._allowances[visitor]

    def _refusal(self, whose: str, a_minute: float, missing: float) -> str:
        seconds = max(1, round(missing / a_minute * 60))
        return (
            f"this server analyses {a_minute:g} of {whose} {self.what} a minute. Try again in "
            f"{seconds} s."
        )


ANALYSES = Rate(300, 600, "pictures")
"""A reason for a prediction counts as `EXPLANATION` of them."""
EXPLANATION = 10.0
