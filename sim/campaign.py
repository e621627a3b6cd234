"""A fault campaign: many small worlds, each from its seed, each held to what must never happen.

No two decisions at a height. Every asset sums to zero, and every node comes to the same state. No intent that a
node acknowledged is lost. Nobody is accused who did not lie. What every honest node held is in the block.
Solvers lose exactly what their faults cost. Once faults stop, the chain goes on.
"""

from __future__ import annotations

import gc
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Final

from intents.errors import WalrasError
from intents.intent import IntentId
from node.agreement.timeouts import Timeouts
from node.chain.blocks import Phase, phase_of
from node.chain.memo import MAX_ENTRIES, Memo
from node.chain.tables import chain_of
from node.machine import Commit
from sim.campaign_market import DISHONEST, HONEST, first_state, genesis_of, intent_of, misdeeds, solvers, solving
from sim.cluster import Cluster, Member
from sim.faults import Faults, plan
from sim.invariants import Violation, Witness, settled, violations
from sim.kernel import Kernel
from sim.links import Links
from sim.tracing import Recent
from sim.workers import workers

HEIGHTS: Final = 20
HORIZON_US: Final = 60_000_000
TIMEOUTS: Final = Timeouts((100, 150, 100), 300, 150, 100, 100, early=False)
INTENTS: Final = 12
INTENTS_US: Final = 4_000_000
#: Of so many worlds one is without a memo: each of its nodes works everything out itself.
PLAIN_EVERY: Final = 16
#: Worlds a process takes at once, how often so many are handed out ahead for each process, and objects made
#: between looks for garbage: most of a world lives to its end.
CHUNK: Final = 16
AHEAD: Final = 8
GARBAGE: Final = 400_000


@dataclass(frozen=True, slots=True)
class World:
    """One world's end: what was violated, and how much happened. ``trace`` covers every decision and its time."""

    seed: int
    nodes: int
    violations: tuple[Violation, ...]
    events: int
    messages: int
    heights: int
    crashes: int
    trades: int
    trace: str


def run_world(seed: int, *, plain: bool | None = None, recent: Recent | None = None) -> World:
    """The world of ``seed``, from genesis until ``HEIGHTS`` are decided everywhere.

    ``plain``: without a memo, by default so for a share of the seeds. ``recent`` is shown everything that happens.
    """
    kernel = Kernel(seed)
    rng = kernel.stream("world")
    nodes = rng.choice((1, 4, 4, 4, 5, 7))
    faults = plan(rng, nodes, HORIZON_US // 2)
    links = Links(kernel, faults.links, faults.until_us)
    market = Market(rng.random() < 0.5, nodes)
    memo = Memo(0 if (seed % PLAIN_EVERY == 0 if plain is None else plain) else MAX_ENTRIES)
    cluster = Cluster(
        kernel,
        links,
        genesis_of(nodes),
        replace(TIMEOUTS, early=kernel.stream("windows").random() < 0.5),
        solvers={i: (solvers()[name], solving(name)) for i, name in market.honest.items()},
        memo=memo,
        first=first_state(nodes),
        twins=faults.twins,
    )
    faulty = Faults(cluster, links, faults)
    witness = Witness(cluster, faults.guilty, faults.wiped, HEIGHTS, market.committed)
    market.cluster = cluster
    if recent is not None:
        recent.attach(cluster)
    found: list[Violation] = []
    acknowledged: dict[IntentId, int] = {}
    for number in range(INTENTS):
        kernel.at(rng.randrange(INTENTS_US), _submit, cluster, rng.randrange(nodes), number, nodes, acknowledged)
    try:
        cluster.start()
        kernel.run(HORIZON_US)
    except Exception as error:
        # A node that raises is a violation like any other: the campaign goes on.
        found.append(Violation(seed, "exception", f"{type(error).__name__}: {error}"))
    found += violations(seed, witness, acknowledged)
    world = World(
        seed,
        nodes,
        tuple(found),
        kernel.events,
        links.sent,
        min(cluster.members[i].disk.height for i in witness.honest) + 1,
        faulty.crashed,
        settled(witness),
        witness.trace,
    )
    market.cluster = None
    cluster.end()
    kernel.forget()
    return world


class Market:
    """The solvers of a world, if it has any: honest ones on nodes, dishonest ones at the first nodes' doors."""

    def __init__(self, there: bool, nodes: int) -> None:
        self.honest = {i: name for i, name in enumerate(HONEST) if there and i < nodes}
        self.dishonest = {i % nodes: name for i, name in enumerate(DISHONEST)} if there else {}
        self.cluster: Cluster | None = None

    def committed(self, member: Member, commit: Commit) -> None:
        """After its node has decided a batch, a dishonest solver hands in what it should not."""
        name = self.dishonest.get(member.index)
        if name is not None and self.cluster is not None and phase_of(commit.height) is Phase.BATCH:
            app = member.machine.app
            for item in misdeeds(name, app.network, chain_of(app.state).auction):
                self.cluster.kernel.after(1_000, _hand_in, self.cluster, member.index, item)


def campaign(seeds: Sequence[int], processes: int, advance: Callable[[], None]) -> Iterator[World]:
    """The worlds of ``seeds`` in order, run on so many processes; ``advance`` is called after each."""
    if processes == 1 or len(seeds) < 2 * CHUNK:
        for seed in seeds:
            yield run_world(seed)
            advance()
        return
    chunks = (seeds[first : first + CHUNK] for first in range(0, len(seeds), CHUNK))
    with workers(processes, settle_in) as pool:
        waiting = deque(pool.submit(run_worlds, chunk) for chunk in islice(chunks, AHEAD * processes))
        while waiting:
            for world in waiting.popleft().result():
                yield world
                advance()
            waiting.extend(pool.submit(run_worlds, chunk) for chunk in islice(chunks, 1))


def run_worlds(seeds: Sequence[int]) -> list[World]:
    return [run_world(seed) for seed in seeds]


def settle_in() -> None:
    """What this process has loaded stays, so looking through it for garbage is in vain."""
    gc.freeze()
    gc.set_threshold(GARBAGE, 20, 20)


def _hand_in(cluster: Cluster, index: int, item: bytes) -> None:
    try:
        cluster.submit(index, item)
    except WalrasError:
        return


def _submit(cluster: Cluster, index: int, number: int, nodes: int, acknowledged: dict[IntentId, int]) -> None:
    """A user hands in an intent; it is acknowledged once the node has stored it."""
    item, intent = intent_of(nodes, number)
    cluster.submit(index, item)
    member = cluster.members[index]
    if member.alive and any(kept == item for kept in member.disk.items.values()):
        acknowledged[intent] = index
