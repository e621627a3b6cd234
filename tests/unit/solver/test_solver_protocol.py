"""Deadlines: by the clock, or by work that is counted and knows no clock."""

from __future__ import annotations

import time

from solver.protocol import UNITS_PER_S, Deadline


def test_a_budget_of_work_does_not_see_time() -> None:
    """Only what is spent brings the end nearer, to the unit."""
    deadline = Deadline.work(1_000)
    time.sleep(0.01)
    assert deadline.remaining_s == 1_000 / UNITS_PER_S
    seen = [deadline.passed]
    for units in (999, 1):
        deadline.spend(units)
        seen.append(deadline.passed)
    assert seen == [False, False, True]
    assert deadline.remaining_s == 0.0


def test_parts_share_the_meter() -> None:
    """What a step spends under its part of the budget, the whole budget has lost too."""
    deadline = Deadline.work(1_000)
    step = deadline.part(0.25)
    step.spend(250)
    assert step.passed
    assert deadline.remaining_s == 750 / UNITS_PER_S


def test_work_is_not_counted_where_time_is() -> None:
    """Spending leaves a deadline by the clock where it was, and only that one limits calls by time."""
    deadline = Deadline.after(100.0, seed=7)
    deadline.spend(10**12)
    assert not deadline.passed
    assert deadline.part(0.5).seed == 7
    assert deadline.guard_s is not None
    assert Deadline.work(5).guard_s is None
