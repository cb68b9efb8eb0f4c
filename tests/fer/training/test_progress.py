"""The best epoch and the plateau."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from fer.training.progress import LossTrace, Progress

figures = st.lists(st.tuples(st.floats(0, 1), st.floats(0, 5)), min_size=1, max_size=20)


@given(figures)
def test_the_best_epoch_has_the_highest_accuracy_and_then_the_least_loss(
    rows: list[tuple[float, float]],
) -> None:
    progress = Progress()
    for accuracy, loss in rows:
        progress.note(accuracy, loss)
        progress = progress.next_epoch()
    best = max(range(len(rows)), key=lambda row: (rows[row][0], -rows[row][1]))
    assert rows[progress.best_epoch - 1] == rows[best]
    assert progress.epoch == len(rows)


def test_the_rate_comes_down_after_three_epochs_without_gain() -> None:
    progress, factors = Progress(), []
    for loss in (2.0, 1.0, 1.0, 1.0, 1.0, 0.5, 0.6, 0.6, 0.6):
        progress.note(0.5, loss)
        progress = progress.next_epoch()
        factors.append(progress.plateau_factor)
    assert factors == pytest.approx([1, 1, 1, 1, 0.3, 0.3, 0.3, 0.3, 0.09])


def test_the_losses_of_many_batches_stay_few_points_with_their_means() -> None:
    trace, progress = LossTrace(), Progress()
    for batch in range(1, 1001):
        progress.seen += 10
        progress.loss_sum += 10 * batch
        trace.add(progress, batch / 1000)
    assert 20 < len(trace.points) <= LossTrace.MOST_POINTS
    batches, end = 0, 0.0
    for share, loss in trace.points:
        first, last = round(1000 * end) + 1, round(1000 * share)
        assert loss == pytest.approx((first + last) / 2)
        batches, end = batches + last - first + 1, share
    assert batches > 900
