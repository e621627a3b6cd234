"""A solver on a machine that is slow to hear and to be heard, and one that does not open its seals."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import pytest

from node.agreement.timeouts import Timeouts
from node.chain.blocks import Phase, phase_of
from node.chain.items import Reveal, decode_item
from node.machine import Commit
from settlement.ledger.accounts import bond_of
from settlement.ledger.books import BALANCES
from sim.campaign_market import BOND, A, genesis_of, solvers, solving
from sim.cluster import Cluster, Member
from sim.kernel import Kernel
from tests.pool_traders import intent

VALIDATORS, SOLVER = 4, "naive"
ACCOUNT = b"\0" + solvers()[SOLVER].public
AUCTIONS = 3
HOP_US = 5_000


@dataclass
class Links:
    """Of one delay, ``more_us`` longer to and from the solver's node; its reveals pass unless ``withheld``."""

    kernel: Kernel
    more_us: int
    withheld: bool

    def send(self, source: int, target: int, deliver: Callable[..., None], *arguments: Any) -> None:
        items = arguments[3] if source == VALIDATORS and arguments[1] == "hear" else ()
        if not self._withheld(items):
            self.kernel.after(HOP_US + self.more_us * (VALIDATORS in (source, target)), deliver, *arguments)

    def spread(self, source: int, targets: Sequence[int], deliver: Callable[..., None], what: Any) -> None:
        items = what if source == VALIDATORS and isinstance(what, tuple) else ()
        for target in () if self._withheld(items) else targets:
            self.send(source, target, deliver, target, source, what)

    def _withheld(self, items: Sequence[bytes]) -> bool:
        return self.withheld and any(isinstance(decode_item(data), Reveal) for data in items)

    def cut(self, group: set[int]) -> None:
        raise AssertionError("nothing is cut here")

    def heal(self) -> None:
        raise AssertionError("nothing is cut here")


def run(timeouts: Timeouts, more_ms: int = 0, withheld: bool = False) -> tuple[int, float]:
    """What the solver has left of its bond after a few auctions, and the longest of them in seconds."""
    kernel, genesis = Kernel(1), genesis_of(VALIDATORS)
    cluster = Cluster(
        kernel,
        Links(kernel, more_ms * 1_000, withheld),
        replace(genesis, bonds={ACCOUNT: (SOLVER, BOND)}),
        timeouts,
        solvers={VALIDATORS: (solvers()[SOLVER], solving(SOLVER))},
        followers=1,
    )
    ends_us: list[int] = []

    def committed(member: Member, commit: Commit) -> None:
        if member.index == 0 and phase_of(commit.height) is Phase.SETTLE:
            ends_us.append(kernel.now_us)

    cluster.committed = committed
    network = cluster.members[0].machine.app.network
    cluster.start()
    for number in range(AUCTIONS * 4):
        kernel.at(number * 400_000, cluster.submit, 0, intent(network, number))
    kernel.run(10**12, lambda: len(ends_us) > AUCTIONS)
    left = cluster.members[0].machine.app.state.get(BALANCES, (bond_of(ACCOUNT), A)) or 0
    return left, max(later - sooner for sooner, later in pairwise(ends_us)) / 1e6


@pytest.mark.parametrize("more_ms", [0, 300, 600])
def test_who_was_in_time_to_seal_is_in_time_to_open(more_ms: int) -> None:
    """On a machine that hears everything late and is heard late its bond stays whole where windows end early."""
    left, longest_s = run(Timeouts(), more_ms)
    assert left == BOND
    assert longest_s < 4


def test_where_windows_run_whole_the_last_one_is_all_there_is() -> None:
    """Half a second by default: a machine late by 0.6 s each way is taken for one that does not open."""
    assert run(Timeouts(early=False), 600)[0] < BOND


def test_who_does_not_open_pays_and_holds_up_one_batch_by_a_window() -> None:
    """A tenth of the bond, and of what is left again three auctions later; and for each two seconds, not more."""
    left, longest_s = run(Timeouts(), withheld=True)
    assert left == BOND * 81 // 100
    assert 2 < longest_s < 1.2 + 2
