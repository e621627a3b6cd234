"""The tables of a run. One record type per table; times in virtual microseconds, amounts in base units as text.

Amounts exceed 64 bits, so tables hold them as decimal text beside ``value`` columns, which are floats in whole
units of the numeraire at the outside price of the moment. Ids are hexadecimal.
"""

from __future__ import annotations

from typing import Final, NamedTuple

#: How often outside prices are recorded between settlements.
PRICE_EVERY_US: Final = 1_000_000


class IntentRow(NamedTuple):
    """An intent handed in. ``outside_*`` are outside prices then; ``value`` is that of what it gives at most.

    ``agent`` is the name of a part of the population, ``kind`` what sort it is; ``auction`` is the first that the
    intent can be in; ``refused`` says why its node refused it, and is empty where it did not.
    """

    intent: str
    agent: str
    kind: str
    owner: int
    purpose: str
    node: int
    at_us: int
    auction: int
    give: str
    give_units: str
    want: str
    want_units: str
    whole: bool
    outside_give: float
    outside_want: float
    value: float
    refused: str


class FillRow(NamedTuple):
    """What an intent traded in an auction; ``fee_units`` of the give asset went to the settlement.

    ``value`` is that of what it gave, ``got_value`` of what it got, both at the outside prices of the settlement.
    ``improvement_bps`` is over its limit, ``best_route_bps`` over the best single route it could have had, not a
    number where there is none; below 0 it is an EBBO violation.
    """

    auction: int
    intent: str
    agent: str
    at_us: int
    give: str
    gave_units: str
    want: str
    got_units: str
    fee_units: str
    outside_give: float
    outside_want: float
    value: float
    got_value: float
    improvement_bps: float
    best_route_bps: float
    ebbo_violation: bool


class UnfilledRow(NamedTuple):
    """An intent that was in a batch and did not (wholly) trade, with the fairness report's reason."""

    auction: int
    intent: str
    agent: str
    in_the_money: bool
    reason: str


class AuctionRow(NamedTuple):
    """An auction: when its three heights were first decided, the rounds they took, and what came of it.

    Scores in numeraire units; ``bound`` is what no set of winners can exceed, 0 if none is known; ``greedy`` what
    taking the same bids by descending score would have made, 0 where the mechanism does not say. ``rounds`` is
    the sum over the three heights, counted from 1 each; ``proposer`` the node whose SETTLE block was decided, −1
    if it is unknown. ``refused_items`` are items of its batch that were denied.
    """

    auction: int
    orders: int
    begun_us: int
    batch_us: int
    seal_us: int
    settle_us: int
    rounds: int
    proposer: int
    solutions: int
    winners: int
    filled: int
    score: float
    bound: float
    jain: float
    envy: int
    ebbo_violations: int
    refused_items: int
    greedy: float = 0.0


class SolutionRow(NamedTuple):
    """A solver's part in an auction.

    ``outcome``: won, lost, unfair, invalid:<rule>, a fault it was slashed for (``settlement.penalties.Fault``), or
    none where nothing of it came in time. ``score`` is that of its verified bid, won or not; ``reward`` and
    ``penalty`` in numeraire units, both at least 0.
    """

    auction: int
    solver: str
    strategy: str
    outcome: str
    score: float
    reward: float
    penalty: float
    compute_us: int


class VenueRow(NamedTuple):
    """A venue before and after an auction's trades, both valued at the outside prices of its settlement.

    ``value_after`` holds the fees that stay in the venue. ``lvr`` is the loss against rebalancing before fees,
    ``value_before − value_after + fees`` (Milionis et al., arXiv:2208.06046).
    """

    auction: int
    venue: str
    kind: str
    at_us: int
    value_before: float
    value_after: float
    volume: float
    fees: float
    lvr: float


class PriceRow(NamedTuple):
    """Prices of an asset when an auction settled: outside, agreed (0 where none), cleared (0 where none).

    Outside prices are also recorded in between (``agreed`` and ``cleared`` 0), every ``PRICE_EVERY_US``, for what
    is measured some seconds after a trade; the numeraire needs no rows.
    """

    auction: int
    asset: str
    at_us: int
    outside: float
    agreed: float
    cleared: float


class WealthRow(NamedTuple):
    """An agent's holdings at the outside price, and what those it began with would be worth at that price."""

    auction: int
    agent: str
    kind: str
    at_us: int
    value: float
    held: float


class HeightRow(NamedTuple):
    """A height of the agreement, over all nodes that decided it: the first and the last time one did.

    ``blocks`` and ``roots`` count different decided blocks and different state roots after it: 1 each, or there is
    a fork. ``phase``: batch, seal or settle. ``round`` is the highest any node decided it in, from 0; ``proposer``
    the node that made the block, −1 if it is unknown.
    """

    height: int
    phase: str
    auction: int
    first_us: int
    last_us: int
    round: int
    proposer: int
    nodes: int
    blocks: int
    roots: int
    items: int


class NodeRow(NamedTuple):
    """A node's counts over the whole run. ``height`` is the last it decided."""

    node: int
    validator: bool
    height: int
    messages_out: int
    messages_in: int
    bytes_out: int
    bytes_in: int
    dropped: int
    duplicates: int
    crashes: int
    root: str


class PropagationRow(NamedTuple):
    """One gossiped message: when it was published and how long it took to reach so many of the nodes.

    ``reached`` counts who had it at any time, its publisher and nodes that died later included; times are those of
    first arrivals at others.
    """

    message: str
    node: int
    at_us: int
    reached: int
    p50_us: int
    p99_us: int
    last_us: int


class EventRow(NamedTuple):
    """Whatever else happened: faults, restarts, evidence, bans, slashing, censorship, halts. See ``EventKind``."""

    at_us: int
    kind: str
    node: int
    detail: str


Row = (
    IntentRow
    | FillRow
    | UnfilledRow
    | AuctionRow
    | SolutionRow
    | VenueRow
    | PriceRow
    | WealthRow
    | HeightRow
    | NodeRow
    | PropagationRow
    | EventRow
)

#: Tables by name, in the order in which reports list them.
TABLES: Final[dict[str, type[Row]]] = {
    "auctions": AuctionRow,
    "intents": IntentRow,
    "fills": FillRow,
    "unfilled": UnfilledRow,
    "solutions": SolutionRow,
    "venues": VenueRow,
    "prices": PriceRow,
    "wealth": WealthRow,
    "heights": HeightRow,
    "nodes": NodeRow,
    "propagation": PropagationRow,
    "events": EventRow,
}
