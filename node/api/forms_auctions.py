"""Forms of auctions, their competitions and who stands where: rows of ``node.history.base``."""

from __future__ import annotations

from msgspec import Struct

from node.api.forms import Amount, DamagedForm, Hex, Ratio


class AuctionForm(Struct):
    number: int
    height: int
    intents: int
    filled: int
    solvers: int
    solutions: int
    winners: list[str]
    score: Amount
    improvement_bps: float | None
    at_ms: int


class AuctionsForm(Struct):
    """Newest first; ``next`` goes into ``before`` for the page after, null after the last. What is ``damaged`` on
    the node's disk is named and left out."""

    auctions: list[AuctionForm]
    damaged: list[DamagedForm]
    next: int | None


class PriceForm(Struct):
    asset: str
    price: Amount


class SolutionForm(Struct):
    solver: str
    solution: int
    rank: int | None
    score: Amount | None
    won: bool
    code: str
    lost: str
    filled: int
    prices: list[PriceForm]


class TradeForm(Struct):
    intent: Hex
    owner: Hex
    give: str
    want: str
    gave: Amount
    got: Amount
    solver: str
    over_limit_bps: float | None
    over_route_bps: float | None


class VenueUseForm(Struct):
    venue: str
    kind: str
    solver: str
    sold: str
    bought: str
    amount_in: Amount
    amount_out: Amount
    price_before: Ratio | None


class MissedForm(Struct):
    intent: Hex
    owner: Hex
    code: str
    why: str
    distance_bps: float | None


class RewardForm(Struct):
    solver: str
    amount: Amount


class SlashedForm(Struct):
    solver: str
    amount: Amount
    faults: list[str]


class AuctionDetailForm(Struct):
    """``fairness``: figures by name; those in base units (``bound``, ``greedy_total``) as decimal text."""

    row: AuctionForm
    seed: Hex
    auction_hash: Hex
    prices: list[PriceForm]
    trades: list[TradeForm]
    venues: list[VenueUseForm]
    solutions: list[SolutionForm]
    missed: list[MissedForm]
    rewards: list[RewardForm]
    slashed: list[SlashedForm]
    bound: Amount | None
    fairness: dict[str, float | int | str | None]


class StandingForm(Struct):
    rank: int
    solver: str
    auctions: int
    wins: int
    win_rate: float
    low: float
    high: float
    score: Amount
    rewards: Amount
    slashed: Amount
    mean_rank: float


class LeaderboardForm(Struct):
    """``auctions``: over how many at most; null: all that are kept. ``damaged``: so many parts that solvers had in
    auctions are in no sum, as the node's disk has changed their rows."""

    auctions: int | None
    standings: list[StandingForm]
    damaged: int
