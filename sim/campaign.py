"""A fault campaign: many small worlds, each from its seed, each held to what must never happen.

No two decisions at a height. Every asset sums to zero. No intent that a node acknowledged is lost. Nobody is
accused who did not lie. What every honest node held is in the block. Once faults stop, the chain goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from multiprocessing import get_context
from typing import Final

from intents.assets import AssetId, AssetInfo
from intents.codec import intent_id
from intents.intent import NEVER, Intent, IntentId, Kind, Leg, Owner, OwnerScheme
from intents.signing import SigningKey, sign_intent
from intents.venue_states import ConstantProductState, VenueId
from node.agreement.timeouts import Timeouts
from node.agreement.validators import Validator
from node.chain.app import read_item
from node.chain.blocks import Phase
from node.chain.genesis import Genesis, build, network_of
from node.chain.items import Submission, encode_item
from node.chain.memo import MAX_ENTRIES, Memo
from settlement.ledger.books import check_all
from settlement.ledger.errors import Unbalanced
from settlement.ledger.orders import ORDERS
from settlement.ledger.rules import Rules
from settlement.ledger.state import State
from sim.cluster import Cluster
from sim.faults import Faults, plan
from sim.kernel import Kernel
from sim.links import Links

WHOLE: Final = 10**18
HEIGHTS: Final = 20
HORIZON_US: Final = 60_000_000
A: Final = AssetId("AAA")
B: Final = AssetId("BBB")
TIMEOUTS: Final = Timeouts((100, 150, 100), 300, 150, 100, 100)
OWNERS: Final = 4
INTENTS: Final = 12
#: Of so many worlds one is without a memo: each of its nodes works everything out itself.
PLAIN_EVERY: Final = 16
#: Worlds a process takes at once.
CHUNK: Final = 16


@dataclass(frozen=True, slots=True)
class Violation:
    """What went wrong in the world of ``seed``."""

    seed: int
    kind: str
    detail: str


@dataclass(frozen=True, slots=True)
class World:
    """One world's end: what was violated, and how much happened."""

    seed: int
    violations: tuple[Violation, ...]
    events: int
    messages: int
    heights: int
    crashes: int
    trace: str


def run_world(seed: int) -> World:
    """The world of ``seed``, from genesis until ``HEIGHTS`` are decided everywhere."""
    kernel = Kernel(seed)
    rng = kernel.stream("world")
    nodes = rng.choice((1, 4, 4, 4, 5, 7))
    faults = plan(rng, nodes, HORIZON_US // 2)
    links = Links(kernel, faults.links, faults.until_us)
    memo = Memo(0 if seed % PLAIN_EVERY == 0 else MAX_ENTRIES)
    cluster = Cluster(kernel, links, _genesis(nodes), TIMEOUTS, memo=memo, first=_first(nodes))
    faulty = Faults(cluster, faults)
    cluster.start()
    acknowledged: dict[IntentId, int] = {}
    for number in range(INTENTS):
        kernel.at(rng.randrange(4_000_000), _submit, cluster, rng.randrange(nodes), number, nodes, acknowledged)
    honest = [i for i in range(nodes) if i not in faults.liars]
    found: list[Violation] = []
    try:
        kernel.run(HORIZON_US, lambda: _done(cluster, honest))
    except Exception as error:
        # A node that raises is a violation like any other: the campaign goes on.
        found.append(Violation(seed, "exception", f"{type(error).__name__}: {error}"))
    found += _violations(seed, cluster, honest, faults.liars, acknowledged)
    heights = min(len(cluster.members[i].disk.decisions) for i in honest)
    trace = cluster.members[honest[0]].machine.app.previous.hex()[:16]
    return World(seed, tuple(found), kernel.events, links.sent, heights, faulty.crashed, trace)


def campaign(seeds: Sequence[int], processes: int, advance: Callable[[], None]) -> Iterator[World]:
    """The worlds of ``seeds`` in order, run on so many processes; ``advance`` is called after each."""
    if processes == 1 or len(seeds) < 2 * CHUNK:
        for seed in seeds:
            yield run_world(seed)
            advance()
        return
    # Spawned, so that workers begin as a fresh command would.
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        for world in pool.map(run_world, seeds, chunksize=CHUNK):
            yield world
            advance()


def _done(cluster: Cluster, honest: Sequence[int]) -> bool:
    return all(len(cluster.members[i].disk.decisions) > HEIGHTS for i in honest)


def _submit(cluster: Cluster, index: int, number: int, nodes: int, acknowledged: dict[IntentId, int]) -> None:
    """A user hands in an intent; it is acknowledged once the node has stored it."""
    item, intent = _intent(nodes, number)
    cluster.submit(index, item)
    member = cluster.members[index]
    if member.alive and any(kept == item for kept in member.disk.items.values()):
        acknowledged[intent] = index


def _violations(
    seed: int, cluster: Cluster, honest: Sequence[int], liars: Sequence[int], acknowledged: dict[IntentId, int]
) -> list[Violation]:
    found: list[Violation] = []
    decided: dict[int, bytes] = {}
    for index in honest:
        member = cluster.members[index]
        for decision in member.disk.decisions:
            if decided.setdefault(decision.height, decision.block) != decision.block:
                found.append(Violation(seed, "fork", f"height {decision.height}"))  # noqa: PERF401
        try:
            check_all(member.machine.app.state)
        except Unbalanced as error:
            found.append(Violation(seed, "conservation", str(error)))
    if not _done(cluster, honest):
        heights = [len(cluster.members[i].disk.decisions) for i in honest]
        found.append(Violation(seed, "stall", f"heights {heights}"))
    for index, accused in cluster.accused:
        if cluster.index[accused.key] not in liars and index in honest:
            found.append(Violation(seed, "false-evidence", f"{index} accuses {cluster.index[accused.key]}"))
    state = cluster.members[honest[0]].machine.app.state
    for intent, index in acknowledged.items():
        if index in honest and state.get(ORDERS, intent) is None and not _waits(cluster, index, intent):
            found.append(Violation(seed, "lost-intent", f"{intent.hex()[:16]} at {index}"))
    return found


def _waits(cluster: Cluster, index: int, intent: IntentId) -> bool:
    """Whether the node still holds the intent for a later batch."""
    app = cluster.members[index].machine.app
    items = (read_item(item, app.network) for item in app.waiting[Phase.BATCH].values())
    return any(isinstance(item, Submission) and intent_id(item.intent) == intent for item in items)


@lru_cache(maxsize=16)
def _genesis(nodes: int) -> Genesis:
    pool = ConstantProductState(
        VenueId("pool"), (A, B), 0, "", (200_000 * WHOLE, 100_000 * WHOLE), Fraction(3, 1000)
    )
    return Genesis(
        name="campaign",
        rules=Rules(bytes(32), A),
        assets=(AssetInfo(A, 18, "A", WHOLE), AssetInfo(B, 18, "B", 2 * WHOLE)),
        validators=tuple(Validator(bytes([i + 1]) * 32) for i in range(nodes)),
        balances={b"\0" + key.public: (Leg(A, 1000 * WHOLE), Leg(B, 1000 * WHOLE)) for key in _keys()},
        venues=((pool, ()),),
    )


@lru_cache(maxsize=16)
def _first(nodes: int) -> State:
    return build(_genesis(nodes))


@lru_cache(maxsize=1)
def _keys() -> tuple[SigningKey, ...]:
    return tuple(SigningKey.from_seed(bytes([i + 1]) * 32) for i in range(OWNERS))


@lru_cache(maxsize=256)
def _intent(nodes: int, number: int) -> tuple[bytes, IntentId]:
    key = _keys()[number % OWNERS]
    give, want, rate = (A, B, 0.48) if number % 2 else (B, A, 1.9)
    amount = (1 + number) * WHOLE
    intent = Intent(
        network_of(_genesis(nodes)),
        Owner(OwnerScheme.ED25519, key.public),
        number,
        0,
        NEVER,
        (Leg(give, amount),),
        (Leg(want, int(amount * rate)),),
        Kind.EXACT_IN,
    )
    return encode_item(Submission(intent, sign_intent(key, intent))), intent_id(intent)
