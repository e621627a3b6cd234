"""All that readers are told of a settled auction, derived from its settlement by the law's own reports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Final

from intents.assets import AssetId
from intents.auction import Auction
from intents.auction_codec import auction_hash
from intents.intent import IntentId
from intents.venue_codec import VENUE
from intents.venue_states import VenueId
from liquidity.errors import VenueError
from liquidity.registry import open_venue
from node.chain.transition import Slashed
from node.history.base import AuctionDetail, AuctionRow, Missed, TradeRow, VenueUse
from node.history.competition import solutions_of
from node.history.inputs import considered
from settlement.certificate.kinds import verdicts
from settlement.fairness import FairnessReport, fairness_report, over_limit_bps
from settlement.ledger.accounts import account_of
from settlement.proof import batch_proof
from settlement.settle import Settlement
from settlement.verified import Trade, Verified
from settlement.why_not import Reason, Unfilled, unfilled_orders

#: Reference prices are numeraire units per so many base units, and so are the prices shown.
_UNIT: Final = 10**18
#: Figures of a marginal price that are shown: it comes from floats.
_FIGURES: Final = 12
NOBODY_ANSWERED: Final = "no solver answered this batch"


def detail_of(row: AuctionRow, settlement: Settlement, slashed: Mapping[str, Slashed]) -> AuctionDetail:
    """``row`` is the auction's line; everything else is recomputed from its settlement."""
    auction = settlement.auction
    report = fairness_report(settlement)
    proof = batch_proof(settlement, verdicts(auction, considered(settlement)))
    return AuctionDetail(
        row=row,
        seed=auction.seed,
        auction_hash=auction_hash(auction),
        prices=clearing_prices(auction, settlement.settled),
        trades=_trades(settlement, report),
        venues=_venues(settlement),
        solutions=tuple(solutions_of(settlement)),
        missed=missed_of(settlement),
        rewards=tuple(sorted(settlement.rewards.items())),
        slashed=tuple(
            (solver, found.amount, tuple(fault.value for fault in found.faults))
            for solver, found in sorted(slashed.items())
        ),
        bound=None if proof is None else proof.bound,
        fairness=_figures(report),
    )


def clearing_prices(auction: Auction, settled: Sequence[Verified]) -> tuple[tuple[AssetId, int], ...]:
    """Numeraire base units per 10^18 base units of an asset. A winner's prices are ratios: they are put into this
    unit by the numeraire, or where it is not among them by the first asset with a reference price. Where winners
    differ the first one's price stands."""
    found: dict[AssetId, int] = {}
    for item in settled:
        prices = item.solution.prices
        known = sorted((auction.reference_price(asset) != _UNIT, asset) for asset in prices)
        anchor = next((asset for _, asset in known if auction.reference_price(asset)), None)
        if anchor is not None:
            unit = auction.reference_price(anchor) or 0
            for asset, price in prices.items():
                found.setdefault(asset, price * unit // prices[anchor])
    return tuple(sorted(found.items()))


def trade_row(auction: Auction, winner: Verified, trade: Trade, over_route_bps: int | None = None) -> TradeRow:
    """A trade as readers see it; of a basket the first legs."""
    order = auction.order[trade.order]
    give, want = trade.gives[0], trade.wants[0]
    return TradeRow(
        intent=trade.order,
        owner=account_of(order.intent.owner).holder,
        give=give.asset,
        want=want.asset,
        gave=give.amount,
        got=want.amount,
        solver=winner.solution.solver,
        over_limit_bps=float(over_limit_bps(auction, order, trade)),
        over_route_bps=None if over_route_bps is None else float(over_route_bps),
    )


def missed_of(settlement: Settlement) -> tuple[Missed, ...]:
    """Every intent of the batch that did not trade, in the auction's order."""
    owners = {order.id: account_of(order.intent.owner).holder for order in settlement.auction.orders}
    answered = bool(settlement.verified or settlement.refused)
    return tuple(missed_row(found, owners[found.order], answered) for found in unfilled_orders(settlement))


def missed_row(found: Unfilled, owner: bytes, answered: bool) -> Missed:
    """``answered``: whether any solver did. A batch that nobody answered is no verdict on its intents."""
    why = NOBODY_ANSWERED if found.reason is Reason.NO_BID and not answered else found.reason.value
    if found.best_bid is not None:
        refused = found.best_bid.refused
        why += f" ({found.best_bid.bid}{f', refused: {refused}' if refused else ''})"
    distance = None if found.distance_bps is None else float(found.distance_bps)
    return Missed(found.order, owner, found.reason.name.lower(), why, distance)


def _trades(settlement: Settlement, report: FairnessReport) -> tuple[TradeRow, ...]:
    alone: dict[IntentId, int | None] = {item.order: item.over_route_bps for item in report.improvements}
    return tuple(
        trade_row(settlement.auction, winner, trade, alone.get(trade.order))
        for winner in settlement.settled
        for trade in winner.trades
    )


def _venues(settlement: Settlement) -> tuple[VenueUse, ...]:
    """Per winner, venue and direction what all its swaps there come to."""
    sums: dict[tuple[str, str, AssetId, AssetId], tuple[int, int]] = {}
    for item in settlement.settled:
        for swap in item.solution.interactions:
            key = (item.solution.solver, swap.venue, swap.asset_in, swap.asset_out)
            paid, got = sums.get(key, (0, 0))
            sums[key] = (paid + swap.amount_in, got + swap.amount_out)
    return tuple(
        VenueUse(
            venue=venue,
            kind=_kind(settlement.auction, venue),
            solver=solver,
            sold=sold,
            bought=bought,
            amount_in=paid,
            amount_out=got,
            price_before=_price(settlement.auction, venue, sold, bought),
        )
        for (solver, venue, sold, bought), (paid, got) in sums.items()
    )


def _kind(auction: Auction, venue: str) -> str:
    state = auction.venue[VenueId(venue)]
    return next(name for name, record in VENUE.records.items() if record.kind is type(state))


def _price(auction: Auction, venue: str, sold: AssetId, bought: AssetId) -> Fraction | None:
    """Units bought per unit sold, fee included, on the snapshot; ``None`` where there is no market."""
    try:
        price = open_venue(auction.venue[VenueId(venue)]).marginal_price(sold, bought)
    except VenueError:
        return None
    return Fraction(f"{price:.{_FIGURES}g}")


def _figures(report: FairnessReport) -> tuple[tuple[str, float | int | None], ...]:
    return (
        ("ebbo_violations", report.ebbo_violations),
        ("price_clashes", len(report.price_clashes)),
        ("left_out", len(report.left_out)),
        ("envy", len(report.envy)),
        ("rationing", float(report.rationing)),
        ("jain", float(report.jain)),
        ("bound", report.bound),
        ("greedy_total", report.greedy_total),
    )
