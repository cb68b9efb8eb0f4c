"""A press of Start counts once, and not for a later visit."""

from __future__ import annotations

import pytest

from dashboard import start_button


def test_a_press_counts_once() -> None:
    form = start_button.Form()
    assert not form.take()
    form.ask(0)
    form.ask(0)
    assert form.take()
    assert not form.take()


def test_a_press_whose_page_was_left_counts_for_no_later_visit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    form, now = start_button.Form(), 100.0
    monkeypatch.setattr(start_button.time, "monotonic", lambda: now)
    form.ask(0)
    now += 120
    assert not form.take()


def test_what_was_started_begins_a_turn() -> None:
    form = start_button.Form()
    form.started("a")
    assert (form.newest, form.turn) == ("a", 1)


def test_quick_presses_start_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that came while the first one was at work, and those on the button after it."""
    form, now = start_button.Form(), 100.0
    monkeypatch.setattr(start_button.time, "monotonic", lambda: now)
    form.ask(0)
    assert form.take()
    form.started("a")
    form.ask(0)
    assert not form.take()
    form.ask(1)
    assert not form.take()
    now += start_button.QUIET_SECONDS
    form.ask(0)
    assert not form.take()
    form.ask(1)
    assert form.take()
