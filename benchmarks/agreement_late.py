"""What validators that propose late on purpose cost the others, in virtual time: exact, and the same anywhere.

``python -m benchmarks.agreement_late [--batches N] [--json]`` runs clusters of the node's own machines on links of
one fixed delay. As many validators as may be faulty keep their proposals back until another has given up on them,
and send them then: too late to be decided, and soon enough to be heard. It prints the mean and the worst batch
with honest proposers, with late ones, and with slow bodies, whoever sends them.
"""

from __future__ import annotations

import argparse
import json
import statistics
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import pairwise
from typing import Any

from benchmarks.agreement_phases import Hops
from node.agreement.effects import SetTimer
from node.agreement.messages import Body, Proposal, Vote
from node.agreement.timeouts import Timeouts
from node.chain.blocks import Phase, phase_of
from node.effects import Effect
from node.machine import Commit
from sim.campaign_market import genesis_of
from sim.cluster import Cluster, Member
from sim.kernel import Kernel

SIZES = (4, 7, 10)
HOP_MS = 5
#: Longer than the first two waits for a proposal, without slack.
SLOW_MS = 1_800
WATCHED = -1


@dataclass(frozen=True, slots=True)
class Row:
    """Seconds; ``wait_s``: the longest that anybody set out to wait in the first round of any height."""

    validators: int
    late: int
    slow: bool
    mean_s: float
    worst_s: float
    wait_s: float


class Late(Hops):
    """Holds proposals of ``late`` validators back until somebody gives up on their round; bodies of all may take
    ``slow_us`` more."""

    def __init__(self, kernel: Kernel, hop_us: int, late: frozenset[int], slow_us: int = 0) -> None:
        super().__init__(kernel, hop_us)
        self.late, self.slow_us = late, slow_us
        self._held: dict[tuple[int, int], list[tuple[Callable[..., None], tuple[Any, ...]]]] = {}
        self._given_up: set[tuple[int, int]] = set()

    def send(self, source: int, target: int, deliver: Callable[..., None], *arguments: Any) -> None:
        message = arguments[-1]
        if isinstance(message, Proposal) and source in self.late:
            place = (message.height, message.round)
            if place not in self._given_up:
                self._held.setdefault(place, []).append((deliver, arguments))
                return
        if isinstance(message, Vote) and message.block is None and source not in self.late:
            self._release((message.height, message.round))
        more_us = self.slow_us if isinstance(message, Body) else 0
        self.kernel.after(self.hop_us + more_us, deliver, *arguments)

    def _release(self, place: tuple[int, int]) -> None:
        self._given_up.add(place)
        for deliver, arguments in self._held.pop(place, ()):
            # The vote must reach the late one first.
            self.kernel.after(2 * self.hop_us, deliver, *arguments)


def measure(validators: int, late: int, slow: bool, batches: int) -> Row:
    kernel = Kernel(1)
    places = [place * validators // late for place in range(late)]
    links = Late(kernel, HOP_MS * 1_000, frozenset(places), SLOW_MS * 1_000 if slow else 0)
    cluster = Cluster(kernel, links, replace(genesis_of(validators), bonds={}), Timeouts())
    ends_us: list[int] = []
    waits_ms: list[int] = [0]

    def committed(member: Member, commit: Commit) -> None:
        if member is cluster.members[WATCHED] and phase_of(commit.height) is Phase.SETTLE:
            ends_us.append(kernel.now_us)

    def watch(member: Member, effect: Effect) -> None:
        if isinstance(effect, SetTimer) and effect.timer.kind.name == "OVERDUE" and effect.timer.round == 0:
            waits_ms.append(effect.after_ms)

    cluster.committed, cluster.watch = committed, watch
    cluster.start()
    kernel.run(10**12, lambda: len(ends_us) > batches)
    lengths_s = [(later - sooner) / 1e6 for sooner, later in pairwise(ends_us)]
    return Row(validators, late, slow, statistics.fmean(lengths_s), max(lengths_s), max(waits_ms) / 1e3)


def rows(sizes: Sequence[int], batches: int) -> list[Row]:
    found = []
    for validators in sizes:
        faulty = (validators - 1) // 3
        found += [
            measure(validators, late, slow, batches) for late, slow in ((0, False), (faulty, False), (0, True))
        ]
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--batches", type=int, default=20)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    found = rows(SIZES, options.batches)
    if options.json:
        print(json.dumps([asdict(row) for row in found]))
        return
    print("validators  late  bodies   mean    worst   longest wait at first")
    for row in found:
        print(
            f"{row.validators:10}  {row.late:4}  {'slow' if row.slow else 'quick':6} {row.mean_s:6.2f}s"
            f" {row.worst_s:6.2f}s  {row.wait_s:6.2f}s"
        )


if __name__ == "__main__":
    main()
