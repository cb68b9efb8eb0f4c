"""Commands of visitors: few at a time, none without its visitor."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.server import child_commands
from dashboard.server.children.running import Child
from tests.helpers import is_alive


@pytest.fixture(autouse=True)
def ended(command: Callable[[str], None]) -> Iterator[None]:
    yield
    for child in list(child_commands._of_visitors):
        child.end()
    child_commands._of_visitors.clear()


def visitor() -> AppTest:
    """A session that asks for commands: a key and the arguments of each."""

    def page() -> None:
        import streamlit as st

        from dashboard.server import child_commands

        for key, arguments in st.session_state["asked"].items():
            child = child_commands.run(key, arguments.split(), f"Doing {key} …")
            if child is not None:
                st.markdown(child.failure or f"{key} is done")

    return AppTest.from_function(page, default_timeout=60)


def ask(page: AppTest, **asked: str) -> dict[str, Child | None]:
    """The children of a session, once it has asked for these."""
    page.session_state["asked"] = asked
    page.run()
    assert not page.exception
    return {key: request.child for key, request in page.session_state[child_commands._KEY].items()}


def shown_text(page: AppTest) -> str:
    return " ".join(element.value for element in (*page.info, *page.markdown))


def test_another_of_its_kind_ends_the_one_before() -> None:
    page = visitor()
    first = ask(page, size_48="networks --size 48")["size_48"]
    rate = ask(page, size_48="networks --size 48", rate="find-rate")["rate"]
    after = ask(page, size_64="networks --size 64")
    assert first is not None and rate is not None
    assert set(after) == {"rate", "size_64"}
    assert not is_alive(first.process.pid) and not Path(first.folder.name).exists()
    assert is_alive(rate.process.pid)


def test_an_ended_one_of_its_kind_is_kept(command: Callable[[str], None]) -> None:
    command("")
    page = visitor()
    first = ask(page, one="networks")["one"]
    assert first is not None
    first.process.wait(240)
    second = ask(page, two="networks")["two"]
    assert second is not None
    second.process.wait(240)
    assert ask(page, one="networks")["one"] is first
    assert "one is done" in shown_text(page)


def test_the_server_does_a_few_at_a_time_and_the_others_say_that_they_wait() -> None:
    pages = [visitor() for _ in range(child_commands.PLACES.most)]
    at_work = [ask(page, it="networks")["it"] for page in pages]
    late = visitor()
    assert ask(late, it="networks") == {"it": None}
    assert "Waiting for other commands" in shown_text(late)
    assert "Doing it" in shown_text(pages[0]) and "Waiting" not in shown_text(pages[0])
    first = at_work[0]
    assert first is not None
    first.end()
    begun = ask(late, it="networks")["it"]
    assert begun is not None and is_alive(begun.process.pid)
    assert "Waiting" not in shown_text(late)


def test_only_so_many_wait_and_whoever_comes_then_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child_commands, "MOST_WAITING", 2)
    pages = [visitor() for _ in range(child_commands.PLACES.most)]
    first, *_ = [ask(page, it="networks")["it"] for page in pages]
    waiting = [visitor() for _ in range(2)]
    assert [ask(page, it="networks") for page in waiting] == [{"it": None}] * 2
    late = visitor()
    assert ask(late, it="networks") == {}
    assert "Too many commands are waiting" in late.warning[0].value
    assert first is not None
    first.end()
    assert ask(waiting[0], it="networks")["it"] is not None
    assert ask(late, it="networks") == {"it": None}
    assert not late.warning


def test_one_visitor_cannot_have_all_places() -> None:
    greedy, other = visitor(), visitor()
    three = {"network": "networks", "rate": "find-rate", "faces": "inspect"}
    children = list(ask(greedy, **three).values())
    assert children[-1] is None and None not in children[:-1]
    assert "Waiting for other commands" in shown_text(greedy)
    assert ask(other, it="networks")["it"] is not None
    assert child_commands.PLACES.most_of_one == 2 < child_commands.PLACES.most


def test_of_some_kinds_one_runs_at_a_time_and_the_next_visitor_sees_that_it_waits() -> None:
    first, second = visitor(), visitor()
    teaching = ask(first, it="teach")["it"]
    assert teaching is not None
    asked = {"it": "teach", "other": "networks"}
    waiting = ask(second, **asked)
    assert waiting["it"] is None and waiting["other"] is not None
    assert "Waiting for other commands" in shown_text(second)
    teaching.end()
    assert ask(second, **asked)["it"] is not None


def test_no_more_than_sixteen_are_kept(command: Callable[[str], None]) -> None:
    command("")
    page = visitor()
    for number in range(child_commands._MAX_KEPT + 2):
        child = ask(page, **{f"number_{number}": "networks"})[f"number_{number}"]
        assert child is not None
        child.process.wait(240)
    kept = page.session_state[child_commands._KEY]
    assert len(kept) == child_commands._MAX_KEPT and "number_0" not in kept


def test_what_is_forgotten_ends() -> None:
    page = visitor()
    child = ask(page, it="networks")["it"]
    assert child is not None

    def forgetting() -> None:
        from dashboard.server import child_commands

        child_commands.discard("it")
        child_commands.discard("what never was")

    again = AppTest.from_function(forgetting, default_timeout=60)
    again.session_state[child_commands._KEY] = page.session_state[child_commands._KEY]
    assert not again.run().exception
    assert not is_alive(child.process.pid)
