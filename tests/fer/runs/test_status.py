"""The states of a run are told apart by one pure function with a written precedence."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from fer.runs.status import ACTIVE, OVER, STATES, RunStatus, outcome, status_from

RECORDED = st.sampled_from(STATES) | st.text(max_size=12)


@given(RECORDED, st.booleans(), st.booleans())
def test_every_case_has_one_state_by_the_written_precedence(
    recorded: str, alive: bool, asked: bool
) -> None:
    found = outcome(recorded, alive, asked)
    assert found in STATES
    if recorded in OVER:
        assert found == recorded
    elif not alive or recorded not in ACTIVE:
        assert found == "lost"
    elif asked:
        assert found == "stopping"
    else:
        assert found == recorded


@given(RECORDED, st.booleans(), st.booleans())
def test_only_a_living_process_is_active_and_looking_twice_changes_nothing(
    recorded: str, alive: bool, asked: bool
) -> None:
    found = outcome(recorded, alive, asked)
    assert alive or found not in ACTIVE
    assert outcome(found, alive, asked) == found


@given(
    st.dictionaries(
        st.sampled_from(["state", "epoch", "epochs", "pid", "pid_created", "heartbeat", "new"]),
        st.none() | st.integers() | st.floats() | st.text(max_size=8) | st.lists(st.integers()),
    )
)
def test_a_damaged_status_is_refused_and_never_crashes(values: dict[str, object]) -> None:
    try:
        status = status_from(values)
    except (TypeError, ValueError):
        return
    assert status.state in STATES
    assert status.owner is None or not status.owner.is_alive()


@pytest.mark.parametrize(
    ("state", "heartbeat", "expected"),
    [
        ("running", 900.0, True),
        ("running", 980.0, False),
        ("queued", None, False),
        ("finished", 0.0, False),
    ],
)
def test_a_job_without_a_heartbeat_is_hung(
    state: str, heartbeat: float | None, expected: bool
) -> None:
    assert RunStatus(state=state, heartbeat=heartbeat).is_hung(now=1000.0) is expected
