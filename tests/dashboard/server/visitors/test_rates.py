"""So much costly work a minute, for one visitor and for all."""

from __future__ import annotations

import pytest

from dashboard.photos import picture
from dashboard.server.visitors import rates
from dashboard.server.visitors.places import NoPlace
from dashboard.server.visitors.rates import Rate


class Clock:
    now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(rates, "time", clock)
    return clock


def taken(rate: Rate, visitor: str) -> int:
    """How much a visitor gets now."""
    for count in range(1000):
        try:
            rate.take_for(visitor)
        except NoPlace:
            return count
    raise AssertionError("there is no bound")


def test_a_visitor_gets_a_burst_and_then_so_many_a_minute(clock: Clock) -> None:
    rate = Rate(30, 1000, "pictures")
    assert taken(rate, "ann") == 60
    with pytest.raises(NoPlace, match=r"30 of your own pictures a minute\. Try again in 2 s"):
        rate.take_for("ann")
    clock.now += 20
    assert taken(rate, "ann") == 10
    assert taken(rate, "bob") == 60, "another has an allowance of their own"


def test_all_together_are_bounded_and_it_is_said(clock: Clock) -> None:
    rate = Rate(30, 40, "pictures")
    assert [taken(rate, name) for name in ("ann", "bob", "cleo")] == [60, 20, 0]
    with pytest.raises(NoPlace, match="40 of all visitors' pictures a minute"):
        rate.take_for("dora")


def test_whoever_stays_away_is_forgotten(clock: Clock) -> None:
    rate = Rate(30, 10**6, "pictures")
    for number in range(100):
        rate.take_for(f"visitor {number}")
    clock.now += 200
    rate.take_for("ann")
    assert set(rate._allowances) == {"ann", rates._ALL}


def test_costly_work_counts_more(clock: Clock) -> None:
    rate = Rate(30, 1000, "pictures")
    for _ in range(6):
        rate.take_for("ann", rates.EXPLANATION)
    with pytest.raises(NoPlace):
        rate.take_for("ann")


def test_a_photo_beyond_the_rate_is_not_decoded(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rates, "ANALYSES", Rate(0.25, 10, "pictures"))
    monkeypatch.setattr(picture, "_read", lambda *its: pytest.fail("it was read"))
    with pytest.raises(NoPlace, match="Try again in"):
        picture.read("a.jpg", b"", None)  # type: ignore[arg-type]
