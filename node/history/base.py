"""What can be asked of a node's history. Amounts and scores are integers in base units; ids and keys are bytes.

``owner`` is an account's holder: a byte for the scheme (0: Ed25519, 1: EIP-712), then the key.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol

from intents.assets import AssetId
from node.history.pages import Page
from settlement.ledger.state import State


@dataclass(frozen=True, slots=True)
class BlockRow:
    """``proposer`` is a validator's key; ``refused`` counts items that took no effect."""

    height: int
    auction: int
    phase: int
    block: bytes
    root: bytes
    round: int
    proposer: bytes
    items: int
    refused: int
    at_ms: int


@dataclass(frozen=True, slots=True)
class AuctionRow:
    """One line of the timeline. ``improvement_bps`` is the mean over filled intents against their limits."""

    number: int
    height: int
    intents: int
    filled: int
    solvers: int
    solutions: int
    winners: tuple[str, ...]
    score: int
    improvement_bps: float | None
    at_ms: int


@dataclass(frozen=True, slots=True)
class SolutionRow:
    """One solution of a competition; ``lost`` says in words why it did not win, with its rule's ``code``."""

    solver: str
    solution: int
    rank: int | None
    score: int | None
    won: bool
    code: str
    lost: str
    filled: int
    prices: tuple[tuple[AssetId, int], ...]


@dataclass(frozen=True, slots=True)
class TradeRow:
    """An intent's execution in the batch; ``over_route_bps`` is against the best single path of the snapshot."""

    intent: bytes
    owner: bytes
    give: AssetId
    want: AssetId
    gave: int
    got: int
    solver: str
    over_limit_bps: float | None
    over_route_bps: float | None


@dataclass(frozen=True, slots=True)
class VenueUse:
    """A venue's part in the batch: what went in and came out, and its marginal price before."""

    venue: str
    kind: str
    solver: str
    sold: AssetId
    bought: AssetId
    amount_in: int
    amount_out: int
    price_before: Fraction | None


@dataclass(frozen=True, slots=True)
class Missed:
    """An intent of the batch that did not trade: the first rule that blocked it."""

    intent: bytes
    owner: bytes
    code: str
    why: str
    distance_bps: float | None


@dataclass(frozen=True, slots=True)
class AuctionDetail:
    """A settled auction whole. ``bound`` is the certified most any solution could score, where one was proven;
    ``fairness`` figures by name, as the fairness report has them."""

    row: AuctionRow
    seed: bytes
    auction_hash: bytes
    prices: tuple[tuple[AssetId, int], ...]
    trades: tuple[TradeRow, ...]
    venues: tuple[VenueUse, ...]
    solutions: tuple[SolutionRow, ...]
    missed: tuple[Missed, ...]
    rewards: tuple[tuple[str, int], ...]
    slashed: tuple[tuple[str, int, tuple[str, ...]], ...]
    bound: int | None
    fairness: tuple[tuple[str, float | int | None], ...]


@dataclass(frozen=True, slots=True)
class Step:
    """A moment of an intent's life. ``state`` is an order state's name; ``note`` says more where there is more."""

    state: str
    auction: int
    height: int
    at_ms: int
    note: str


@dataclass(frozen=True, slots=True)
class IntentLife:
    """What is known of an intent. ``missed`` tells of the last batch it was in and did not fill in. ``when`` and
    ``schedule`` are in the JSON form of ``intents.conditions``."""

    intent: bytes
    owner: bytes
    state: str
    give: AssetId
    want: AssetId
    give_max: int
    want_min: int
    gave: int
    got: int
    valid_from: int
    valid_to: int
    steps: tuple[Step, ...]
    trades: tuple[tuple[int, TradeRow], ...]
    missed: tuple[int, Missed] | None
    when: Mapping[str, object] | None
    schedule: Mapping[str, object] | None
    group: bytes


@dataclass(frozen=True, slots=True)
class StandingRow:
    """A solver on the live leaderboard. ``low`` and ``high`` are the 95% interval of ``win_rate``."""

    rank: int
    solver: str
    auctions: int
    wins: int
    win_rate: float
    low: float
    high: float
    score: int
    rewards: int
    slashed: int
    mean_rank: float


@dataclass(frozen=True, slots=True)
class Standings:
    """The leaderboard. ``damaged`` parts in auctions are in no sum: the disk has changed their rows."""

    rows: tuple[StandingRow, ...]
    damaged: int


class History(Protocol):
    """Pages run backwards in time: ``before`` excludes itself, ``None`` starts at the newest. A row that the disk
    has changed is named in its page; asked for by itself it is ``HistoryDamaged``."""

    def blocks(self, before: int | None, limit: int) -> Page[BlockRow]: ...

    def auctions(self, before: int | None, limit: int) -> Page[AuctionRow]: ...

    def auction(self, number: int) -> AuctionDetail | None: ...

    def receipt(self, number: int) -> bytes | None:
        """The receipt file of a settled auction: JSON text that ``walras auction verify`` checks."""
        ...

    def intent(self, number: bytes, state: State) -> IntentLife | None:
        """The life of an intent, the present taken from the ledger's ``state``. Its own state is an order state's
        name, or "unknown" where it ended while this node did not record."""
        ...

    def intents(self, owner: bytes, before: int | None, limit: int) -> Page[IntentLife]:
        """An owner's intents."""
        ...

    def standings(self, auctions: int | None = None) -> Standings:
        """The leaderboard over the last so many auctions; ``None``: all that are kept."""
        ...
