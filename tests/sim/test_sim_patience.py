"""Validators that propose late: on purpose, which costs their own turns alone, and because all are slow."""

from __future__ import annotations

import pytest

from benchmarks.agreement_late import measure
from node.agreement.timeouts import Timeouts

PROPOSE_S = Timeouts().propose_ms / 1_000


@pytest.mark.parametrize(("validators", "late"), [(4, 1), (7, 2), (10, 3)])
def test_late_proposers_cost_their_own_turns_alone(validators: int, late: int) -> None:
    """As many as may be faulty wait until others have given up on them, every time: of three heights on end one is
    a turn of theirs, and takes a wait and some hops more."""
    found = measure(validators, late, False, 6)
    assert found.wait_s == PROPOSE_S
    honest = measure(validators, 0, False, 6)
    assert honest.worst_s + PROPOSE_S < found.worst_s < honest.worst_s + 1.1 * PROPOSE_S


@pytest.mark.parametrize("validators", [1, 4, 7])
def test_where_all_are_slow_heights_begin_with_more_patience(validators: int) -> None:
    """Bodies of 1.8 s: in the end a height begins with a wait that is longer than that."""
    assert measure(validators, 0, True, 10).wait_s > (1.8 if validators > 1 else 0)
