"""What is told of a batch that was left as it is."""

from __future__ import annotations

import pytest

from intents.intent import IntentId
from node.history.detail import NOBODY_ANSWERED, missed_row
from settlement.why_not import Reason, Unfilled


@pytest.mark.parametrize(
    ("reason", "answered", "why"),
    [
        (Reason.NO_BID, False, NOBODY_ANSWERED),
        (Reason.NO_BID, True, "no solver bid for it"),
        (Reason.OUT_OF_THE_MONEY, False, "out of the money"),
    ],
)
def test_history_says_when_no_solver_answered(reason: Reason, answered: bool, why: str) -> None:
    """That solvers passed an intent over is told apart from that there were no answers; the code stays."""
    found = missed_row(Unfilled(IntentId(b"i" * 32), reason, True, 0, None), b"owner", answered)
    assert (found.why, found.code) == (why, reason.name.lower())
