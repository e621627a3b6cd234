"""The parts of a simulation, as declared records: chain, network, assets, venues, solvers, faults, claims."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from scenarios.declare import number, text


class Shape(StrEnum):
    """How gossip's nodes are linked."""

    FULL = "full"
    RANDOM_REGULAR = "random-regular"
    SMALL_WORLD = "small-world"
    SCALE_FREE = "scale-free"
    REGIONS = "regions"


class Fidelity(StrEnum):
    """How gossip is simulated."""

    HOP = "hop"  # every frame over every link
    PATH = "path"  # arrival over the quickest path


class Pool(StrEnum):
    CONSTANT_PRODUCT = "constant_product"
    WEIGHTED = "weighted"
    STABLE = "stable"
    CONCENTRATED = "concentrated"
    ORDER_BOOK = "order_book"


class Strategy(StrEnum):
    """What a solver does with what it finds."""

    HONEST = "honest"
    SHADING = "shading"  # answers with less than it found
    WITHHOLDING = "withholding"  # seals, and now and then does not open
    COPYING = "copying"  # seals what others sealed, opens what others opened
    LATE = "late"  # seals when the window has closed
    LYING = "lying"  # fills beyond what orders have left
    FALSE_QUOTE = "false-quote"  # claims more from venues than they give


class Lie(StrEnum):
    """What a Byzantine validator does."""

    SILENT = "silent"
    DOUBLE_VOTE = "double-vote"  # tells each peer something else
    DOUBLE_PROPOSAL = "double-proposal"
    FORGE = "forge"  # votes in others' names
    CENSOR = "censor"  # will not hear from others of somebody's intents
    OMIT = "omit"  # leaves items out of blocks
    WITHHOLD = "withhold"  # proposes and keeps the body
    JUMP = "jump"  # votes in rounds far ahead
    FALSE_POLKA = "false-polka"  # proposes with a certificate nobody signed
    ANY = "any"  # all of these, at random


class Mechanism(StrEnum):
    EXACT = "exact"
    GREEDY = "greedy"
    FIRST_PRICE = "first-price"
    VCG = "vcg"


@dataclass(frozen=True, slots=True)
class ChainPart:
    """What the network agrees on from its genesis. Amounts in whole numeraire units, times in milliseconds."""

    validators: int = number(4, 1, 100, "validators: the first nodes of the network")
    collect_ms: int = number(1000, 10, 600_000, "how long intents are collected for a batch")
    solve_ms: int = number(2000, 10, 600_000, "how long solvers have")
    reveal_ms: int = number(500, 10, 600_000, "how long seals may be opened")
    early: bool = text(False, "whether a window ends once all who may answer have; else all batches are as long")
    propose_ms: int = number(1000, 10, 600_000, "wait for a proposal, beyond the window")
    vote_ms: int = number(500, 10, 600_000, "wait for the rest of the votes")
    mechanism: Mechanism = text(Mechanism.EXACT, "how winners are chosen")
    max_winners: int = number(50, 1, 1_000, "most winning solutions of an auction")
    max_orders: int = number(10_000, 1, 10_000, "most intents of one batch")
    max_open_per_owner: int = number(1_000, 1, 100_000, "most open intents of one owner")
    bond: float = number(10.0, 0.0, 1e9, "what each solver has bonded")
    min_bond: float = number(1.0, 0.0, 1e9, "what a solver must have bonded to commit")
    rewards: float = number(1_000.0, 0.0, 1e12, "what rewards are paid from at first")
    reward_cap: float = number(0.012, 0.0, 1e9, "most a solver is paid for an auction")
    gas_price_gwei: float = number(0.0, 0.0, 100_000.0, "gas price; 0 makes execution free")
    stale_after: int = number(5, 1, 1_000_000, "auctions after which an oracle's report is stale")
    least_reports: int = number(1, 1, 64, "reports that an agreed price needs")
    max_move_bps: int = number(5_000, 1, 10_000, "most an agreed price moves from one auction to the next")
    band_bps: int = number(5_000, 1, 10_000, "how far from agreed prices a limit may be, in its owner's disfavour")


@dataclass(frozen=True, slots=True)
class NetworkPart:
    """Nodes and links. Nodes beyond ``validators`` and ``followers`` relay gossip and keep no ledger."""

    nodes: int = number(4, 1, 20_000, "all nodes, validators included")
    followers: int = number(0, 0, 200, "nodes after the validators that keep a ledger and do not vote")
    shape: Shape = text(Shape.FULL, "how gossip's nodes are linked")
    degree: int = number(7, 1, 64, "links per node, where the shape has one")
    fidelity: Fidelity = text(Fidelity.HOP, "how gossip is simulated")
    latency_ms: float = number(25.0, 0.0, 60_000.0, "median one-way delay of a link")
    jitter: float = number(0.3, 0.0, 3.0, "spread of delays (standard deviation of the log)")
    bandwidth_mbps: float = number(100.0, 0.01, 1e6, "of each link, each way")
    loss: float = number(0.0, 0.0, 0.9, "share of messages lost")
    duplication: float = number(0.0, 0.0, 0.9, "share of messages that arrive twice")
    reorder: float = number(
        0.0, 0.0, 0.9, "share of messages that are held back, so that later ones overtake them"
    )
    skew: float = number(0.0, 0.0, 0.5, "how much faster or slower a node's timers run, at most")


@dataclass(frozen=True, slots=True)
class AssetPart:
    """An asset. The first is the numeraire: its price is 1."""

    id: str = text("", "name: A-Z, 0-9")
    decimals: int = number(18, 0, 24, "decimals of a whole unit")
    price: float = number(1.0, 1e-12, 1e12, "outside price at the start, in whole numeraire units")


@dataclass(frozen=True, slots=True)
class VenuePart:
    """Pools of nobody's, open from the start."""

    id: str = text("", "name; with a count, the first part of each name")
    type: Pool = text(Pool.CONSTANT_PRODUCT, "what kind of pool")
    count: int = number(1, 1, 5_000, "so many alike")
    assets: tuple[str, ...] = text((), "two asset ids")
    depth: float = number(1_000.0, 1e-6, 1e12, "value of one side, in whole numeraire units; shared by the count")
    fee_bps: int = number(30, 0, 5_000, "swap fee")
    mispricing_bps: float = number(0.0, 0.0, 2_000.0, "spread of how far its price strays at the start")

    @property
    def names(self) -> tuple[str, ...]:
        """What its pools are called: as it is, or numbered from 0 where there are several."""
        return (self.id,) if self.count == 1 else tuple(f"{self.id}-{index}" for index in range(self.count))


@dataclass(frozen=True, slots=True)
class SolverPart:
    """A solver at a node of its own (after validators and followers)."""

    name: str = text("", "its bonded name")
    solver: str = text("baseline", "which built-in solver it runs")
    strategy: Strategy = text(Strategy.HONEST, "what it does with what it finds")
    work_ms: int = number(300, 1, 600_000, "its budget: milliseconds of a common server, counted as work")
    speed: float = number(1.0, 0.01, 100.0, "how much quicker than that server it is")
    share: float = number(
        0.5,
        0.0,
        1.0,
        "shading: part of the orders it leaves out; withholding: how often; lying and false quotes: by how much",
    )
    from_auction: int = number(1, 1, 1_000_000, "the first auction it answers")


@dataclass(frozen=True, slots=True)
class Crash:
    """Nodes stop dead and come back with what their disks kept."""

    at_s: float = number(5.0, 0.0, 1e6, "when")
    for_s: float = number(2.0, 0.0, 1e6, "how long they are gone")
    nodes: tuple[int, ...] = text((), "which")


@dataclass(frozen=True, slots=True)
class CrashStorm:
    """Nodes die at random between any two of their effects or within a write, and come back."""

    from_s: float = number(0.0, 0.0, 1e6, "from when")
    until_s: float = number(30.0, 0.0, 1e6, "until when")
    rate: float = number(0.001, 0.0, 0.2, "chance per effect")
    down_s: float = number(1.0, 0.001, 3600.0, "longest absence")


@dataclass(frozen=True, slots=True)
class Late:
    """Nodes that are not there at first."""

    at_s: float = number(15.0, 0.0, 1e6, "when they begin, from genesis")
    nodes: tuple[int, ...] = text((), "which")


@dataclass(frozen=True, slots=True)
class ClockJump:
    """Clocks jump: the next timer that each node arms is off by as much. Ahead is early, back is late."""

    at_s: float = number(10.0, 0.0, 1e6, "when")
    by_ms: int = number(1000, -3_600_000, 3_600_000, "how far, ahead if positive")
    nodes: tuple[int, ...] = text((), "whose")


@dataclass(frozen=True, slots=True)
class Partition:
    """Nodes are cut off from all the others, together. One partition ends before the next begins."""

    at_s: float = number(5.0, 0.0, 1e6, "when")
    for_s: float = number(10.0, 0.0, 1e6, "how long")
    nodes: tuple[int, ...] = text((), "which")


@dataclass(frozen=True, slots=True)
class Byzantine:
    """Validators that do not keep to the protocol."""

    nodes: tuple[int, ...] = text((), "which; at most a third, or nothing is promised")
    lie: Lie = text(Lie.SILENT, "what they do")
    victim: str = text("", "censor: whose intents, by the name of the population's part")
    from_s: float = number(0.0, 0.0, 1e6, "from when")


FAULTS: Final[dict[str, type]] = {
    "crash": Crash,
    "crash-storm": CrashStorm,
    "late": Late,
    "clock-jump": ClockJump,
    "partition": Partition,
    "byzantine": Byzantine,
}


@dataclass(frozen=True, slots=True)
class Variant:
    """The same world with something changed, run from the same seed."""

    name: str = text("", "a-z, 0-9 and dashes")
    set: tuple[str, ...] = text((), 'changes, each "path = value" as for --set')


class Sign(StrEnum):
    AT_LEAST = ">="
    AT_MOST = "<="
    EQUAL = "=="


@dataclass(frozen=True, slots=True)
class Claim:
    """A statement that the report shows true or false: ``left sign right``.

    Either side is a metric, ``variant:metric``, or a number; ``times`` scales the right side.
    """

    says: str = text("", "the statement in words")
    left: str = text("", "what is measured")
    sign: Sign = text(Sign.AT_LEAST, "how it compares")
    right: str = text("0", "what with")
    times: float = number(1.0, -1e9, 1e9, "factor on the right side")
